#include "ingress/http_listener.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "directory/tls_visitor.hpp"
#include "ingress/http_connection.hpp"
#include "net/ip_text.hpp"
#include "runtime/address.hpp"
#include "transport/tcp_pipe.hpp"
#include "trunk/socket_pump.hpp"

namespace ferrotunnel::ingress {

namespace {

// Best effort: nothing is waited for, so a visitor that has not sent its request yet may see a reset.
void answer_too_many(runtime::Fd socket, std::string_view date) {
    std::string too_many("HTTP/1.1 429 Too Many Requests\r\nDate: ");
    too_many.append(date).append(
        "\r\nRetry-After: 10\r\nX-FerroTunnel-Error: over_limit\r\nContent-Type: text/plain\r\nContent-Length: 21\r\n"
        "Connection: close\r\n\r\ntoo many connections\n");
    std::array<std::uint8_t, 4096> thrown_away;
    for (int i = 0; i < 16 && runtime::read_some(socket.get(), MutableBytes(thrown_away)).bytes > 0; ++i) {
    }
    (void)runtime::write_some(socket.get(), as_bytes(too_many));
    (void)runtime::shutdown_send(socket.get());
}

void refuse(EdgeWorker& edge, bool https, runtime::Fd socket, const std::string& visitor) {
    exchange::EdgeCounters::add(edge.counters.connections_refused);
    static constexpr LogCategory over_limit{"over_limit"};
    if (edge.log.may_write(LogLevel::info, over_limit, edge.worker.now())) {
        edge.log.info("a visitor was rejected: too many connections", {{"visitor", visitor}});
    }
    if (!https) {
        answer_too_many(std::move(socket), edge.date());
    }
}

// The key by which a visitor's connections are counted; empty for a trusted proxy, which serves many.
std::string counted_as(const exchange::EdgeRules& rules, const net::Address& visitor) {
    return rules.trusts(visitor) ? std::string() : login::network_of(visitor);
}

runtime::Fd with_options(runtime::Fd listener) {
    trunk::set_pumped_socket_options(listener.get());
    return listener;
}

}  // namespace

/// The part of the listener that a visitor's worker needs; the listener may be gone by then.
struct HttpListener::Shared {
    Settings settings;
};

/// A visitor on its way from the listener to the code that serves it, on the assigned worker.
class HttpListener::Arrival : public std::enable_shared_from_this<Arrival> {
public:
    Arrival(EdgeWorker& edge, std::shared_ptr<const Shared> shared, login::ConnectionTicket ticket,
            const runtime::SocketAddress& from, bool by_proxy)
        : edge_(edge), shared_(std::move(shared)), ticket_(std::move(ticket)), from_(from), by_proxy_(by_proxy) {
        edge_.add_pending_visitor();
    }
    ~Arrival() { edge_.remove_pending_visitor(); }
    Arrival(const Arrival&) = delete;
    Arrival& operator=(const Arrival&) = delete;

    void begin(runtime::Fd socket, const std::shared_ptr<Arrival>& self) {
        const TlsPassthrough& passthrough = edge_.passthrough;
        PrefacePlan plan;
        plan.proxy_header = by_proxy_;
        plan.client_hello = shared_->settings.https &&
                            ((passthrough.is_wanted && passthrough.is_wanted()) ||
                             (shared_->settings.finds_certificates && shared_->settings.finds_certificates()) ||
                             !edge_.rules().challenge_backend.empty());
        if (const PortSharing* const sharing = shared_->settings.sharing.get()) {
            plan.client_hello = plan.opening = true;
            plan.silence = sharing->silence ? sharing->silence() : std::nullopt;
        }
        plan.deadline = edge_.settings().head_timeout;
        if (!plan.empty()) {
            edge_.prefaces.begin(std::move(socket), from_, plan,
                                 [self](AcceptedVisitor visitor) { self->serve(std::move(visitor)); });
            return;
        }
        AcceptedVisitor visitor;
        visitor.from = runtime::visitor_address(from_);
        visitor.socket = std::move(socket);
        serve(std::move(visitor));
    }

private:
    // The settings for the visitor's protocol; null if no listener here speaks it.
    const Settings* settings_for(const AcceptedVisitor& visitor) const noexcept {
        const Settings& own = shared_->settings;
        const bool is_tls = visitor.opening == FirstProtocol::tls;
        if (!own.sharing || own.https == is_tls) {
            return &own;
        }
        return is_tls ? nullptr : own.sharing->plain.get();
    }

