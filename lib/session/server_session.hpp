// One trunk of a client on the server: its login, and the visitors of the public ports and HTTP services that it
// carries.
//
//   login --proved, admitted--> open --evicted or server stops--> draining --> ended
//      |                          \--replaced while it rotates--> yielding --'   |
//      \___________________________\____ trunk ended, refused ___________________/
//
// While it yields, the session goes on carrying until a successor has registered its ports. Lives on one worker. Other
// threads reach it only through SessionHandle, VisitorCarrier, HttpCarrier and post(), which post there what changes
// the session, and through view(), look() and count_dialled(). When the session ends, it first leaves its ports (those
// that nobody else carries refuse visitors at once), then the registry; then those who wait for that are told.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/token_bucket.hpp"
#include "buffer/mailbox.hpp"
#include "directory/http_carrier.hpp"
#include "directory/shared_port.hpp"
#include "directory/takeover.hpp"
#include "directory/visitor_line.hpp"
#include "login/handshake_server.hpp"
#include "login/token_book.hpp"
#include "runtime/socket.hpp"
#include "runtime/timer.hpp"
#include "session/event_quota.hpp"
#include "session/manage_requests.hpp"
#include "session/peer_probe.hpp"
#include "session/server_shared.hpp"
#include "session/session_view.hpp"
#include "trunk/socket_pump.hpp"
#include "trunk/traffic.hpp"
#include "trunk/trunk.hpp"

