// How etcd is reached.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "etcd/limits.hpp"
#include "fetch/message.hpp"

namespace ferrotunnel::etcd {

struct Settings {
    std::vector<std::string> endpoints{};  // URLs of its members, such as https://10.0.0.1:2379
    std::string user{};                    // empty: no login
    std::string password{};
    std::filesystem::path ca_file{};           // PEM; empty: the system's CAs
    std::filesystem::path certificate_file{};  // for an etcd that demands one; with key_file
    std::filesystem::path key_file{};
    /// How long a call may take at one endpoint. Reads of many keys, logins and the begin of a watch have at least
    /// their own times (limits).
    Duration call_time = limits::call_time;
};

/// One for each endpoint, in their order. An error, for people: a URL is not valid, there are none or too many, a TLS
/// file cannot be used.
Result<std::vector<fetch::Destination>, std::string> destinations_of(const Settings& settings);

}  // namespace ferrotunnel::etcd
