#include "peers/link.hpp"

#include <new>

#include "peers/control_stream.hpp"
#include "transport/tls_pipe.hpp"

namespace ferrotunnel::peers {

using wire::Code;

Link::Link(const LinkContext& context, runtime::Worker& worker, std::string peer, LinkKind kind)
    : context_(context), worker_(worker), dials_(true), peer_(std::move(peer)), kind_(kind) {
    traffic_->total = context_.accounts.traffic;
}

Link::Link(const LinkContext& context, runtime::Worker& worker, std::string from,
           std::shared_ptr<login::LoginLimiter::Ticket> unproved)
    : context_(context), worker_(worker), dials_(false), from_(std::move(from)), unproved_(std::move(unproved)) {
    traffic_->total = context_.accounts.traffic;
}

Link::~Link() = default;

mux::Settings Link::mux_settings() const {
    mux::Settings settings;
    settings.role = dials_ ? mux::Role::client : mux::Role::server;
    settings.ping_interval = context_.settings.ping;
    settings.dead_interval = context_.settings.dead;
    settings.rotate_at = context_.settings.rotate_at;
    return settings;
}

// --- on its worker ---

void Link::start(runtime::Fd socket, std::shared_ptr<transport::TlsContext> tls) {
    check_here(worker_);
    try {
        trunk_ = make_intrusive<trunk::Trunk>(worker_, transport::make_tls_pipe(std::move(socket), std::move(tls)),
                                              mux_settings(), context_.random, context_.settings.proof,
                                              static_cast<trunk::TrunkEvents&>(*this));
        session_ = trunk_->session().shared();
        const IntrusivePtr<trunk::Trunk> keep = trunk_;  // it may end within this call
        trunk_->start();
    } catch (const std::bad_alloc&) {
        trunk::TrunkEnd end;
        end.code = Code::internal;
        end.text = "out of memory";
        on_trunk_end(end);
    }
}

void Link::end(Code code, std::string_view text) {
    check_here(worker_);
    if (trunk_) {
        trunk_->end(code, text);
    }
}

void Link::end_if_unproved() {
    if (!open_) {
        end(Code::busy, "another connection needs its place");
    }
}

void Link::retire(std::string_view why) {
    check_here(worker_);
    if (trunk_ && open_ && !std::exchange(retired_, true)) {
        trunk_->session().drain(Code::rotated, why, worker_.now());
        trunk_->session_changed();
        context_.events.on_link_retired(shared_from_this());
    }
}

void Link::hand_over(std::string_view why) {
    check_here(worker_);
    if (!trunk_ || !open_) {
        return;
    }
    if (kind_ == LinkKind::control) {
        trunk_->end(Code::going_away, why);
    } else {
        trunk_->session().announce(Code::going_away, why);
        trunk_->session_changed();
    }
}

void Link::abandon() noexcept {
    check_here(worker_);
    open_ = false;
    check_timer_.reset();
    openings_.reset();
    unproved_.reset();
    count_.reset();
    if (const auto channel = std::exchange(channel_, nullptr)) {
        channel->close();
    }
    if (const IntrusivePtr<trunk::Trunk> trunk = std::exchange(trunk_, nullptr)) {
        trunk->abandon();
    }
}

Result<IntrusivePtr<mux::Stream>, Code> Link::open(const mux::Session::OpenRequest& request,
                                                   IntrusivePtr<buffer::Waker> waker, bool foreign) {
    check_here(worker_);
    if (!trunk_ || !open_) {
        return Code::going_away;
    }
    auto stream = trunk_->session().open(request, std::move(waker), foreign, worker_.now());
    trunk_->session_changed();
    return stream;
}

// --- the proof ---

void Link::on_pipe_open() {
    const std::string proved(trunk_->pipe().link_peer());
    if (dials_ && proved != peer_) {
        trunk_->end(Code::unauthorized, "the other end is not the member that was dialled");
        return;
    }
    if (!dials_) {
        if (const auto why = context_.events.refuse_peer(proved)) {
            trunk_->end(Code::unauthorized, *why);
            return;
        }
        peer_ = proved;
    }
    LinkHello hello;
    if (dials_) {
        hello.kind = kind_;
    }
    trunk_->session().send_control(encode_link_hello(hello));
    trunk_->session_changed();
}

void Link::on_control(Bytes message) {
    if (open_) {
        trunk_->end(Code::protocol, "a control message that is not allowed after the link's hello");
        return;
    }
    if (peer_.empty()) {
        return;  // it is refused
    }
    const auto hello = read_link_hello(message);
    if (!hello) {
        trunk_->end(hello.error().code, hello.error().text);
    } else if (hello->kind.has_value() == dials_) {
        trunk_->end(Code::protocol, "only the dialling end says what the link is for");
    } else if (const auto why = dials_ ? std::nullopt : context_.events.refuse_link(peer_, *hello->kind)) {
        trunk_->end(Code::unauthorized, *why);
    } else if (hello->kind == LinkKind::call) {
        kind_ = LinkKind::call;
        context_.events.on_link_call(peer_);
        trunk_->end(Code::none, "the call has arrived");
    } else if (kind_ != LinkKind::call) {  // the other end ends a call
        begin(*hello);
    }
}

void Link::begin(const LinkHello& hello) {
    kind_ = hello.kind.value_or(kind_);
    open_ = true;
    open_since_ = worker_.now();
    description_ = trunk_->pipe().description();
    unproved_.reset();
    const LinkAccounts& accounts = context_.accounts;
    if (kind_ == LinkKind::data && accounts.sessions) {
        trunk_->account_in(accounts.sessions);
    }
    if (accounts.memory) {
        trunk_->govern_by(accounts.memory, "member " + peer_);
    }
    trunk_->login_done({});
    check_timer_.emplace(worker_, [this] { check_peer(); });
    check_timer_->set_after(context_.settings.check);
    const std::shared_ptr<Link> self = shared_from_this();
    context_.events.on_link_open(self);
    if (kind_ == LinkKind::control && trunk_) {
        begin_channel();
    }
}

// --- streams ---

void Link::watch_opening(runtime::Deadline& deadline) {
    if (!openings_) {
        openings_ = std::make_unique<runtime::DeadlineWheel>(worker_);
    }
    openings_->set_after(deadline, context_.settings.opened);
}

void Link::begin_channel() {
    RegisterChannel::Handlers handlers;
    const std::weak_ptr<Link> itself = weak_from_this();
    handlers.linked = [itself](const cluster::Hello& hello) {
        if (const auto link = itself.lock()) {
            link->note_round_trip();  // the answer to the first ping has arrived before the hello
            link->context_.events.on_linked(link, hello);
        }
    };
    // Later: this may be called while the session works.
    handlers.refuse = [itself](Code code, std::string why) {
        if (const auto link = itself.lock()) {
            (void)link->post([code, why = std::move(why)](Link& one) { one.end(code, why); });
        }
    };
    channel_ = std::make_shared<RegisterChannel>(worker_, context_.names, peer_, std::move(handlers));
    if (!dials_) {
        return;  // the peer opens the stream
    }
    auto stream = open({}, channel_->waker(), false);
    if (stream) {
        channel_->begin(std::move(*stream));
    } else {
        trunk_->end(Code::internal, "no stream could be opened for the register");
    }
}

void Link::on_open(IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
    if (kind_ == LinkKind::data && open.kind == control_kind) {
        context_.events.on_link_control(worker_, peer_, std::move(stream));
    } else if (kind_ == LinkKind::data) {
        context_.events.on_link_stream(worker_, std::move(stream), open);
    } else if (dials_ || !channel_ || channel_->has_begun()) {
        stream->abort(Code::protocol);
        trunk_->end(Code::protocol, "a control link has one stream, which the dialling end opens");
    } else {
        stream->attach(channel_->waker(), false);
        stream->accept();
        channel_->begin(std::move(stream));
    }
}

void Link::on_goaway(Code code, std::string_view text) {
    if (code != Code::going_away) {
        retire(text);
    } else if (open_ && !std::exchange(retired_, true)) {  // it ends when the peer does, which may still open streams
        context_.events.on_link_retired(shared_from_this());
    }
}

void Link::on_drained() {
    trunk_->end(Code::none, "every visitor of this link has finished");
}

// The dialling end replaces the link, so it has to know.
void Link::on_rotate_due() {
    constexpr const char* why = "stream ids are running out: another link follows";
    if (dials_) {
        const std::string text = why;
        (void)post([text](Link& link) { link.retire(text); });  // later: a stream is being opened
    } else {
        trunk_->session().announce(Code::rotated, why);
        trunk_->session_changed();
    }
}

// --- the peer's silence ---

void Link::note_round_trip() noexcept {
    if (trunk_) {
        round_trip_.store(trunk_->session().rtt_min(), std::memory_order_relaxed);
    }
}

void Link::check_peer() {
    const mux::Session& session = trunk_->session();
    note_round_trip();
    const bool silent = worker_.now() - session.last_heard() >= context_.settings.unresponsive;
    // Timers run before sockets: if this worker was blocked, the answer may be waiting in the socket.
    if (silent && !std::exchange(suspected_, true)) {
        check_timer_->set(worker_.now());
        return;
    }
    suspected_ = silent;
    const bool is_news = responsive_.exchange(!silent, std::memory_order_relaxed) == silent;
    if (is_news && kind_ == LinkKind::control) {
        silent ? context_.log.warn("a member of the cluster does not answer", {{"member", peer_}})
               : context_.log.info("a member of the cluster answers again", {{"member", peer_}});
    } else if (is_news && !silent) {
        context_.events.on_link_responsive();
    }
    if (kind_ == LinkKind::control && !(channel_ && channel_->is_linked()) &&
        worker_.now() - open_since_ >= context_.settings.register_hello) {
        trunk_->end(Code::handshake_timeout, "the register's hello did not arrive in time");
        return;
    }
    check_timer_->set_after(context_.settings.check);
}

// --- the end ---

void Link::on_trunk_end(const trunk::TrunkEnd& end) {
    const std::shared_ptr<Link> self = shared_from_this();
    const bool was_open = open_;
    const IntrusivePtr<trunk::Trunk> keep = trunk_;  // `end` is in it, and it may be releasing itself
    abandon();                                       // which a trunk that has ended survives
    context_.events.on_link_end(self, end, was_open);
}

}  // namespace ferrotunnel::peers
