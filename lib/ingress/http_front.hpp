// The HTTP edge's interface for the Server: it accepts visitors from listening sockets, on all workers, and serves them
// with the services of the directory.
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
#include "login/network_rate_limiter.hpp"
#include "net/ip_network.hpp"
#include "runtime/socket.hpp"
#include "runtime/worker_group.hpp"
#include "transport/pipe.hpp"

namespace ferrotunnel::ingress {

/// Makes the pipe over an accepted socket, on the visitor's worker: plain, or TLS.
using PipeFactory = std::function<std::unique_ptr<transport::Pipe>(runtime::Fd)>;

struct AcceptedVisitor;
struct HttpListenerSettings;

/// Who else uses the address of a listener.
struct PortSharing {
    /// Takes visitors that do not belong to the edge: clients, and visitors that a service waits for. False: the
    /// visitor was not touched. Called on the visitor's worker.
    std::function<bool(AcceptedVisitor&)> take;
    /// Called for each visitor, see PrefacePlan; empty: silent visitors are not waited for. Called on the visitor's
    /// worker.
    std::function<std::optional<Duration>()> silence{};
    /// For visitors without TLS, at the address of those with TLS; null if there are none.
    std::shared_ptr<const HttpListenerSettings> plain{};
};

/// The settings of a public address for HTTP visitors.
struct HttpListenerSettings {
    bool https = false;
    PipeFactory make_pipe;  // empty: plain
    /// Whether a request for `host` may be answered on this connection (otherwise 421). Empty: any.
    std::function<bool(const transport::Pipe&, std::string_view host)> may_serve;
    /// Whether TLS for `host` may pass untouched to a client that offers passthrough for it; otherwise TLS ends here.
    /// Empty: always.
    std::function<bool(std::string_view host)> may_pass_through;
    /// Whether the edge itself answers a CA that checks this host by TLS-ALPN-01. Empty: never.
    std::function<bool(std::string_view host)> answers_challenge{};
    /// Whether the two functions below have a source now; empty: they have none. Called on the visitor's worker.
    std::function<bool()> finds_certificates{};
    /// Whether a visitor of this host has to wait for its certificate. Then `await_certificate` calls `ready`, on any
    /// thread, perhaps before it returns, and returns how long that may take. Called on the visitor's worker.
    std::function<bool(const std::string& host)> needs_certificate{};
    std::function<Duration(const std::string& host, std::function<void()> ready)> await_certificate{};
    /// Limits how often TLS handshakes may begin, by address; null, or an empty value: no limit. Trusted proxies are
    /// exempt.
    std::shared_ptr<const Published<std::shared_ptr<login::NetworkRateLimiter>>> handshakes;
    /// The proxies that begin with a PROXY header, see preface.hpp.
    net::IpNetworks proxies;
    /// Null: all visitors belong to the edge.
    std::shared_ptr<const PortSharing> sharing{};
};

/// The operator's rules for visitors and their requests.
struct HttpFrontRules {
    exchange::EdgeSettings edge;
    net::IpNetworks trusted_proxies;
    /// As in exchange::EdgeRules.
    runtime::SocketAddress challenge_backend{};
    http::HostPages pages;
    access::Output access{};
    trace::Output traces{};
};

class HttpFront {
public:
    /// Destroyed when no worker runs any more, or on the thread of the only one.
    virtual ~HttpFront() = default;

    /// Thread-safe. `listener` listens already; several listeners share the limits.
    virtual void listen(runtime::Fd listener, HttpListenerSettings settings) = 0;
    /// Serves a visitor that another member of the cluster has forwarded, on the calling worker, which is `stream`'s.
    /// Only services of own clients are found: without one the stream is reset with unknown_service, before any byte.
    virtual void serve(IntrusivePtr<mux::Stream> stream, const directory::HttpVisitor& visitor) = 0;
    /// Thread-safe. Closes the listener at this address, in the system's spelling; its visitors continue.
    virtual void close(const std::string& at) = 0;
    /// Thread-safe. New visitors are rejected at once; present ones finish their current exchange, after which their
    /// connections are closed.
    virtual void drain() noexcept = 0;
    /// Thread-safe. Another process accepts visitors from the same sockets from now on: no more arrive here. The next
    /// response to each present visitor announces that it is the last one on its connection; none is closed before
    /// that.
    virtual void retire() noexcept = 0;
    /// Thread-safe, even while the edge logs. Ends every connection in a round of its worker.
    virtual void stop() noexcept = 0;
    /// Callable on any thread, one at a time. New exchanges use the plugins that `make` makes here, on each worker once
    /// it has learned of them; empty: none. Running exchanges keep theirs. `before` is called when nothing can fail any
    /// more, and no worker has them yet.
    virtual void set_hooks(const exchange::HooksFactory& make, const std::function<void()>& before) = 0;
    /// Callable on any thread, one at a time. New connections, requests and deadlines use these rules, on each worker
    /// once it has learned of them; a request that has begun keeps its service's settings. If this throws for lack of
    /// memory, nothing has changed.
    virtual void set_rules(HttpFrontRules rules) = 0;
    /// Thread-safe. The number of visitors' connections that are open.
    virtual std::size_t connections() const noexcept = 0;
    /// Thread-safe. The edge's counters; they outlive the edge.
    virtual std::shared_ptr<const exchange::EdgeCounters> totals() const noexcept = 0;
};

/// The initial state of the edge.
struct HttpFrontSettings {
    HttpFrontRules rules;
    /// Whether there is a certificate for visitors that request this host by TLS. Called on any worker. The rules'
    /// redirect applies only to such hosts, and to those whose TLS passes to a client untouched. Empty: every host
    /// counts as having one.
    std::function<bool(std::string_view host)> has_certificate;
    /// As in exchange::ExchangeShared, like the next but one.
    std::function<std::optional<std::string>(std::string_view token)> challenge_answer{};
    /// Makes the plugins' part of a worker. Empty if there are no plugins.
    exchange::HooksFactory make_hooks;
    /// As in exchange::ExchangeShared.
    std::string own_cookies{};
    std::string accepted_cookies{};
    std::function<void(const directory::MemberNotice&)> on_member{};
};

/// The objects that the edge uses; all of them outlive it.
struct HttpFrontParts {
    runtime::WorkerGroup& workers;
    std::shared_ptr<directory::HttpDirectory> directory;
    Logger& log;
    Random& random;
};

/// Creates the HTTP edge. Callable on any thread, before or after the workers were started.
std::unique_ptr<HttpFront> open_http_front(const HttpFrontParts& parts, HttpFrontSettings settings = {});

}  // namespace ferrotunnel::ingress
