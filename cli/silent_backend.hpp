// Whether a backend of this machine has anything for visitors, found out without connecting to it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "output.hpp"

namespace ferrotunnel::cli {

/// The ports of this machine on which anything listens by TCP, at the moment when this is made: the kernel's tables are
/// read once for all services.
class ListeningPorts {
public:
    ListeningPorts();

    /// True if `local`, in the form that services have it, is an address of this machine, or a unix socket, on which
    /// nothing listens. False also if that cannot be determined, as for an address of another machine.
    bool is_silent(const std::string& local) const;

private:
    std::optional<std::set<std::uint16_t>> ports_;  // empty if the kernel has no table
};

/// Warns if nothing listens at `local`, and names the services that lead there. The tunnel continues all the same: a
/// backend that is started later is reached.
void warn_if_silent(const ListeningPorts& ports, const std::string& local, const std::string& services, Output& output);

/// Warns if `local` is files:FOLDER and there is no page for visitors of `/`, who then get a 404.
void warn_if_no_index(const std::string& local, const std::string& service, Output& output);

}  // namespace ferrotunnel::cli
