// One trunk of a client on the server: its login, and the visitors of the public ports and HTTP services that it
// carries. It owns parts, which refer neither to it nor to each other's internals (docs/architecture/sessions.md), and
// connects the events of the trunk, of the directory and of the application to them.
//
//   login --proved, admitted--> open --evicted or server stops--> draining --> ended
//      |                          \--replaced while it rotates--> yielding --'   |
//      \___________________________\____ trunk ended, refused ___________________/
//
// While it yields, the session continues to carry its services until a successor has registered them. Lives on one
// worker. Other threads reach it only through SessionHandle, VisitorCarrier, HttpCarrier and post(), which post changes
// to the worker, and through view(), read() and count_dialled(). When the session ends, it first leaves its ports
// (those without another carrier refuse visitors at once), then the registry; then waiters are notified.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "buffer/mailbox.hpp"
#include "directory/http_carrier.hpp"
#include "directory/shared_port.hpp"
#include "runtime/socket.hpp"
#include "session/manage_requests.hpp"
#include "session/peer_probe.hpp"
#include "session/private_visits.hpp"
#include "session/server_shared.hpp"
#include "session/service_health.hpp"
#include "session/service_registration.hpp"
#include "session/session_login.hpp"
#include "session/session_notices.hpp"
#include "session/session_resumption.hpp"
#include "session/session_succession.hpp"
#include "session/session_view.hpp"
#include "session/visitor_intake.hpp"
#include "trunk/trunk.hpp"

