// Servers of a cluster that a client with a saved login has learned: kept beside the login, so that the client can
// start while the server of the login is away.
//
//    for tunnel.example.com:7835,sha256:DSHu...     the login that they belong to
//    b.example.com:7835
//    c.example.com:7835
//
// Only of logins with a pin: it is what proves that such a server belongs to the cluster. Older versions ignore the
// file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ferrotunnel/client.hpp"
#include "join_string.hpp"

namespace ferrotunnel::cli {

/// As many as a cluster has members.
inline constexpr std::size_t known_servers_max = 16;

class KnownServers {
public:
    /// From now on, those of this login, in this file: stored_login.hpp names it; empty: none. Reads the file; lines
    /// that are too long for an address are ignored.
    void use(const Join& login, std::string file);
    const std::vector<std::string>& servers() const noexcept { return servers_; }
    /// Writes the file if these are others than before. A failure is reported once, to the error stream.
    void save(std::vector<std::string> servers);

private:
    std::string file_;
    std::string login_;  // the first line of the file; empty: nothing is kept
    std::vector<std::string> servers_;
    bool has_failed_ = false;
};

}  // namespace ferrotunnel::cli
