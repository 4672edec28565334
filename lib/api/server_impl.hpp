// The engine of a Server: an accept loop on the first worker, sessions spread over all of them, one registry.
//
// Threads: each session lives on its worker; the list of all sessions is kept here under a mutex that is never held
// while user code runs.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "api/event_delivery.hpp"
#include "api/facade_control.hpp"
#include "api/https_certificates.hpp"
#include "api/lifecycle.hpp"
#include "api/request_records.hpp"
#include "api/server_plugins.hpp"
#include "api/sink_logger.hpp"
#include "api/tunnel_numbers.hpp"
#include "base/mutex.hpp"
#include "base/published.hpp"
#include "buffer/mailbox.hpp"
#include "directory/claim_keeper.hpp"
#include "ferrotunnel/server.hpp"
#include "ingress/connect_port.hpp"
#include "ingress/http_front.hpp"
#include "login/login_gate.hpp"
#include "runtime/acceptor.hpp"
#include "runtime/passed_sockets.hpp"
#include "runtime/system_random.hpp"
#include "runtime/worker_group.hpp"
#include "session/expiry_watch.hpp"
#include "session/server_session.hpp"
#include "session/session_spread.hpp"
#include "settings/changes.hpp"
#include "settings/settings.hpp"
#include "trunk/memory_governor.hpp"

namespace ferrotunnel {

class Server::Impl final : private detail::Stoppable {
public:
    explicit Impl(detail::ServerSettings&& settings);
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void start(std::error_code& error, std::string& what);
    std::string control_endpoint() const;
    std::string http_endpoint() const;
    std::string https_endpoint() const;
    std::string connect_endpoint() const;
    std::string tls_pin() const;
    std::vector<TunnelInfo> tunnels() const;
    std::vector<PluginInfo> plugins() const { return plugins_.infos(); }
    ServerStats stats() const { return stats(tunnels()); }
    ServerStats stats(const std::vector<TunnelInfo>& tunnels) const;
    std::vector<ServiceStats> service_stats() const;
    std::vector<WorkerStats> worker_stats() const;
    void start_open(const OpenTarget& target, std::shared_ptr<detail::OpenAttempt> attempt);
    void set_plugins(std::vector<PluginUse> plugins);
    /// How many clients had to go, and how many are kept out; nothing: no more can be kept out, and nobody had to go.
    struct Kicked {
        std::size_t ended = 0;
        std::size_t kept_out = 0;
    };
    std::optional<Kicked> kick(const std::string& client, std::chrono::milliseconds keep_out = {});
    admin::Answer ask_client(const std::string& client, const admin::Json& request);
    detail::FacadeControl& control() noexcept { return control_; }
    /// Counts that the configuration was read again, and tells of it.
    void note_reload(bool applied, std::string_view outcome) { events_.tell(control_.note_reload(applied, outcome)); }
    // Changes while it runs (server_apply.cpp).
    ApplyReport apply(detail::ServerSettings&& next);
    ApplyReport check(detail::ServerSettings&& next);
    ApplyReport add_token(detail::NamedToken token);
    ApplyReport remove_token(const std::string& name);
    void reopen_access_log();
    // Addresses that come and go (server_listeners.cpp).
    std::string add_listener(Visitors visitors, const std::string& address);
    bool remove_listener(const std::string& address);
    std::error_code stop(std::chrono::milliseconds drain);
    bool is_copy() const noexcept { return lifecycle_.is_copy(); }
    // Between processes (server_handover.cpp).
    void inherit(std::vector<runtime::NamedSocket> sockets);
    std::vector<runtime::NamedSocket> sockets() const;
    std::vector<runtime::NamedSocket> sockets_to_keep();
    std::uint64_t socket_changes() const noexcept { return shared_->ports->socket_changes(); }
    admin::Answer route(const admin::RouteQuestion& question) const;  // server_route.cpp
    admin::Answer answer_sockets(std::size_t first);
    admin::Answer hand_over();
    bool is_replaced() const noexcept { return handed_over_.load(); }
    asio::any_io_executor executor() const;

private:
    using SessionPtr = std::shared_ptr<session::ServerSession>;
    class ControlSubject;  // what the control socket asks (server_control.cpp)

    /// A client's connection on its way to its worker.
    struct Arrival {
        runtime::Fd socket;
        runtime::SocketAddress from;
        std::shared_ptr<login::LoginGate::Ticket> ticket;
        std::shared_ptr<session::SessionSpread::Seat> seat;
    };

