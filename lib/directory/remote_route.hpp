// Names that clients of other members of a cluster have, as the directory and the ports of this server route them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "directory/claim_name.hpp"
#include "login/token.hpp"
#include "wire/control.hpp"

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
