#include "session/server_session.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "session/server_session_plugins.hpp"
#include "transport/tcp_pipe.hpp"
#include "transport/tls_pipe.hpp"
#include "trunk/stall_line.hpp"

namespace ferrotunnel::session {

using wire::Code;

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

void ServerSession::on_drained() {
    trunk_->end(Code::none, "Every visitor has finished.");
}

void ServerSession::on_stall(const mux::Stall& stall) {
    trunk::log_stall(*shared_->log, agreement_.session, stall, worker_.now());
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

SessionView ServerSession::view() const {
    std::lock_guard lock(view_mutex_);
    SessionView view = view_;
    view.waits_since = waits_since_.load(std::memory_order_relaxed);
    return view;
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
                auto over = [session = self.get()](PeerProbe* one) {
                    std::erase_if(session->probes_, [one](const auto& probe) { return probe.get() == one; });
                };
                self->probes_.push_back(
                    std::make_unique<PeerProbe>(self->worker_, *self->trunk_, answer, std::move(over)));
            } catch (const std::bad_alloc&) {
                answer(true);  // a session that cannot be asked keeps what it has
            }
        }
    });
    if (!reached) {
        answer(false);
    }
}

}  // namespace ferrotunnel::session