    void on_connection(runtime::Fd socket, const runtime::SocketAddress& from);
    void start_session(runtime::Worker& worker, Arrival arrival);
    void tell_crowd(const login::LoginGate::Answer& answer, const runtime::SocketAddress& from);
    void on_session_end(const SessionPtr& session);
    void notify(const session::ServerNotice& notice);
    std::vector<SessionPtr> sessions() const;
    std::map<directory::ClientId, std::vector<SessionPtr>> clients_called(const std::string& client);
    std::optional<std::size_t> keep_out(const std::string& client,
                                        const std::map<directory::ClientId, std::vector<SessionPtr>>& clients,
                                        std::chrono::milliseconds time);
    static admin::Answer no_client(const std::string& client);
    void for_each_session(void (*action)(session::ServerSession&));
    /// A trunk that carries a service, and the id by which the trunk knows the service.
    using Carrier = std::pair<SessionPtr, std::uint32_t>;
    std::vector<Carrier> carriers_of(const OpenTarget& target);
    void dial(std::vector<Carrier> carriers, std::shared_ptr<detail::OpenAttempt> attempt);
    net::IpNetworks proxies() const;
    runtime::Fd listen_at(const std::string& bind, const char* name, std::error_code& error);
    runtime::Fd listen_for(const char* what, const char* name, const std::string& bind, bool needed,
                           std::error_code& error);
    std::error_code open_http(runtime::Fd& control, std::string& what);
    // What shares a port with the edge (server_connect.cpp).
    std::shared_ptr<ingress::PortSharing> sharing(bool with_clients);
    bool take_sharer(bool with_clients, ingress::AcceptedVisitor& visitor);
    void take_client(ingress::AcceptedVisitor& visitor);
    ingress::HttpFrontRules edge_rules() const;
    std::shared_ptr<login::NetworkRate> handshake_rate() const;
    ingress::HttpListenerSettings plain_listener() const;
    ingress::HttpListenerSettings tls_listener() const;
    ingress::HttpListenerSettings plain_settings(const runtime::SocketAddress& at);
    void listen_plain(runtime::Fd listener, bool with_clients);
    void listen_tls(runtime::Fd listener, bool with_clients, bool with_plain);
    std::error_code open(std::string& what);
    runtime::SocketAddress listening_at(const runtime::Fd& listener, std::string Impl::*endpoint);
    void listen_for_clients(runtime::Fd listener);
    // The port for HTTP CONNECT (server_connect.cpp).
    void listen_for_connect(runtime::Fd listener);
    ingress::ConnectDecision decide_connect(const ingress::ConnectAsk& ask, const runtime::SocketAddress& from);
    static std::optional<Carrier> least_busy(const std::vector<session::NamedCarrier>& carriers);
    std::optional<Carrier> carrier_named(const std::string& host, const login::TokenId& token) const;
    std::optional<Carrier> carrier_of(const std::string& place) const;
    std::optional<Carrier> carrier_visited(const login::TokenId& visitor, const std::string& service,
                                           const std::string& token) const;
    static void give(const Carrier& carrier, runtime::Fd socket, const runtime::SocketAddress& visitor);
    void keep_claims();
    void open_sticky_key();
    void tell_member(const directory::MemberNews& news);
    void hold_known_ports();
    std::error_code open_control(std::string& what);
    void refuse_in_callbacks(const char* what) const;
    class Change;
    struct Compared {
        ApplyReport report;
        std::vector<detail::SettingChange> changes;
        detail::ServerSettings mixed;  // what will run: the present settings with those of the new ones that are live
    };
    Compared compared(detail::ServerSettings&& next) const;
    ApplyReport apply_locked(detail::ServerSettings&& next);
    /// What a change needs that can fail to be made.
    struct Made {
        std::shared_ptr<transport::TlsContext> tls;               // for clients; null: it stays as it is
        std::unique_ptr<detail::HttpsCertificates> certificates;  // null: those that there are continue
        std::optional<observe::AccessSink> access_log{};          // nothing: it stays as it is, or there is none
        std::optional<observe::TraceTarget> traces{};             // nothing: there are none any more, or nothing new
    };
    void take_settings(detail::ServerSettings&& next, const std::vector<detail::SettingChange>& changes, Made made);
    void take_tokens();
    // The access log (server_http.cpp).
    std::error_code open_access_log(std::string& what);
    // Traces (server_http.cpp).
    std::error_code open_traces(std::string& what);
    void take_named();
    bool make(const detail::ServerSettings& next, const std::vector<detail::SettingChange>& changes, Made& made,
              ApplyReport& report);
    void take_service_tokens();
    void name_claims();

