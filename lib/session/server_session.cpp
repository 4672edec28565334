#include "session/server_session.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "base/text.hpp"
#include "runtime/timer.hpp"
#include "session/server_session_plugins.hpp"
#include "transport/tcp_pipe.hpp"
#include "transport/tls_pipe.hpp"

namespace ferrotunnel::session {

using wire::Code;

namespace {

std::string place_of(const login::Agreement& agreement) {
    return std::to_string(agreement.trunk) + '/' + std::to_string(agreement.trunks);
}

// Whether the client may be back in a moment: not where it was shown the door here.
bool is_on_its_way_back(const trunk::TrunkEnd& end) {
    return end.by_peer || (end.code != Code::cancelled && end.code != Code::unauthorized &&
                           end.code != Code::forbidden && end.code != Code::going_away);
}

}  // namespace

// Finds out whether the peer still speaks: sends a ping, and looks at intervals whether anything was heard since.
class ServerSession::Probe {
public:
    Probe(ServerSession& session, std::function<void(bool)> answer)
        : session_(session),
          answer_(std::move(answer)),
          began_(session.worker_.now()),
          heard_(frames_heard()),
          timer_(session.worker_, [this] { look(); }) {
        session_.trunk_->session().ping(began_);
        session_.trunk_->session_changed();
        timer_.set_after(look_every);
    }
    ~Probe() {
        if (answer_) {
            answer_(false);
        }
    }

private:
    static constexpr auto look_every = std::chrono::milliseconds(20);

    // Not the time of the last byte: answers to earlier pings may arrive in this very round, and then no ping is due.
    std::uint64_t frames_heard() const { return session_.trunk_->session().stats().frames_received; }

    void look() {
        bool alive = frames_heard() != heard_;
        if (!alive && session_.worker_.now() < began_ + limits::takeover_silence) {
            timer_.set_after(look_every);
            return;
        }
        // Timers come before sockets: if this worker has stood still, the answer may be waiting in the socket.
        if (!alive && !std::exchange(last_look_, true)) {
            timer_.set(session_.worker_.now());
            return;
        }
        auto answer = std::exchange(answer_, nullptr);
        std::erase_if(session_.probes_, [this](const auto& probe) { return probe.get() == this; });  // `this` is gone
        answer(alive);
    }

