// Names that clients of other members of a cluster have, as the directory and the ports of this server route them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "directory/claim_name.hpp"
#include "login/token.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::limits {

/// Paths of one host that other members have, beside those of own clients, and regular expressions among them, which
/// get what own ones leave of http_path_regexes_per_host_max. More are not routed here: a member that lies must not
/// make changes of a host slow.
inline constexpr std::size_t remote_paths_per_host_max = http_paths_per_host_max;
inline constexpr std::size_t remote_path_regexes_per_host_max = http_path_regexes_per_host_max;
/// Regular expressions that other members have, over all hosts: each may need http_path_regex_memory_max.
inline constexpr std::size_t remote_path_regexes_max = 4'096;
/// Public ports that only other members have, which listen here as well: a descriptor each.
inline constexpr std::size_t remote_ports_max = 10'000;
/// How long a visitor of a port waits if no other member has a client for it, although they have reported one, and how
/// often: three seconds in all, for which servers hold visitors by default.
inline constexpr std::chrono::milliseconds member_wait{100};
inline constexpr std::uint8_t member_waits_max = 30;

}  // namespace ferrotunnel::limits

namespace ferrotunnel::directory {

class HttpService;
class VisitorCarrier;

/// A host or pattern with a path, or with tls_instead_of_path: requests for it are forwarded by `service`, unless a
/// client of this server has the same name.
struct RemoteHost {
    std::string host;
    std::string path;  // as in ClaimName
    login::TokenId owner{};
    /// From HttpDirectory::remote_service. Null: no member that can be reached has it any more.
    std::shared_ptr<HttpService> service;
    /// Without `service`: the name is only out of reach, so visitors may wait for it, and then get 503, not 404.
    bool is_known = false;
};

/// A public port.
struct RemotePort {
    Transport transport = Transport::tcp;
    std::uint16_t port = 0;  // of the address where this server's public ports listen
    login::TokenId owner{};
    wire::InstanceId party{};  // of the claim: a client or group
    /// The members that have it. Empty: none has it any more, whoever the owner was.
    std::vector<std::shared_ptr<VisitorCarrier>> carriers;
};

}  // namespace ferrotunnel::directory