    void serve(AcceptedVisitor visitor) {
        const PortSharing* const sharing = shared_->settings.sharing.get();
        if (sharing != nullptr && sharing->take && sharing->take(visitor)) {
            return;
        }
        const Settings* const chosen = settings_for(visitor);
        if (chosen == nullptr) {
            if (visitor.opening == FirstProtocol::tls) {
                directory::reject_visitor(std::move(visitor.socket), directory::TlsAlert::unrecognized_name);
            }
            return;
        }
        const Settings& settings = *chosen;
        if (by_proxy_ && !ticket_->set_address(counted_as(edge_.rules(), visitor.from))) {
            refuse(edge_, settings.https, std::move(visitor.socket), net::ip_text(visitor.from));
            return;
        }
        login::ConnectionTicket ticket = ticket_;
        if (goes_elsewhere(visitor, settings, ticket) || waits_for_certificate(visitor, settings)) {
            return;
        }
        begin_http(std::move(visitor), settings, std::move(ticket));
    }

    // TLS ends here, or there is none.
    void begin_http(AcceptedVisitor visitor, const Settings& settings, login::ConnectionTicket ticket) {
        exchange::VisitorFacts facts = facts_of(visitor, settings);
        std::unique_ptr<transport::Pipe> pipe =
            settings.make_pipe ? settings.make_pipe(std::move(visitor.socket))
                               : transport::make_tcp_pipe(std::move(visitor.socket), transport::TcpPipeSide::visitor);
        if (!pipe) {
            return;
        }
        if (settings.may_serve) {
            facts.may_serve = [shared = shared_, &settings, &on = *pipe](std::string_view host) {
                return settings.may_serve(on, host);  // `shared` keeps them
            };
        }
        (void)make_intrusive<HttpConnection>(edge_, std::move(pipe), std::move(facts), std::move(ticket))->start();
    }

    // Holds a visitor whose host has no certificate yet, and may get one.
    bool waits_for_certificate(AcceptedVisitor& visitor, const Settings& settings) {
        if (!settings.finds_certificates || !visitor.hello || visitor.hello->is_from_ca() ||
            visitor.hello->server_name.empty() || !settings.needs_certificate(visitor.hello->server_name)) {
            return false;
        }
        const std::string host = visitor.hello->server_name;
        const auto held = std::make_shared<AcceptedVisitor>(std::move(visitor));
        edge_.held_handshakes.hold(
            [self = shared_from_this(), held, &settings] {
                self->begin_http(std::move(*held), settings, self->ticket_);  // `self` keeps the settings
            },
            [&](std::function<void()> ready) { return settings.await_certificate(host, std::move(ready)); });
        return true;
    }

    // Passes on TLS that does not end here, and rejects a visitor whose handshake would be one too many. A CA's
    // handshake counts first, since the answer to it is looked for in files.
    bool goes_elsewhere(AcceptedVisitor& visitor, const Settings& settings, login::ConnectionTicket& ticket) const {
        const bool is_ca = settings.https && visitor.hello && visitor.hello->is_from_ca();
        if (is_ca && shakes_hands_too_often(visitor, settings)) {
            return true;
        }
        if (is_ca && settings.answers_challenge && settings.answers_challenge(visitor.hello->server_name)) {
            return false;
        }
        const TlsPassthrough& passthrough = edge_.passthrough;
        if (visitor.hello && passthrough.take &&
            (!settings.may_pass_through || settings.may_pass_through(visitor.hello->server_name)) &&
            passthrough.take(edge_, visitor, ticket)) {
            return true;
        }
        const runtime::SocketAddress& other_client = edge_.rules().challenge_backend;
        if (is_ca && !other_client.empty()) {
            edge_.challenge_relays.begin(std::move(visitor.socket), net::ip_text(visitor.from), other_client,
                                         std::move(ticket));
            return true;
        }
        return !is_ca && shakes_hands_too_often(visitor, settings);
    }

