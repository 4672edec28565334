// The HTTP edge as the Server sees it: it takes visitors from listening sockets, on all workers, and serves them with
// the services of the directory.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "base/log.hpp"
#include "base/random.hpp"
#include "directory/http_directory.hpp"
#include "exchange/http_settings.hpp"
#include "http/page.hpp"
#include "ingress/http_listener_settings.hpp"
#include "net/ip_network.hpp"
#include "runtime/socket.hpp"
#include "runtime/worker_group.hpp"

namespace ferrotunnel::exchange {
struct EdgeCounters;
}

namespace ferrotunnel::ingress {

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