namespace ferrotunnel::session {

class ServerSession final : public std::enable_shared_from_this<ServerSession>,
                            public directory::SessionHandle,
                            public directory::VisitorCarrier,
                            public directory::HttpCarrier,
                            private trunk::TrunkEvents {
public:
    /// `ended` is called once on the worker, when the session is gone completely. `login_over` is called when the peer
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
    enum class Drain : std::uint8_t {
        at_once,
        if_idle,       // after handover_to_process(): only if no visitor is on the way to it
        client_moves,  // to another member of the cluster: new visitors of its services are held, and forwarded there
    };
    /// Accepts no new visitors; the session ends when the present ones have finished. Called on the worker.
    void drain(Drain how = Drain::at_once);
    /// Another process replaces the server: asks the client to log in there, and continues with the present visitors.
    /// Called on the worker.
    void handover_to_process();
    /// Ends the session now. Called on the worker.
    void end(wire::Code code, std::string_view text);

    /// Ends the session now if the peer has not proved its token yet, to free its place. Called on the worker.
    void end_if_unauthenticated();

    /// Ends the session now if its token has expired. Called on the worker.
    void end_if_expired();

    /// Applies the present tokens and rights to the session: it ends if its token is no longer accepted, and services
    /// that the token has no right to are refused. Everything else continues unchanged. Called on the worker.
    void check_rights();

    /// Calls `report(ServiceReplies&)`, which reports something about all of its services, if it is open. Called on the
    /// worker.
    template <typename Report>
    void report_services(Report report) {
        check_here(at_.worker);
        if (phase_ == Phase::open) {
            report(replies_);
        }
    }

    /// Dials a service through the tunnel, as a visitor would. Called on the worker.
    Result<IntrusivePtr<mux::Stream>, wire::Code> open_stream(std::uint32_t service, IntrusivePtr<buffer::Waker> waker,
                                                              bool foreign);

    /// Accepts visitors that name their service instead of connecting to its port. Called on the worker.
    VisitorIntake& intake() noexcept {
        check_here(at_.worker);
        return intake_;
    }

    /// Closes everything without a message to the peer. To be called when no worker runs any more.
    void abandon();

    /// A snapshot of the session for others. Thread-safe.
    SessionView view() const;
    /// Reads the view in place, under the lock: `read(const SessionView&)`, which must be brief.
    template <typename Reader>
    void read(Reader read) const {
        view_.read(read);
    }
    /// Runs `action` on the session's worker; false if that has stopped. Thread-safe.
    template <typename Action>
    bool post(Action action) {
        return mailbox_->post_call([self = shared_from_this(), action = std::move(action)]() mutable {
            self->guarded([&] { action(*self); });
        });
    }

    // SessionHandle: any thread.
    void evict(wire::Code code, std::string text, std::function<void()> released) override;
    void probe(std::function<void(bool alive)> answer) override;
    std::optional<TimePoint> detached_since() const noexcept override { return resumption_.detached_since(); }
    std::uint16_t assigned_port(wire::ServiceKind kind, const std::string& name) const override {
        return view_.port_of(kind, name);
    }
    void handover_open(std::vector<directory::ClientId> owners, std::function<void()> done) override;
    void on_replaced(std::string by) override;

    // VisitorCarrier and HttpCarrier: any thread.
    bool waits() const noexcept override { return detached_since().has_value(); }
    std::uint64_t load() const noexcept override;
    void take(directory::Visitor visitor, std::uint32_t service) override { intake_.take(std::move(visitor), service); }
    void take(directory::TlsVisitor visitor, std::uint32_t service) override {
        intake_.take(std::move(visitor), service);
    }
    void dropped(const std::shared_ptr<directory::SharedPort>& port) noexcept override;
    void dropped(const std::shared_ptr<directory::HttpService>& service) noexcept override;
    void on_loop_detected(std::uint32_t service) override;
    runtime::Worker& worker() noexcept override { return at_.worker; }
    void open(std::uint32_t service, const directory::HttpVisitor& visitor, IntrusivePtr<buffer::Waker> waker,
              bool foreign, Opened opened) override;

    /// Passes a request of the control API about its services to the client. Called on the worker.
    void manage(std::string request, ManageRequests::Done done);

    /// Counts one stream of an application as load as long as the result exists. Thread-safe.
    std::shared_ptr<TrunkLoad::Count> count_dialled() const {
        return std::make_shared<TrunkLoad::Count>(load_.count_stream());
    }

private:
    enum class Phase : std::uint8_t { login, open, yielding, draining, ended };

    // Events of the trunk.
    void on_pipe_open() override { login_.begin(trunk_->pipe()); }
    void on_control(Bytes message) override;
    void on_open(IntrusivePtr<mux::Stream> stream, const wire::Open& open) override;
    void on_goaway(wire::Code code, std::string_view text) override;
    void on_drained() override;
    void on_rotate_due() override;
    void on_room() override;
    void on_stall(const mux::Stall& stall) override;
    void on_detached(const trunk::TrunkEnd& why) override { resumption_.on_detached(why); }
    void on_trunk_end(const trunk::TrunkEnd& end) override;

    SessionPlugins::Needs plugin_needs();
    void on_message(const wire::ControlMessage& message);
    void on_welcome();
    void send(const wire::ControlPayload& payload);
    std::optional<directory::Refusal> refuse_services() const;
    void drain_trunk(std::string_view why);
    /// Begins the second half of the login on the session that the client resumes.
    void begin_resume();
    void move_to(const std::shared_ptr<ServerSession>& to, const login::Key& key);

    // End of the session.
    Phase enter(Phase next) noexcept;
    bool has_ended() const noexcept { return phase_ == Phase::ended; }
    void stop_parts() noexcept;
    void leave(bool may_return = false) noexcept;
    void keep_ports(bool with_goaway);
    void report_end(const trunk::TrunkEnd& end);
    void report_gone(wire::Code code, const std::string& text, Phase before);
    void finish();

    /// Runs `step`. An exception in it (memory, a bug) ends this session and not the process.
    template <typename Step>
    void guarded(Step step) noexcept {
        try {
            step();
        } catch (const std::exception& problem) {
            attempt([&] { log_failed_session(at_, problem); });
            end(wire::Code::internal, "an internal error");
        }
    }

    SessionFacts facts_;
    const SessionContext at_;
    const std::shared_ptr<buffer::Mailbox> mailbox_;
    const SessionExecutor executor_;
    std::function<void()> on_ended_;
    IntrusivePtr<trunk::Trunk> trunk_;
    using EndMail = buffer::WakeMail<ServerSession, std::shared_ptr<ServerSession>>;
    const IntrusivePtr<EndMail> end_mail_ = make_intrusive<EndMail>(
        [](const std::shared_ptr<ServerSession>& session) noexcept { session->trunk_.reset(); });
    SharedView view_;
    const TrunkLoad load_;
    std::vector<std::unique_ptr<PeerProbe>> probes_;
    ManageRequests manage_;

    // The parts; each uses only those above it.
    const SessionRights rights_;
    std::unique_ptr<SessionPlugins> plugins_;  // null if the server has none
    SessionLogin login_;
    SessionResumption resumption_;
    const ServiceKinds kinds_;
    ServiceTable table_;
    ServiceReplies replies_;
    HandoverQueue handover_queue_;
    ClusterGrants grants_;
    ServiceRegistration registration_;
    ServiceHealth health_;
    SessionSuccession succession_;
    VisitorStreams streams_;
    VisitorIntake intake_;
    PrivateVisits visits_;

    Phase phase_ = Phase::login;
    bool present_ = false;  // counted among the tunnel's trunks
};

}  // namespace ferrotunnel::session