    // Whether handshakes arrive too often. Without one nothing can be sent to the visitor.
    bool shakes_hands_too_often(const AcceptedVisitor& visitor, const Settings& settings) const {
        const std::shared_ptr<login::NetworkRateLimiter> rate =
            settings.handshakes ? settings.handshakes->get() : nullptr;
        if (!rate) {
            return false;
        }
        const std::string ip = net::ip_text(visitor.from);
        const auto from = by_proxy_ ? runtime::SocketAddress::from_ip(ip, 0) : from_;
        if (!from || edge_.rules().trusts(ip)) {
            return false;
        }
        const auto network = rate->take(*from, edge_.worker.now());
        if (network) {
            exchange::EdgeCounters::add(edge_.counters.connections_refused);
            static constexpr LogCategory too_often{"handshakes_too_often"};
            if (edge_.log.may_write(LogLevel::info, too_often, edge_.worker.now())) {
                edge_.log.info("a visitor was rejected: too many TLS handshakes",
                               {{"visitor", ip}, {"network", *network}});
            }
        }
        return network.has_value();
    }

    exchange::VisitorFacts facts_of(const AcceptedVisitor& visitor, const Settings& settings) const {
        exchange::VisitorFacts facts;
        facts.address = net::ip_text(visitor.from);
        facts.wire = visitor.from;
        facts.https = settings.https;
        facts.trusted = edge_.rules().trusts(facts.address);
        return facts;
    }

    EdgeWorker& edge_;
    const std::shared_ptr<const Shared> shared_;
    const login::ConnectionTicket ticket_;
    const runtime::SocketAddress from_;
    const bool by_proxy_;
};

HttpListener::HttpListener(runtime::Worker& worker, runtime::Fd listener, Settings settings,
                           std::vector<std::shared_ptr<EdgeWorker>> edges,
                           std::shared_ptr<login::ConnectionLimiter> limiter)
    : worker_(worker),
      shared_(std::make_shared<const Shared>(Shared{std::move(settings)})),
      edges_(std::move(edges)),
      limiter_(std::move(limiter)),
      acceptor_(worker, with_options(std::move(listener)),
                {[this](runtime::Fd socket, const runtime::SocketAddress& from) { on_accept(std::move(socket), from); },
                 [this](std::error_code why) {
                     edges_.front()->log.error("accepting a visitor failed; trying again", {{"why", why.message()}});
                 }}) {
    check_here(worker_);
}

HttpListener::~HttpListener() = default;

std::size_t HttpListener::choose() noexcept {
    std::size_t best = next_edge_++ % edges_.size();
    for (std::size_t i = 1; i < edges_.size(); ++i) {
        const std::size_t at = (best + i) % edges_.size();
        if (edges_[at]->load() < edges_[best]->load()) {
            best = at;
        }
    }
    return best;
}

// Sheds idle connections of the worker that has most of them.
void HttpListener::shed_idle() {
    const auto most = std::max_element(edges_.begin(), edges_.end(),
                                       [](const auto& a, const auto& b) { return a->idle() < b->idle(); });
    const std::shared_ptr<EdgeWorker>& edge = *most;
    if (edge->idle() == 0) {
        return;
    }
    if (edge->worker.here()) {
        edge->shed_idle();
    } else {
        edge->worker.post([edge]() noexcept { edge->shed_idle(); });
    }
}

void HttpListener::on_accept(runtime::Fd socket, const runtime::SocketAddress& from) {
    const Settings& settings = shared_->settings;
    const net::Address visitor = runtime::visitor_address(from);
    const bool by_proxy = !settings.proxies.empty() && settings.proxies.contains(visitor);
    auto ticket = limiter_->enter(by_proxy ? std::string() : counted_as(edges_.front()->rules(), visitor));
    if (ticket ? limiter_->is_nearly_full()
               : limiter_->is_full()) {  // an address beyond its own limit ends no other connection
        shed_idle();
    }
    if (!ticket || static_cast<std::uint64_t>(socket.get()) >= descriptors_max_) {
        refuse(*edges_.front(), settings.https || settings.sharing, std::move(socket), from.ip());
        return;
    }
    const std::shared_ptr<EdgeWorker>& edge = edges_[choose()];
    auto arrival = std::make_shared<Arrival>(*edge, shared_, std::move(ticket), from, by_proxy);
    auto begin = [edge, arrival = std::move(arrival), from,
                  fd = std::make_shared<runtime::Fd>(std::move(socket))]() mutable noexcept {
        try {
            arrival->begin(std::move(*fd), arrival);
        } catch (const std::exception& problem) {
            log_not_accepted(edge->log, edge->worker.now(), from.ip(), problem.what());
        }
    };
    if (edge->worker.here()) {
        begin();
    } else {
        edge->worker.post(std::move(begin));
    }
}

}  // namespace ferrotunnel::ingress
