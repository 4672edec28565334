// What a public address for HTTP visitors is set to.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "login/network_rate.hpp"
#include "net/ip_network.hpp"
#include "runtime/socket.hpp"
#include "transport/pipe.hpp"

namespace ferrotunnel::ingress {

/// Makes the pipe over an accepted socket, on the visitor's worker: plain, or TLS.
using PipeMaker = std::function<std::unique_ptr<transport::Pipe>(runtime::Fd)>;

struct HttpListenerSettings {
    bool https = false;
    PipeMaker make_pipe;  // empty: plain
    /// Whether a request for `host` may be answered on this connection (else 421). Empty: any.
    std::function<bool(const transport::Pipe&, std::string_view host)> may_serve;
    /// Whether TLS for `host` may go untouched to a client that offers that; else it ends here. Empty: always.
    std::function<bool(std::string_view host)> may_pass;
    /// How often TLS handshakes may begin, by address; null: as often as they like. Not of trusted proxies.
    std::shared_ptr<login::NetworkRate> handshakes;
    /// What X-Forwarded-Port says; 0: the port that visitors of a proxy connected to by its PROXY header, else the one
    /// listened on.
    std::uint16_t public_port = 0;
    /// Proxies that begin with a PROXY header, see preface.hpp.
    net::IpNetworks proxies;
};

}  // namespace ferrotunnel::ingress