namespace ferrotunnel::session {

class StreamRelay;

class ServerSession final : public std::enable_shared_from_this<ServerSession>,
                            public directory::SessionHandle,
                            public directory::VisitorCarrier,
                            public directory::HttpCarrier,
                            private trunk::TrunkEvents {
public:
    /// `ended` is called once on the worker, when nothing of the session is left. `login_over` is called when the peer
    /// no longer counts as one that has not proved its token.
    struct Callbacks {
        std::function<void(bool welcome)> login_over;
        std::function<void()> ended;
    };

    ServerSession(runtime::Worker& worker, runtime::SocketAddress peer, std::shared_ptr<ServerShared> shared,
                  Callbacks callbacks);
    ~ServerSession() override;

    /// To be called on the worker.
    void start(runtime::Fd socket);
    /// Takes no new visitors; the session ends when the present ones have finished. On the worker.
    void drain();
    /// Another process of the server takes over: tells the client to log in there, and goes on with the visitors that
    /// there are. On the worker.
    void hand_over();
    /// Drains, if nobody is on the way to it. On the worker, after hand_over().
    void drain_if_idle();
    /// Ends the session now. On the worker.
    void end(wire::Code code, std::string_view text);

    /// Ends the session now if the peer has not proved its token yet: its place is needed. On the worker.
    void give_way();

    /// Ends the session now if its token has expired. On the worker.
    void end_if_expired();

    /// Holds the session to the tokens and rights as they are now: it ends if its token is not accepted any more, and
    /// services that the token has no right to are refused. Everything else goes on as it is. On the worker.
    void look_at_rights();

    /// Dials a service through the tunnel, as a visitor would. On the worker.
    Result<IntrusivePtr<mux::Stream>, wire::Code> open_stream(std::uint32_t service, IntrusivePtr<buffer::Waker> waker,
                                                              bool foreign);

    /// Takes a visitor who has named the service, of kind tcp or private_tcp, instead of coming to its port. On the
    /// worker.
    void take_by_name(std::uint32_t service, runtime::Fd socket, const runtime::SocketAddress& from);

    /// Closes everything without a word. To be called when no worker runs any more.
    void abandon();

    /// What others may see of the session. Any thread.
    SessionView view() const;
    /// The same in place, while nobody changes it: `look(const SessionView&)`, which must be brief.
    template <typename Look>
    void look(Look look) const {
        std::lock_guard lock(view_mutex_);
        look(view_);
    }
    /// Runs `action` on the session's worker; false if that has stopped. Any thread.
    template <typename Action>
    bool post(Action action) {
        return mailbox_->post_call([self = shared_from_this(), action = std::move(action)]() mutable {
            self->guarded([&] { action(*self); });
        });
    }

    // SessionHandle: any thread.
    void evict(wire::Code code, std::string text, std::function<void()> released) override;
    void probe(std::function<void(bool alive)> answer) override;
    std::optional<TimePoint> waits_since() const noexcept override {
        const TimePoint since = waits_since_.load(std::memory_order_relaxed);
        return since == TimePoint{} ? std::nullopt : std::optional(since);
    }
    std::uint16_t assigned_port(wire::ServiceKind kind, const std::string& name) const override;
    void take_place(std::vector<directory::ClientId> owners, std::function<void()> done) override;
    void replaced(std::string by) override;

    // VisitorCarrier and HttpCarrier: any thread.
    std::uint64_t load() const noexcept override;
    void take(directory::Visitor visitor, std::uint32_t service) override;
    void dropped(const std::shared_ptr<directory::SharedPort>& port) noexcept override;
    void leads_back(std::uint32_t service) override;
    runtime::Worker& worker() noexcept override { return worker_; }
    void open(std::uint32_t service, const net::Address& visitor, IntrusivePtr<buffer::Waker> waker, bool foreign,
              Opened opened) override;
    void take(directory::TlsVisitor visitor, std::uint32_t service) override;
    void dropped(const std::shared_ptr<directory::HttpService>& service) noexcept override;

    /// Asks the client what the control API was asked about its services. On the worker.
    void manage(std::string request, ManageRequests::Done done);

    /// Counts one stream of an application as load for as long as the result is kept. Any thread.
    std::shared_ptr<void> count_dialled();

private:
    /// How a service is opened whose client waits for the place of another.
    struct Awaited {
        runtime::SocketAddress at{};          // of a port
        directory::HttpDescription wanted{};  // of hosts
    };
    struct Service {
        wire::Service description;
        std::shared_ptr<const Awaited> awaited{};  // null: it is open, or is being claimed
        std::uint64_t registration = 0;  // an id may be registered again while a claim for the first is under way
        std::vector<directory::ClaimName> names;            // claimed, or about to be
        std::optional<directory::Membership> membership{};  // of the group that has it
        directory::CarrierHealth health{};                  // of what is behind it
        std::optional<wire::Health> said{};                 // of that, and not carried out yet
        TokenBucket health_rate{};
        std::shared_ptr<directory::SharedPort> public_port;
        std::shared_ptr<directory::HttpService> http;
        bool opened = false;                         // opened the port or service here, did not join other trunks
        bool assigned = false;                       // its host is the server's choice
        bool assigned_anew = false;                  // and it is not the one that the service had before
        std::shared_ptr<trunk::Traffic> traffic;     // on this trunk
        std::shared_ptr<metrics::Meter> meter{};     // of what it moves; null until it is there
        std::shared_ptr<metrics::ServiceRow> row{};  // likewise
        directory::VisitorLine line;
        std::shared_ptr<void> of_token{};                // counts it for the token's quota
        hooks::SharedAskedPlugins asked{};               // the plugins that its client has asked for
        std::unique_ptr<NamedServices::Place> named{};   // from publish() on; null for what is not asked for by name
        std::shared_ptr<shaping::ServiceShape> shape{};  // the rates of its visitors; null until there is one

        bool is_carried() const noexcept { return public_port || http; }
        bool is_private() const noexcept { return description.kind == wire::ServiceKind::private_tcp; }
        directory::Transport transport() const noexcept {
            return description.kind == wire::ServiceKind::udp ? directory::Transport::udp : directory::Transport::tcp;
        }
        std::uint16_t port() const { return public_port ? public_port->address().port() : std::uint16_t{0}; }
    };
    class Plugins;
    template <typename AnyVisitor>
    class AskedVisitor;
    /// A session to which a visitor is on the way. The visitor counts as long as this lives, even if its mail is never
    /// taken.
    class OnTheWay {
    public:
        explicit OnTheWay(std::shared_ptr<ServerSession> to) noexcept : to_(std::move(to)) {
            to_->on_the_way_.fetch_add(1, std::memory_order_relaxed);
        }
        OnTheWay(OnTheWay&&) noexcept = default;
        OnTheWay& operator=(OnTheWay&&) = delete;
        ~OnTheWay() { (void)arrived(); }
        std::shared_ptr<ServerSession> arrived() noexcept {
            if (to_) {
                to_->on_the_way_.fetch_sub(1, std::memory_order_relaxed);
            }
            return std::exchange(to_, nullptr);
        }

    private:
        std::shared_ptr<ServerSession> to_;
    };

    /// Brings a visitor to this session's worker.
    template <typename Visitor>
    void bring(Visitor visitor, std::uint32_t service) {
        if (worker_.here()) {
            on_visitor(service, std::move(visitor));
            return;
        }
        mailbox_->post_call([to = OnTheWay(shared_from_this()), service, visitor = std::move(visitor)]() mutable {
            to.arrived()->on_visitor(service, std::move(visitor));
        });
    }

    // The trunk's events.
    void on_pipe_open() override;
    void on_control(Bytes message) override;
    void on_open(IntrusivePtr<mux::Stream> stream, const wire::Open& open) override;
    void on_goaway(wire::Code code, std::string_view text) override;
    void on_drained() override;
    void on_rotate_due() override;
    void begin_rotation(std::string_view why);
    void on_room() override;
    void on_detached(const trunk::TrunkEnd& why) override;
    void on_stall(const mux::Stall& stall) override;
    void on_trunk_end(const trunk::TrunkEnd& end) override;

    // Login (server_session_login.cpp).
    void take_step(const login::Step& step);
    void ask_admission();
    void admitted(std::optional<directory::Refusal> refusal);
    void finish_login() noexcept;
    bool guesses_count() const noexcept { return shared_->guesses && shared_->tokens.any_weak(); }

    // What is said of the session (server_session_news.cpp).
    void tell_stranger(const char* what, wire::Code code, const std::string& why);
    void log_begin();
    void log_end(const trunk::TrunkEnd& end, LogLevel level);
    void tell_end(const trunk::TrunkEnd& end);
    void tell_gone(wire::Code code, const std::string& text);
    void tell_failure(const std::exception& problem);
    void notify(ServerNotice::Kind kind, const std::string& service, const std::string& endpoint, wire::Code code,
                const std::string& text, std::size_t trunks = 0);

    // Its end (server_session_end.cpp).
    void leave_registry(bool may_return = false) noexcept;
    void keep_ports(bool with_goodbye);

    // Sessions that outlive their connection (server_session_resume.cpp).
    struct NewConnection;
    void begin_resumable();
    void ask_resume();
    void hand_over(const std::shared_ptr<ServerSession>& to, const login::Key& key);
    void resume(NewConnection connection);
    std::optional<directory::Refusal> refuse_resume(const NewConnection& connection);
    void set_waiting(bool waits);
    void end_resuming();

    // A session that lets its successor have the services (server_session_successor.cpp).
    void yield();
    void set_retired();
    void end_yielding_if_taken();
    void end_yielding();
    void on_dropped(const std::function<bool(const Service&)>& is_it);

    // Services of every kind (server_session_services.cpp, server_session_clients.cpp, server_session_health.cpp).
    static std::optional<directory::ClientId> group_of(const Service& service) {
        return service.membership ? std::optional(service.membership->group) : std::nullopt;
    }
    /// Who has the service: its group, or the client alone.
    directory::ClientId owner_of(const Service& service) const { return group_of(service).value_or(client_); }
    /// The owner's number for it: a group has one service.
    static std::uint32_t number_of(const Service& service) { return service.membership ? 0 : service.description.id; }
    void on_message(const wire::ControlMessage& message);
    void on_health(const wire::Health& said);
    bool catch_up(Service& service);
    void set_health(Service& service, const wire::Health& said);
    void look_at_health();
    void register_service(std::uint32_t request, const wire::Service& description);
    void register_checked(std::uint32_t request, const wire::Service& description);
    void register_private(std::uint32_t request, const wire::Service& description);
    std::optional<directory::Refusal> check_service(const wire::Service& description) const;
    std::optional<directory::Refusal> refuse_group(const wire::Service& description) const;
    std::optional<directory::Refusal> refuse_asked(const wire::Service& description) const;
    std::size_t asked_bytes() const;
    void keep_description(Service& service, const wire::Service& description);
    void unregister(std::uint32_t id);
    void forget_service(std::uint32_t id);
    void leave(Service& service, bool may_return = false);
    /// `may_return`: ports that nobody else carries are held, since the client may be back in a moment.
    void close_services(bool may_return = false) noexcept;

    // What its client is told of them (server_session_answers.cpp).
    void confirm(std::uint32_t request, std::uint32_t id);
    wire::RegisteredService registered_as(std::uint32_t id, const runtime::SocketAddress& at,
                                          const directory::HttpDescription* http) const;
    void answer_registered(std::uint32_t request, const wire::RegisteredService& registered);
    void publish(std::uint32_t id, const std::string& address);
    void refuse_service(std::uint32_t id, const directory::Refusal& refusal);
    void tell_refusal(const wire::Service& description, const directory::Refusal& refusal);

    // Ports (server_session_ports.cpp).
    void register_port(std::uint32_t request, const wire::Service& description);
    void claim_then_open(std::uint32_t request, std::uint32_t id, runtime::SocketAddress at);
    void on_claimed(std::uint32_t request, std::uint32_t id, std::uint64_t registration,
                    const runtime::SocketAddress& at, const directory::ClaimName& name,
                    const std::optional<directory::Refusal>& refusal);
    void assign_port(std::uint32_t request, std::uint32_t id, runtime::SocketAddress at);
    directory::Ended refuses_ended(std::uint32_t id) const;
    std::optional<directory::Refusal> open_port(std::uint32_t id, const runtime::SocketAddress& at);

    // Hand-over (server_session_handover.cpp).
    std::uint16_t port_of_predecessor(const wire::Service& description) const;
    bool waits_for_place(const Service& service) const;
    void await_place(std::uint32_t request, std::uint32_t id, Awaited how);
    void look_for_place();
    void open_awaited(std::uint32_t id, const std::vector<directory::ClientId>& owners);
    void take_over();
    void told_predecessors(std::uint32_t clients);
    void leave_place(const std::string& by);

    // What the token has a right to (server_session_rights.cpp).
    std::optional<directory::Refusal> refuse_login() const;
    std::optional<directory::Refusal> refuse_token() const;
    std::optional<directory::Refusal> refuse_kind(wire::ServiceKind kind) const;
    std::optional<directory::Refusal> refuse_unproved(const directory::ReachedBy& service,
                                                      const std::optional<wire::Proof>& proof) const;
    std::optional<directory::Refusal> refuse_unproved(const Service& service) const;
    std::optional<directory::Refusal> refuse_present(const Service& service,
                                                     const login::PortPolicy& every_token) const;
    Result<runtime::SocketAddress, directory::Refusal> address_for(const std::string& bind) const;
    std::string shown_host_of_port(const runtime::SocketAddress& at) const;
    std::optional<directory::Refusal> count_service(std::uint32_t id);
    bool count_visitor(std::shared_ptr<void>& of_token, const net::Address& from);
    const std::shared_ptr<shaping::ServiceShape>& shape_of(std::uint32_t id);

    // Visitors: they come, plugins are asked, they wait in line, and get a stream (server_session_visitors.cpp,
    // server_session_visits.cpp, server_session_line.cpp, server_session_member.cpp).
    void on_visitor(std::uint32_t id, directory::Visitor visitor);
    template <typename AnyVisitor>
    bool ask_plugins(std::uint32_t id, AnyVisitor& visitor);
    template <typename AnyVisitor>
    void open_or_wait(std::uint32_t id, AnyVisitor visitor);
    bool serve_line(std::uint32_t id);
    static void send_on(directory::VisitorLine line);
    bool pass_to_other(directory::Visitor& visitor) {
        const std::shared_ptr<directory::SharedPort> port = visitor.port;
        return port && port->pass_on(visitor, *this);
    }
    bool pass_to_other(directory::TlsVisitor& visitor) { return directory::pass_on(visitor, *this); }
    void open_visitor(std::uint32_t id, directory::Visitor visitor);
    std::shared_ptr<trunk::Traffic> counted_for(std::uint32_t id, const net::Address& from,
                                                std::shared_ptr<trunk::Traffic> traffic);
    void count_visit(std::uint32_t id, const net::Address& from);
    template <typename AnyVisitor>
    void carry(std::uint32_t id, AnyVisitor& visitor, mux::Session::OpenRequest& request,
               std::shared_ptr<trunk::Traffic> traffic);
    template <typename AnyVisitor>
    IntrusivePtr<mux::Stream> open_for(std::uint32_t id, AnyVisitor& visitor, mux::Session::OpenRequest& request,
                                       IntrusivePtr<buffer::Waker> waker, bool foreign, trunk::Traffic* counts_in);
    void watch(trunk::SocketPump& pump, IntrusivePtr<mux::Stream> stream, std::uint32_t id,
               const std::shared_ptr<directory::MemberVisit>& visit);
    void refuse_visitor(const std::string& visitor, wire::Code code);

    // HTTP services (server_session_http.cpp).
    void register_http(std::uint32_t request, const wire::Service& description);
    std::optional<directory::Refusal> refuse_rules(const wire::HttpRulesPart& rules) const;
    void register_tls(std::uint32_t request, const wire::Service& description);
    void begin_claiming(std::uint32_t request, const wire::Service& description, directory::HttpDescription wanted,
                        bool assign);
    std::optional<directory::Refusal> read_http(const wire::Service& service, directory::HttpDescription& wanted) const;
    void claim_hosts(std::uint32_t request, std::uint32_t id, directory::HttpDescription wanted);
    void on_hosts_claimed(std::uint32_t request, std::uint32_t id, std::uint64_t registration,
                          const std::vector<directory::ClaimName>& names, directory::HttpDescription wanted,
                          std::optional<directory::Refusal> refusal);
    std::optional<directory::Refusal> open_hosts(std::uint32_t id, const directory::HttpDescription& wanted);
    std::optional<directory::Refusal> too_many_names(const directory::HttpDescription& wanted) const;
    void release_unwanted(const std::vector<directory::ClaimName>& names);
    const std::string& shown_host_of(const directory::HttpDescription& service) const;
    const HttpPublic& public_place_of(const directory::HttpDescription& service) const;
    std::string url_of(const directory::HttpDescription& service) const;
    Result<directory::HttpStream, wire::Code> open_http(std::uint32_t id, const net::Address& visitor,
                                                        IntrusivePtr<buffer::Waker> waker, bool foreign,
                                                        std::shared_ptr<void> counted);

    // Visitors whose TLS passes untouched (server_session_tls.cpp).
    std::optional<directory::Refusal> read_tls(const wire::Service& service, directory::HttpDescription& wanted) const;
    void on_visitor(std::uint32_t id, directory::TlsVisitor visitor);
    void open_visitor(std::uint32_t id, directory::TlsVisitor visitor);

    // Visitors who send datagrams (server_session_udp.cpp).
    std::optional<directory::Refusal> refuse_udp() const;
    directory::DatagramTerms datagram_terms(const Service& service) const;
    void open_distant(std::uint32_t id, directory::Visitor visitor);

    // Services that other clients visit (server_session_relay.cpp).
    void begin_visit(IntrusivePtr<mux::Stream> stream, const wire::Open& open);
    void take_relayed(std::uint32_t id, IntrusivePtr<StreamRelay> relay, const runtime::SocketAddress& from);

    /// Runs one of several steps: if it lacks memory it is left out, and the others are still done.
    template <typename Step>
    static void attempt(Step step) noexcept {
        try {
            step();
        } catch (const std::exception&) {
        }
    }
    /// Runs `action`. What goes wrong in it (memory, a bug) ends this session and not the process.
    template <typename Action>
    void guarded(Action action) noexcept {
        try {
            action();
        } catch (const std::exception& problem) {
            attempt([&] { tell_failure(problem); });
            end(wire::Code::internal, "an internal error");
        }
    }

    runtime::Worker& worker_;
    const std::shared_ptr<buffer::Mailbox> mailbox_;
    runtime::SocketAddress peer_;  // a session that is resumed may come from elsewhere
    const std::shared_ptr<ServerShared> shared_;
    Callbacks callbacks_;
    const directory::SessionKey key_;
    IntrusivePtr<trunk::Trunk> trunk_;
    using EndMail = buffer::WakeMail<ServerSession, std::shared_ptr<ServerSession>>;
    const IntrusivePtr<EndMail> end_mail_ = make_intrusive<EndMail>(
        [](const std::shared_ptr<ServerSession>& session) noexcept { session->trunk_.reset(); });
    std::unique_ptr<login::ServerHandshake> handshake_;  // until the login is over
    login::Agreement agreement_;
    std::string token_name_;
    std::optional<login::TokenId> secret_;  // the client's, by its id; nothing before it was proved
    std::shared_ptr<void> secret_in_use_;   // tells when this connection does not use it any more
    directory::ClientId client_{};
    std::unique_ptr<Plugins> plugins_;  // null: there are none (server_session_plugins.hpp)
    std::unique_ptr<runtime::Timer> yield_timer_;
    std::unique_ptr<runtime::Timer> place_timer_;   // of one that waits for a place, or whose place was taken
    std::unique_ptr<runtime::Timer> health_timer_;  // set while what was said of a backend waits
    std::map<std::uint32_t, Service> services_;
    std::vector<std::uint32_t> lines_;  // ids of services with visitors in line
    std::uint64_t registrations_ = 0;
    TokenBucket registrations_rate_;
    TokenBucket visits_rate_;
    TokenBucket take_overs_rate_;
    EventQuota refusals_{limits::refusals_told_per_second};
    mutable std::mutex view_mutex_;
    SessionView view_;  // returned by `view`
    std::vector<std::unique_ptr<PeerProbe>> probes_;
    ManageRequests manage_;
    const std::shared_ptr<trunk::Traffic> traffic_ = std::make_shared<trunk::Traffic>();  // of this trunk
    const std::shared_ptr<trunk::RecentTraffic> recent_ = std::make_shared<trunk::RecentTraffic>();
    std::atomic<std::uint32_t> on_the_way_{0};  // visitors that are still in the mail
    const std::shared_ptr<std::atomic<std::uint32_t>> dialled_ = std::make_shared<std::atomic<std::uint32_t>>(0);
    std::optional<std::uint64_t> resumed_by_{};        // the client's number of the attempt that it goes on with
    std::atomic<TimePoint> waits_since_{TimePoint{}};  // for its client; zero: it has a connection
    bool gave_way_ = false;
    bool proved_ = false;    // the token was proved: admission is being decided, or was
    bool admitted_ = false;  // the registry has the session
    bool welcome_ = false;   // the login is over: services may be registered
    bool present_ = false;   // counted among the tunnel's trunks
    bool draining_ = false;  // announced by either side
    bool rotating_ = false;  // ids run out: a successor is on its way
    bool yielding_ = false;  // the successor has come: it takes the ports over, and this one drains
    bool replaced_ = false;  // another client has taken the place of this one
    bool ended_ = false;
};

}  // namespace ferrotunnel::session
