// Checks of a file with both sides: finds services that its server would refuse, before either starts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "login/port_policy.hpp"
#include "settings/file.hpp"

namespace ferrotunnel::detail {

/// The file's server, if it is the one that the file's client connects to.
class OwnServer {
public:
    /// Returns nothing if the client connects elsewhere, or if that is unknown, for instance because the system chooses
    /// the server's port.
    static std::optional<OwnServer> of(const std::optional<ServerPart>& server, const ClientValues& client);

    /// The reason why the server would refuse this; empty if it would not.
    std::optional<std::string> refusal_of_port(std::uint16_t port) const;
    std::optional<std::string> refusal_of_http(bool wants_a_name) const;
    std::optional<std::string> refusal_of_tls() const;

private:
    explicit OwnServer(const ServerPart& part) : part_(part) {}

    ServerPart part_;
    login::PortPolicy ports_;
};

}  // namespace ferrotunnel::detail