    ServerSession& session_;
    std::function<void(bool)> answer_;
    TimePoint began_;
    std::uint64_t heard_;
    bool last_look_ = false;
    runtime::Timer timer_;
};

ServerSession::ServerSession(runtime::Worker& worker, runtime::SocketAddress peer, std::shared_ptr<ServerShared> shared,
                             Callbacks callbacks)
    : worker_(worker),
      mailbox_(worker.mailbox()),
      peer_(std::move(peer)),
      shared_(std::move(shared)),
      callbacks_(std::move(callbacks)),
      key_(shared_->registry->new_key()) {
    traffic_->total = shared_->traffic;
    if (shared_->hooks) {
        plugins_ = std::make_unique<Plugins>(*this);
    }
}

ServerSession::~ServerSession() {
    leave_registry();
}

void ServerSession::start(runtime::Fd socket) {
    const std::shared_ptr<transport::TlsContext> tls = shared_->tls.get();
    std::unique_ptr<transport::Pipe> pipe =
        tls ? transport::make_tls_pipe(std::move(socket), tls)
            : transport::make_tcp_pipe(std::move(socket), transport::TcpPipeSide::server);
    trunk_ = make_intrusive<trunk::Trunk>(worker_, std::move(pipe), shared_->mux, *shared_->random,
                                          shared_->handshake_deadline, static_cast<trunk::TrunkEvents&>(*this));
    trunk_->count_in(recent_);
    trunk_->account_in(shared_->book);
    trunk_->session().count_in(shared_->services->rest()->meter(&worker_));
    trunk_->start();
}

void ServerSession::drain() {
    draining_ = true;
    close_services();
    end_resuming();
    if (!welcome_ || ended_) {  // it may have ended by itself while the order was under way
        end(Code::going_away, "The server is stopping.");
        return;
    }
    trunk_->session().drain(Code::going_away, "The server is stopping.", worker_.now());
    trunk_->session_changed();
}

void ServerSession::end(Code code, std::string_view text) {
    if (!ended_) {
        trunk_->end(code, text);
    }
}

void ServerSession::give_way() {
    if (!proved_ && !ended_) {
        gave_way_ = true;
        end(Code::busy, "The server has too many connections without a login.");
    }
}

Result<IntrusivePtr<mux::Stream>, Code> ServerSession::open_stream(std::uint32_t service,
                                                                   IntrusivePtr<buffer::Waker> waker, bool foreign) {
    const auto known = services_.find(service);
    if (known == services_.end()) {
        return Code::unknown_service;
    }
    if (known->second.description.kind == wire::ServiceKind::udp) {
        return Code::unsupported;  // a stream of bytes has no place there
    }
    mux::Session::OpenRequest request;
    request.service = service;
    request.meter = known->second.meter;
    auto stream = trunk_->session().open(request, std::move(waker), foreign, worker_.now());
    trunk_->session_changed();
    return stream;
}

void ServerSession::abandon() {
    ended_ = true;
    probes_.clear();
    manage_.give_up();
    yield_timer_.reset();
    place_timer_.reset();
    leave_registry();
    plugins_.reset();
    shared_->registry->remove(key_);  // it may have been admitted without being told
    if (trunk_) {
        trunk_->abandon();
        trunk_.reset();
    }
}

// --- login ---

void ServerSession::on_pipe_open() {
    login::ServerHandshake::Settings settings;
    settings.tokens = shared_->tokens.get();
    std::array<std::uint8_t, 32> exporter;
    if (trunk_->pipe().exporter(exporter)) {
        settings.exporter.assign(exporter.begin(), exporter.end());
    }
    const bool resumes = shared_->mux.resume > Duration::zero();
    settings.features = wire::feature::announced | (resumes ? wire::feature::resume : 0U);
    settings.resume_window = shared_->mux.resume;
    settings.instance = shared_->instance;
    settings.limits.first_window = shared_->mux.first_window;
    settings.limits.streams_max = shared_->mux.streams_max;
    settings.limits.opens_max = shared_->mux.opens_max;
    settings.ping_interval = shared_->mux.ping_interval;
    settings.dead_interval = shared_->mux.dead_interval;
    if (guesses_count()) {
        settings.guesses_too_often = [this] {
            return shared_->guesses->is_closed(login::networks_of(peer_), worker_.now());
        };
    }
    handshake_ = std::make_unique<login::ServerHandshake>(std::move(settings), *shared_->random);
}

void ServerSession::on_control(Bytes message) {
    if (!welcome_) {
        take_step(handshake_->receive(message));
        return;
    }
    auto decoded = wire::decode_control(message);
    if (!decoded) {
        trunk_->end(decoded.error().code, decoded.error().text);
        return;
    }
    on_message(*decoded);
}

void ServerSession::take_step(const login::Step& step) {
    if (step.send) {
        trunk_->session().send_control(*step.send);
        trunk_->session_changed();
    }
    switch (step.want) {
        case login::Want::message:
            return;
        case login::Want::decision:
            proved_ = true;
            if (plugins_) {
                plugins_->ask_login();  // the admission follows
            } else {
                ask_admission();
            }
            return;
        case login::Want::nothing:
            return;
        case login::Want::close:
            break;
    }
    const login::HandshakeFailure& failure = handshake_->failure();
    if (guesses_count() && handshake_->wrong_token()) {
        shared_->guesses->failed(login::networks_of(peer_), *handshake_->wrong_token(), worker_.now());
    }
    tell_stranger("a login was refused", failure.code, failure.text);
    trunk_->end(failure.code, failure.text_for_peer);
}

// Reports a stranger's failure, within limits: everybody can cause one, as often as they like.
void ServerSession::tell_stranger(const char* what, Code code, const std::string& why) {
    shared_->counters->logins_refused.fetch_add(1, std::memory_order_relaxed);
    static constexpr LineKind strangers{"strangers"};
    if (shared_->log->may_write(LogLevel::warn, strangers, worker_.now())) {
        shared_->log->warn(what, {{"peer", peer_.text()}, {"code", wire::name_of(code)}, {"why", why}});
    }
    if (handshake_ && shared_->strangers.may_tell(worker_.now())) {
        notify(ServerNotice::Kind::refused, {}, {}, code, why);
    }
}

void ServerSession::ask_admission() {
    agreement_ = handshake_->agreed();
    token_name_ = handshake_->token().name;
    secret_ = handshake_->secret();
    client_ = {handshake_->token().id(), agreement_.peer_instance};
    if (auto refusal = refuse_login()) {
        take_step(handshake_->refuse(refusal->code, refusal->text));
        return;
    }
    if (agreement_.resume) {
        ask_resume();
        return;
    }
    directory::SessionInfo info;
    info.key = key_;
    info.token = client_.first;
    info.token_name = token_name_;
    info.instance = agreement_.peer_instance;
    info.epoch = agreement_.peer_epoch;
    info.attempt = agreement_.peer_attempt;
    info.trunk = agreement_.trunk;
    info.agent = agreement_.peer_agent;
    info.address = peer_.text();
    info.since = worker_.now();
    if ((agreement_.features & wire::feature::handover) != 0) {
        info.identity = agreement_.peer_identity;
        info.replaces = agreement_.peer_replaces && !info.identity.empty();
    }
    const login::AcceptedTokens tokens =
        shared_->tokens.get();  // which may be others than at the beginning of the login
    const login::AcceptedToken* const token = login::TokenBook::find(tokens, *secret_);
    info.ports = token != nullptr ? token->ports : handshake_->token().ports;
    auto self = shared_from_this();
    directory::admit_with_takeover(
        shared_->registry, std::move(info), self, [self](std::optional<directory::Refusal> refusal) {
            bool reached =
                self->mailbox_->post_call([self, refusal] { self->guarded([&] { self->admitted(refusal); }); });
            if (!reached && !refusal) {
                self->shared_->registry->remove(self->key_);  // the worker has stopped meanwhile
            }
        });
}

void ServerSession::admitted(std::optional<directory::Refusal> refusal) {
    admitted_ = !refusal;
    const bool gone = ended_ || trunk_->session().state() != mux::SessionState::authenticating;
    if (ended_) {
        leave_registry();
        return;
    }
    if (gone) {
        return;  // the session has failed, and its login with it; the end follows
    }
    if (refusal) {
        take_step(handshake_->refuse(refusal->code, refusal->text));
        return;
    }
    std::string name = "s" + std::to_string(key_);
    take_step(handshake_->welcome(name));
    agreement_ = handshake_->agreed();  // with what the welcome has added
    welcome_ = true;
    shared_->secrets->begins(*secret_, peer_.text(), std::chrono::system_clock::now());
    secret_in_use_ = std::shared_ptr<void>(nullptr, [secrets = shared_->secrets, secret = *secret_](void*) {
        secrets->ends(secret, std::chrono::system_clock::now());
    });
    {
        std::lock_guard lock(view_mutex_);
        view_ = {true,
                 false,
                 {},
                 client_,
                 peer_.text(),
                 agreement_.peer_agent,
                 token_name_,
                 agreement_.peer_name,
                 std::chrono::system_clock::now(),
                 {}};
    }
    finish_login();
    const std::size_t trunks = shared_->trunk_counts->enter(client_);
    present_ = true;
    trunk_->govern_by(shared_->memory, token_name_);
    begin_resumable();
    trunk_->login_done(agreement_.peer);
    log_begin();
    notify(trunks == 1 ? ServerNotice::Kind::connected : ServerNotice::Kind::joined, {}, {}, Code::none, {}, trunks);
    handshake_.reset();
    if (shared_->registry->is_replaced(key_)) {
        replaced({});
    }
}

void ServerSession::log_begin() {
    static constexpr LineKind logins{"logins", limits::client_lines_per_second};
    if (shared_->log->may_write(LogLevel::info, logins, worker_.now())) {
        shared_->log->info("a client has connected", {{"session", agreement_.session},
                                                      {"peer", peer_.text()},
                                                      {"client", agreement_.peer_name},
                                                      {"token", token_name_},
                                                      {"trunk", place_of(agreement_)},
                                                      {"agent", printable(agreement_.peer_agent, 64)},
                                                      {"tls", trunk_->pipe().description()}});
    }
}

void ServerSession::log_end(const trunk::TrunkEnd& end, LogLevel level) {
    static constexpr LineKind ends{"ends", limits::client_lines_per_second};
    if (!shared_->log->may_write(level, ends, worker_.now())) {
        return;
    }
    const mux::SessionStats& moved = trunk_->session().counted();
    const transport::PipeCounters pipe = trunk_->counters();
    shared_->log->log_at(level, "a client is gone",
                         {{"session", agreement_.session},
                          {"peer", peer_.text()},
                          {"client", agreement_.peer_name},
                          {"trunk", place_of(agreement_)},
                          {"code", wire::name_of(end.code)},
                          {"why", end.text},
                          {"visitors", traffic_->visitors.load(std::memory_order_relaxed)},
                          {"received", moved.payload_received},
                          {"sent", moved.payload_sent},
                          {"copied", moved.bytes_copied + pipe.bytes_copied},
                          {"trunk_calls", pipe.system_calls}});
}

void ServerSession::finish_login() noexcept {
    if (auto over = std::exchange(callbacks_.login_over, nullptr)) {
        over(welcome_);
    }
}

// --- the trunk's other events ---

void ServerSession::on_open(IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
    guarded([&] { begin_visit(std::move(stream), open); });
}

void ServerSession::on_goaway(Code code, std::string_view text) {
    if (code == Code::rotated) {
        if (!rotating_) {
            begin_rotation(text);
        }
        return;
    }
    draining_ = true;
    attempt([&] { keep_ports(true); });
    close_services(true);  // the client takes no new visitors; one that is restarted is back in a moment
}

// Keeps the ports for the token. After a goodbye others may have them as soon as no visitor waits for its client.
void ServerSession::keep_ports(bool with_goodbye) {
    const Duration hold = shared_->ports->hold_time();
    if (!with_goodbye) {
        shared_->registry->keep_ports(key_, Clock::now() + directory::Registry::ports_kept_for);
    } else if (hold > Duration::zero()) {
        shared_->registry->keep_ports(key_, Clock::now() + hold, false);
    }
}

void ServerSession::on_drained() {
    trunk_->end(Code::none, "Every visitor has finished.");
}

// Tells the client to open a fresh session; when that has the same ports, this one lets them go and drains.
void ServerSession::on_rotate_due() {
    if (!rotating_) {
        begin_rotation("Stream ids run out: open a fresh session.");
    }
}

void ServerSession::begin_rotation(std::string_view why) {
    rotating_ = true;
    trunk_->session().announce(Code::rotated, why);
    trunk_->session_changed();
    shared_->log->info("a session rotates", {{"session", agreement_.session}, {"why", why}});
}

void ServerSession::on_trunk_end(const trunk::TrunkEnd& end) {
    if (std::exchange(ended_, true)) {
        return;
    }
    auto self = shared_from_this();
    if (waits_since()) {
        shared_->resume_counts->given_up.fetch_add(1, std::memory_order_relaxed);
        set_waiting(false);
    }
    attempt([&] { tell_end(end); });
    probes_.clear();
    yield_timer_.reset();
    place_timer_.reset();
    if (plugins_) {
        plugins_->give_up();
    }
    if (admitted_ && !draining_) {  // no goodbye: its client is on its way back
        attempt([&] { keep_ports(false); });
    }
    leave_registry(is_on_its_way_back(end));
    secret_in_use_.reset();
    attempt([&] { tell_gone(end.code, end.text); });
    {
        std::lock_guard lock(view_mutex_);
        view_.connected = false;
    }
    finish_login();
    if (auto ended = std::exchange(callbacks_.ended, nullptr)) {
        ended();
    }
    // The trunk is still on the stack.
    (void)end_mail_->post(*mailbox_, std::move(self));
}

void ServerSession::tell_end(const trunk::TrunkEnd& end) {
    if (gave_way_ || (!welcome_ && handshake_ && !end.text.empty() && !proved_)) {
        shared_->log->debug("a connection ended before the login",
                            {{"peer", peer_.text()}, {"code", wire::name_of(end.code)}, {"why", end.text}});
    } else if (!end.opened) {
        tell_stranger("a connection was refused", end.code, end.text);
    }
    if (welcome_) {
        bool violation = !end.by_peer && end.code >= Code::limit && end.code <= Code::stream_id;
        if (violation) {
            shared_->counters->protocol_violations.fetch_add(1, std::memory_order_relaxed);
        }
        log_end(end, violation ? LogLevel::warn : LogLevel::info);
    }
}

void ServerSession::tell_failure(const std::exception& problem) {
    static constexpr LineKind failed{"failed_sessions"};
    if (shared_->log->may_write(LogLevel::error, failed, worker_.now())) {
        shared_->log->error("a session has failed", {{"session", agreement_.session}, {"why", problem.what()}});
    }
}

// Leaves the ports and the registry. Needs no memory.
void ServerSession::leave_registry(bool may_return) noexcept {
    if (agreement_.resume_key) {
        shared_->resumes->leave(agreement_.resume_id);
    }
    close_services(may_return);
    if (std::exchange(admitted_, false)) {
        shared_->registry->remove(key_);
    }
}

// Reports what the session's end means for the tunnel. A trunk that was replaced, or that either side drains, is no
// loss while others are there.
void ServerSession::tell_gone(Code code, const std::string& text) {
    if (!std::exchange(present_, false)) {
        return;
    }
    const std::size_t left = shared_->trunk_counts->leave(client_);
    if (left == 0) {
        notify(ServerNotice::Kind::lost, {}, {}, code, text);
    } else if (!yielding_ && !draining_) {
        notify(ServerNotice::Kind::degraded, {}, {}, code, text, left);
    }
}

// --- from other threads ---

SessionView ServerSession::view() const {
    std::lock_guard lock(view_mutex_);
    SessionView view = view_;
    view.waits_since = waits_since_.load(std::memory_order_relaxed);
    return view;
}

void ServerSession::evict(Code code, std::string text, std::function<void()> released) {
    auto self = shared_from_this();
    bool reached = mailbox_->post_call([self, code, text = std::move(text), released] {
        self->guarded([&] {
            if (!self->ended_ && self->rotating_ && self->welcome_) {
                if (!self->yielding_) {
                    self->yield();
                }
            } else {
                self->leave_registry(true);  // a newer session of its client is here
                self->tell_gone(code, text);
                self->end(code, text);
            }
        });
        self->shared_->registry->remove(self->key_);  // it may have been admitted without knowing yet
        released();
    });
    if (!reached) {
        shared_->registry->remove(key_);
        released();
    }
}

void ServerSession::probe(std::function<void(bool)> answer) {
    auto self = shared_from_this();
    bool reached = mailbox_->post_call([self, answer] {
        if (self->ended_) {
            answer(false);
        } else if (!self->welcome_) {
            answer(true);  // its token was just proved, and a ping before the welcome would fail the login
        } else {
            try {
                self->probes_.push_back(std::make_unique<Probe>(*self, answer));
            } catch (const std::bad_alloc&) {
                answer(true);  // a session that cannot be asked keeps what it has
            }
        }
    });
    if (!reached) {
        answer(false);
    }
}

void ServerSession::notify(ServerNotice::Kind kind, const std::string& service, const std::string& endpoint, Code code,
                           const std::string& text, std::size_t trunks) {
    if (shared_->notify) {
        shared_->notify(
            {kind, peer_.text(), agreement_.peer_name, service, endpoint, code, text, agreement_.trunk, trunks});
    }
}

}  // namespace ferrotunnel::session