    // Ending.
    void begin_drain() override;
    void begin_handover();
    void drain_handed_over();
    void leave_newcomers();
    bool has_drained() override;
    bool has_visitors() const override;
    bool in_callback() const override;
    void cut_off() override;
    void take_down(bool was_started) override;

    Mutex apply_mutex_;  // held by start() and while settings are applied
    detail::ServerSettings settings_;
    runtime::SystemRandom random_;
    detail::SinkLogger log_;
    // Ends behind all that could still hold one.
    detail::ServerPlugins plugins_{settings_.plugins, settings_.client_plugins, settings_.plugin_limits, log_};
    const std::shared_ptr<session::ServerShared> shared_;
    const std::shared_ptr<login::LoginGate> gate_ = std::make_shared<login::LoginGate>();
    const std::unique_ptr<runtime::WorkerGroup> group_;
    const std::shared_ptr<session::SessionSpread> spread_ = std::make_shared<session::SessionSpread>(group_->size());
    const IntrusivePtr<detail::OwnerLife> life_ = make_intrusive<detail::OwnerLife>();
    detail::AccessLogWriter access_log_{group_->size(), log_};
    detail::SpanSender traces_{log_};
    std::unique_ptr<runtime::Acceptor> acceptor_;    // the first worker's
    std::unique_ptr<ingress::ConnectPort> connect_;  // the first worker's
    std::unique_ptr<trunk::MemoryWatch> memory_;     // the first worker's
    std::unique_ptr<session::ExpiryWatch> expiry_;   // the first worker's
    std::unique_ptr<runtime::Timer> unused_timer_;   // the first worker's: closes sockets that nobody has wanted
    using CloseMail = buffer::WakeMail<Impl, Impl*>;
    const IntrusivePtr<CloseMail> close_mail_ = make_intrusive<CloseMail>([](Impl* const& impl) noexcept {
        impl->acceptor_.reset();
        impl->connect_.reset();
    });
    std::unique_ptr<ingress::HttpFront> http_;  // made by start(), kept until no worker runs any more
    std::set<std::string> added_listeners_;     // by address, while the server runs
    std::shared_ptr<const exchange::EdgeCounters> http_totals_;
    /// The services for whom a shared port is also, as the settings name them.
    struct NamedServices {
        std::string ssh;
        std::string silent;
    };
    Published<std::shared_ptr<const NamedServices>> named_;  // never null
    std::unique_ptr<detail::HttpsCertificates> certificates_;
    /// Those of `certificates_`, for the workers; they may outlive this object.
    const std::shared_ptr<detail::PresentTls> visitor_tls_ = std::make_shared<detail::PresentTls>();
    using HandshakeRate = Published<std::shared_ptr<login::NetworkRate>>;
    const std::shared_ptr<HandshakeRate> handshakes_ = std::make_shared<HandshakeRate>();
    std::unique_ptr<directory::ClaimKeeper> claims_;  // with a state directory

    mutable Mutex mutex_;
    std::set<SessionPtr> sessions_ GUARDED_BY(mutex_);
    std::uint64_t logins_ GUARDED_BY(mutex_) = 0;
    std::size_t dial_turn_ GUARDED_BY(mutex_) = 0;  // takes turns among trunks with as few visitors
    std::string control_endpoint_ GUARDED_BY(mutex_);
    std::string http_endpoint_ GUARDED_BY(mutex_);
    std::string https_endpoint_ GUARDED_BY(mutex_);
    std::string connect_endpoint_ GUARDED_BY(mutex_);
    bool closed_ GUARDED_BY(mutex_) = false;  // takes no sessions any more
    std::vector<runtime::NamedSocket> own_sockets_
        GUARDED_BY(mutex_);  // copies, for a process that takes this one's place
    std::atomic<bool> handed_over_{false};
    std::atomic<bool> sockets_are_kept_{false};                 // somebody has copies, for the next process
    std::chrono::steady_clock::time_point look_at_sessions_{};  // the thread's that stops

    mutable detail::TunnelNumbers numbers_;
    detail::FacadeControl control_{log_};
    detail::EventDelivery events_;
    detail::Lifecycle lifecycle_;
};

/// A change of settings, one at a time. None begins in a callback, where it would deadlock, nor once the server stops.
class SCOPED_CAPABILITY Server::Impl::Change {
public:
    /// `what` is in what it throws.
    Change(Impl& server, const char* what) ACQUIRE(server.apply_mutex_);
    ~Change() RELEASE() {}
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;

private:
    const MutexLock lock_;
};

}  // namespace ferrotunnel
