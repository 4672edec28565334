// Finds local backends that do not listen, without connecting to them.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "output.hpp"

namespace ferrotunnel::cli {

/// The TCP ports of this machine with a listener, at the time of construction: the kernel's tables are read once for
/// all services.
class ListeningPorts {
public:
    ListeningPorts();

    /// True if `local`, as services write it, is an address of this machine, or a Unix socket, without a listener.
    /// False also if that cannot be determined, as for an address of another machine.
    bool is_silent(const std::string& local) const;

private:
    std::optional<std::set<std::uint16_t>> ports_;  // empty if the kernel has no table
};

/// Warns if nothing listens at `local`, and names its services. The tunnel continues: a backend that starts later is
/// reached.
void warn_if_silent(const ListeningPorts& ports, const std::string& local, const std::string& services, Output& output);

/// Warns if `local` is files:FOLDER without a page for `/`, so that visitors of `/` get 404.
void warn_if_no_index(const std::string& local, const std::string& service, Output& output);

}  // namespace ferrotunnel::cli
