// The HTTP edge as the Server sees it: it takes visitors from listening sockets, on all workers, and serves them with
// the services of the directory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "base/log.hpp"
#include "base/random.hpp"
#include "directory/http_directory.hpp"
#include "exchange/http_settings.hpp"
#include "http/page.hpp"
#include "login/network_rate.hpp"
#include "net/ip_network.hpp"
#include "runtime/socket.hpp"
#include "runtime/worker_group.hpp"
#include "transport/pipe.hpp"

namespace ferrotunnel::exchange {
struct EdgeCounters;
}

namespace ferrotunnel::ingress {

/// Makes the pipe over an accepted socket, on the visitor's worker: plain, or TLS.
using PipeMaker = std::function<std::unique_ptr<transport::Pipe>(runtime::Fd)>;

/// What a public address for HTTP visitors is set to.
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

class HttpFront {
public:
    /// When no worker runs any more, or on the thread of the only one.
    virtual ~HttpFront() = default;

    /// Any thread. `listener` listens already; several share the caps.
    virtual void listen(runtime::Fd listener, HttpListenerSettings settings) = 0;
    /// Any thread. New visitors are refused at once; those who are there finish the exchange they are in, and their
    /// connections are closed behind it.
    virtual void drain() noexcept = 0;
    /// Any thread, also while this logs. Ends every connection in a round of its worker.
    virtual void stop() noexcept = 0;
    /// Any thread. Visitors' connections that are open.
    virtual std::size_t connections() const noexcept = 0;
    /// Any thread. What it has counted; outlives it.
    virtual std::shared_ptr<const exchange::EdgeCounters> totals() const noexcept = 0;
};

/// What an operator says.
struct HttpFrontSettings {
    exchange::HttpSettings edge;
    net::IpNetworks trusted_proxies;
    http::HostPages pages;
    /// Any worker. Whether visitors who ask for this host by TLS are shown a certificate: `edge.https_redirect` is for
    /// such hosts alone, and those whose TLS goes to a client untouched. Empty: they are.
    std::function<bool(std::string_view host)> has_certificate;
};

/// What it works with; all of it outlives it.
struct HttpFrontParts {
    runtime::WorkerGroup& workers;
    std::shared_ptr<directory::HttpDirectory> directory;
    Logger& log;
    Random& random;
};

/// Any thread, before or after the workers were started.
std::unique_ptr<HttpFront> open_http_front(const HttpFrontParts& parts, HttpFrontSettings settings = {});

}  // namespace ferrotunnel::ingress
