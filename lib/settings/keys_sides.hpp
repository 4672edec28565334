// A file with both sides: what its server would refuse of its client is found before either starts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "login/port_policy.hpp"
#include "settings/file.hpp"

namespace ferrotunnel::detail {

/// The file's server, as far as it is the one that the file's client goes to.
class OwnServer {
public:
    /// Nothing where the client goes elsewhere, or where that can not be told, for instance from a port that the system
    /// chooses.
    static std::optional<OwnServer> of(const std::optional<ServerPart>& server, const ClientValues& client);

    /// Sentences about what it would refuse.
    std::optional<std::string> refusal_of_port(std::uint16_t port) const;
    std::optional<std::string> refusal_of_http(bool wants_a_name) const;
    std::optional<std::string> refusal_of_tls() const;

private:
    explicit OwnServer(const ServerPart& part) : part_(part) {}

    ServerPart part_;
    login::PortPolicy ports_;
};

}  // namespace ferrotunnel::detail
