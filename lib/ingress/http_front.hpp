// The HTTP edge as the Server sees it: it takes visitors from listening sockets, on all workers, and serves them with
// the services of the directory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "access/output.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/published.hpp"
#include "base/random.hpp"
#include "directory/http_directory.hpp"
#include "exchange/exchange_shared.hpp"
#include "exchange/http_settings.hpp"
#include "http/page.hpp"
#include "login/network_rate.hpp"
#include "net/ip_network.hpp"
#include "runtime/socket.hpp"
#include "runtime/worker_group.hpp"
#include "transport/pipe.hpp"

namespace ferrotunnel::ingress {

/// Makes the pipe over an accepted socket, on the visitor's worker: plain, or TLS.
using PipeMaker = std::function<std::unique_ptr<transport::Pipe>(runtime::Fd)>;

struct AcceptedVisitor;
struct HttpListenerSettings;

/// Who else comes to the address of a listener.
struct PortSharing {
    /// Takes visitors who are not the edge's: clients, and those whom a service waits for. False: the visitor was not
    /// touched. On the visitor's worker.
    std::function<bool(AcceptedVisitor&)> take;
    /// Asked for each visitor, see PrefacePlan; empty: nobody who says nothing is waited for. On the visitor's worker.
    std::function<std::optional<Duration>()> silence{};
    /// For visitors without TLS, at the address of those with TLS; null: there are none.
    std::shared_ptr<const HttpListenerSettings> plain{};
};

/// The settings of a public address for HTTP visitors.
struct HttpListenerSettings {
    bool https = false;
    PipeMaker make_pipe;  // empty: plain
    /// Whether a request for `host` may be answered on this connection (else 421). Empty: any.
    std::function<bool(const transport::Pipe&, std::string_view host)> may_serve;
    /// Whether TLS for `host` may go untouched to a client that offers that; otherwise it ends here. Empty: always.
    std::function<bool(std::string_view host)> may_pass;
    /// Bounds how often TLS handshakes may begin, by address; null, or nothing in it: as often as they like. Trusted
    /// proxies are not bound.
    std::shared_ptr<const Published<std::shared_ptr<login::NetworkRate>>> handshakes;
    /// The proxies that begin with a PROXY header, see preface.hpp.
    net::IpNetworks proxies;
    /// Null: all visitors are the edge's.
    std::shared_ptr<const PortSharing> sharing{};
};

/// What an operator says about visitors and their requests.
struct HttpFrontRules {
    exchange::HttpSettings edge;
    net::IpNetworks trusted_proxies;
    http::HostPages pages;
    access::Output access{};
    trace::Output traces{};
};

class HttpFront {
public:
    /// Destroyed when no worker runs any more, or on the thread of the only one.
    virtual ~HttpFront() = default;

    /// Any thread. `listener` listens already; several listeners share the caps.
    virtual void listen(runtime::Fd listener, HttpListenerSettings settings) = 0;
    /// Any thread. Closes the listener at this address, as the system writes it; its visitors continue.
    virtual void close(const std::string& at) = 0;
    /// Any thread. New visitors are refused at once; those who are there finish the exchange they are in, and their
    /// connections are closed behind it.
    virtual void drain() noexcept = 0;
    /// Any thread. Another process takes visitors from the same sockets from now on: none come here any more. Those who
    /// are here are told with their next answer that it is the last one on its connection; before that none is closed.
    virtual void retire() noexcept = 0;
    /// Any thread, also while the edge logs. Ends every connection in a round of its worker.
    virtual void stop() noexcept = 0;
    /// Any thread, one at a time. Exchanges that begin from now on, each worker when it comes to know it, have the
    /// plugins that `make` makes here; empty: none. Those that run keep theirs. `before` is called when nothing can
    /// fail any more, and no worker knows of it yet.
    virtual void set_hooks(const exchange::HooksMaker& make, const std::function<void()>& before) = 0;
    /// Any thread, one at a time. Connections, requests and deadlines that begin from now on, on each worker when it
    /// comes to know them, have these rules; a request that has begun keeps what its service's settings were. Nothing
    /// has changed where this throws for want of memory.
    virtual void set_rules(HttpFrontRules rules) = 0;
    /// Any thread. The number of visitors' connections that are open.
    virtual std::size_t connections() const noexcept = 0;
    /// Any thread. What the edge has counted; outlives the edge.
    virtual std::shared_ptr<const exchange::EdgeCounters> totals() const noexcept = 0;
};

/// What the edge begins with.
struct HttpFrontSettings {
    HttpFrontRules rules;
    /// Whether visitors who ask for this host by TLS are shown a certificate. Any worker. The rules' redirect applies
    /// to such hosts only, and to those whose TLS goes to a client untouched. Empty: they are.
    std::function<bool(std::string_view host)> has_certificate;
    /// Makes the plugins' part of a worker. Empty: there are no plugins.
    exchange::HooksMaker make_hooks;
    /// As exchange::ExchangeShared has them.
    std::string own_cookies{};
    std::function<void(const directory::MemberNews&)> on_member{};
};

/// What the edge works with; all of it outlives the edge.
struct HttpFrontParts {
    runtime::WorkerGroup& workers;
    std::shared_ptr<directory::HttpDirectory> directory;
    Logger& log;
    Random& random;
};

/// Makes the HTTP edge. Any thread, before or after the workers were started.
std::unique_ptr<HttpFront> open_http_front(const HttpFrontParts& parts, HttpFrontSettings settings = {});

}  // namespace ferrotunnel::ingress
