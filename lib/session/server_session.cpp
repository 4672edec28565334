// Requests of the server, the directory and the application to a session, and the wiring of its parts.
#include "session/server_session.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "base/text.hpp"
#include "session/own_clients.hpp"
#include "transport/tcp_pipe.hpp"
#include "transport/tls_pipe.hpp"

namespace ferrotunnel::session {

using wire::Code;

ServerSession::ServerSession(runtime::Worker& worker, runtime::SocketAddress peer, std::shared_ptr<ServerShared> shared,
                             Callbacks callbacks)
    : facts_{shared->registry->new_key(), std::move(peer)},
      at_{worker, std::move(shared), facts_},
      mailbox_(worker.mailbox()),
      executor_(
          mailbox_, [this] { return shared_from_this(); }, [this](StepRef step) { guarded(step); }),
      on_ended_(std::move(callbacks.ended)),
      rights_(at_),
      plugins_(at_.shared->hooks ? std::make_unique<SessionPlugins>(at_, executor_, plugin_needs()) : nullptr),
      login_({at_, facts_, executor_, rights_, plugins_.get(), [this] { return shared_from_this(); },
              [this](const wire::ControlPayload& payload) { send(payload); },
              [this](Code code, const std::string& text) { trunk_->end(code, text); }, [this] { return has_ended(); },
              [this] { return trunk_->session().state() == mux::SessionState::authenticating; },
              [this] { begin_resume(); }, [this] { on_welcome(); }},
             std::move(callbacks.login_over)),
      resumption_({at_, facts_, rights_, plugins_.get(), view_, trunk_, [this] { return weak_from_this(); },
                   [this] { return has_ended(); }, [this](Code code, std::string_view text) { end(code, text); },
                   [this](bool waits) { table_.set_waiting(waits); }}),
      kinds_({at_, rights_, executor_, *this, *this, load_.traffic()}),
      table_({at_, kinds_, view_, plugins_.get()}),
      replies_({at_, table_, kinds_, view_, plugins_.get(),
                [this](const wire::ControlPayload& payload) { send(payload); }, [this] { return weak_from_this(); }}),
      handover_queue_(
          {at_, executor_, table_, kinds_, replies_, [this] { return phase_ == Phase::yielding || has_ended(); }}),
      grants_({at_, executor_, table_, [this](std::function<void(bool)> answer) { probe(std::move(answer)); },
               [this](std::uint32_t id, const directory::Refusal& refusal) { replies_.revoke(id, refusal); }}),
      registration_({at_, executor_, rights_, table_, kinds_, replies_, handover_queue_, grants_, plugins_.get(),
                     [this] { return refuse_services(); }, [this] { return has_ended(); }}),
      health_({at_, executor_, table_, kinds_, view_}),
      succession_({at_, executor_, table_, trunk_, [this](const wire::ControlPayload& payload) { send(payload); },
                   [this] { return has_ended(); },
                   [this] {
                       enter(Phase::yielding);
                       login_.leave_registry();
                   },
                   [this] { drain_trunk("A new session replaced this one."); }, [this] { handover_queue_.stop(); }}),
      streams_({at_, table_, trunk_, *this, *this}),
      intake_({at_, executor_, table_, plugins_.get(), streams_, load_, [this] { return has_ended(); }}),
      visits_(at_, [this](const ServerShared::Visited& to, const IntrusivePtr<StreamRelay>& relay) {
          return to.first->post([id = to.second, relay, from = facts_.peer](ServerSession& session) {
              session.intake_.accept_relayed(id, relay, from);
          });
      }) {
    load_.traffic()->total = at_.shared->traffic;
}

ServerSession::~ServerSession() {
    leave();
}

SessionPlugins::Needs ServerSession::plugin_needs() {
    return {[this] { return !has_ended() && trunk_->session().state() == mux::SessionState::authenticating; },
            [this] { login_.admit(); },
            [this](const directory::Refusal& refusal) { login_.refuse(refusal); },
            [this](const wire::Service& description, directory::HttpDescription& wanted) {
                ServicePlace place;
                auto refusal = registration_.read(description, place);
                wanted = std::move(place.wanted);
                return refusal;
            },
            [this](const wire::Service& description) { return registration_.check(description); },
            [this](std::uint32_t request, const wire::Service& description) {
                registration_.register_checked(request, description);
            },
            [this](const wire::Service& description, const directory::Refusal& refusal) {
                replies_.report_refusal(description, refusal);
            }};
}

void ServerSession::start(runtime::Fd socket) {
    check_here(*mailbox_);
    const ServerShared& shared = *at_.shared;
    const std::shared_ptr<transport::TlsContext> tls = shared.tls.get();
    std::unique_ptr<transport::Pipe> pipe =
        tls ? transport::make_tls_pipe(std::move(socket), tls)
            : transport::make_tcp_pipe(std::move(socket), transport::TcpPipeSide::server);
    trunk_ = make_intrusive<trunk::Trunk>(at_.worker, std::move(pipe), shared.mux, *shared.random,
                                          shared.handshake_deadline, static_cast<trunk::TrunkEvents&>(*this));
    trunk_->count_in(load_.recent());
    trunk_->account_in(shared.traffic_registry);
    trunk_->session().count_in(shared.services->rest()->meter(&at_.worker));
    trunk_->start();
}

void ServerSession::drain(Drain how) {
    check_here(*mailbox_);
    if (how == Drain::if_idle && (phase_ == Phase::draining || !intake_.is_idle())) {
        return;
    }
    enter(Phase::draining);
    grants_.reserve_all(directory::Registry::ports_kept_for);  // its client reconnects to another member of the cluster
    const bool may_return = how == Drain::client_moves;
    table_.close_all(may_return);
    resumption_.give_up();
    if (!login_.is_welcome()) {
        end(Code::going_away, "The server is stopping.");
        return;
    }
    drain_trunk("The server is stopping.");
}

void ServerSession::drain_trunk(std::string_view why) {
    table_.close_all();
    if (!has_ended()) {  // the session may have ended by itself while the order was in flight
        trunk_->session().drain(Code::going_away, why, at_.worker.now());
        trunk_->session_changed();
    }
}

void ServerSession::handover_to_process() {
    check_here(*mailbox_);
    if (phase_ >= Phase::draining) {
        return;
    }
    resumption_.give_up();
    if (!login_.is_welcome()) {
        end(Code::going_away, "Another process replaces the server.");
    } else if (!is_own_client(facts_.client.second)) {
        succession_.rotate("Another process replaces the server.");
    }
}

void ServerSession::end_if_unauthenticated() {
    check_here(*mailbox_);
    if (!has_ended()) {
        login_.end_if_unauthenticated();
    }
}

void ServerSession::end_if_expired() {
    check_here(*mailbox_);
    if (!has_ended() && login_.is_proved()) {
        if (const auto refusal = rights_.refuse_expired()) {
            end(refusal->code, refusal->text);
        }
    }
}

void ServerSession::check_rights() {
    check_here(*mailbox_);
    if (has_ended() || !facts_.secret) {
        return;  // the admission checks a login in progress against the new rights
    }
    if (const auto refusal = rights_.refuse_login()) {
        end(refusal->code, refusal->text);
        return;
    }
    const std::shared_ptr<const login::AcceptedToken> token = rights_.token();
    if (token == nullptr) {
        return;  // the token was just removed; that change ends the session
    }
    facts_.token_name = token->name;
    view_.change([this](SessionView& view) { view.token_name = facts_.token_name; });
    std::vector<std::pair<std::uint32_t, directory::Refusal>> refused;
    for (const auto& [id, service] : table_.all()) {
        if (auto refusal = rights_.refuse_present(service, token->ports)) {
            refused.emplace_back(id, std::move(*refusal));
        }
    }
    for (const auto& [id, refusal] : refused) {
        replies_.revoke(id, refusal);
    }
}

Result<IntrusivePtr<mux::Stream>, Code> ServerSession::open_stream(std::uint32_t service,
                                                                   IntrusivePtr<buffer::Waker> waker, bool foreign) {
    check_here(*mailbox_);
    SessionService* const known = table_.find(service);
    if (known == nullptr) {
        return Code::unknown_service;
    }
    return streams_.open_plain(*known, std::move(waker), foreign);
}

void ServerSession::open(std::uint32_t service, const directory::HttpVisitor& visitor,
                         IntrusivePtr<buffer::Waker> waker, bool foreign, Opened opened) {
    directory::HttpOpenAnswer answer(std::move(opened));
    // Counted from here on: a stream on its way to this trunk counts as load.
    auto action = [self = shared_from_this(), service, visitor = visitor.address, waker = std::move(waker), foreign,
                   counted = load_.count_stream(), answer = std::move(answer)]() mutable {
        self->guarded([&] {
            SessionService* const known = self->has_ended() ? nullptr : self->table_.find(service);
            if (known == nullptr || !known->http) {
                answer.give(Code::unknown_service);
                return;
            }
            answer.give(self->streams_.open_http(*known, visitor, std::move(waker), foreign, std::move(counted)));
        });
    };
    if (at_.worker.here()) {
        action();
    } else {
        mailbox_->post_call(std::move(action));
    }
}

SessionView ServerSession::view() const {
    SessionView view = view_.copy();
    view.detached_since = detached_since().value_or(TimePoint{});
    return view;
}

// Of two trunks with the same load, the one on the calling worker has less, since a visitor that changes threads costs
// a wake-up. While it waits for its client, visitors should use other trunks.
std::uint64_t ServerSession::load() const noexcept {
    constexpr std::uint64_t detached = std::uint64_t{1} << 32;
    return (detached_since() ? detached : 0) + 2 * load_.visitors(Clock::now()) + (at_.worker.here() ? 0 : 1);
}

void ServerSession::probe(std::function<void(bool)> answer) {
    const bool reached = mailbox_->post_call([self = shared_from_this(), answer] {
        if (self->has_ended()) {
            answer(false);
        } else if (!self->login_.is_welcome()) {
            answer(true);  // the token was just proved, and a ping before the welcome would fail the login
        } else {
            try {
                auto over = [session = self.get()](PeerProbe* one) {
                    std::erase_if(session->probes_, [one](const auto& probe) { return probe.get() == one; });
                };
                self->probes_.push_back(
                    std::make_unique<PeerProbe>(self->at_.worker, *self->trunk_, answer, std::move(over)));
            } catch (const std::bad_alloc&) {
                answer(true);  // a session that cannot be probed keeps its claims
            }
        }
    });
    if (!reached) {
        answer(false);
    }
}

void ServerSession::evict(Code code, std::string text, std::function<void()> released) {
    const bool reached = mailbox_->post_call([self = shared_from_this(), code, text = std::move(text), released] {
        self->guarded([&] {
            if (!self->has_ended() && self->succession_.is_rotating() && self->login_.is_welcome()) {
                self->succession_.yield();
            } else {
                self->grants_.reserve_all(directory::Registry::ports_kept_for);
                self->leave(true);  // a newer session of its client exists
                self->report_gone(code, text, self->phase_);
                self->end(code, text);
            }
        });
        self->at_.shared->registry->remove(self->facts_.key);  // the session may be admitted without knowing yet
        released();
    });
    if (!reached) {
        at_.shared->registry->remove(facts_.key);
        released();
    }
}

void ServerSession::handover_open(std::vector<directory::ClientId> owners, std::function<void()> done) {
    const bool reached = mailbox_->post_call([self = shared_from_this(), owners = std::move(owners), done] {
        self->guarded([&] { self->handover_queue_.open_all(owners); });
        done();
    });
    if (!reached) {
        done();
    }
}

void ServerSession::on_replaced(std::string by) {
    post([by = std::move(by)](ServerSession& session) {
        if (!session.has_ended() && session.login_.is_welcome()) {
            session.succession_.on_replaced(by);
        }
    });
}

// A successor has taken over the service, or it was unregistered on another trunk.
void ServerSession::dropped(const std::shared_ptr<directory::SharedPort>& port) noexcept {
    attempt([&] {
        post([port](ServerSession& session) {
            session.table_.forget_if([&port](const SessionService& one) { return one.public_port == port; });
            session.succession_.check_yielded();
        });
    });
}

void ServerSession::dropped(const std::shared_ptr<directory::HttpService>& service) noexcept {
    attempt([&] {
        post([service](ServerSession& session) {
            session.table_.forget_if([&service](const SessionService& one) { return one.http == service; });
            session.succession_.check_yielded();
        });
    });
}

void ServerSession::on_loop_detected(std::uint32_t service) {
    mailbox_->post_call([self = shared_from_this(), service] {
        const SessionService* const known = self->table_.find(service);
        if (known != nullptr && !self->has_ended()) {
            log_loop(self->at_, *known);
        }
    });
}

void ServerSession::manage(std::string request, ManageRequests::Done done) {
    check_here(*mailbox_);
    if (has_ended() || !login_.is_welcome()) {
        done(0, "The client is no longer connected.");
    } else if ((facts_.agreement.features & wire::feature::managed) == 0) {
        done(0, "The client's version is older than this server's and does not support this request.");
    } else if (const auto message = manage_.begin(std::move(request), at_.worker.now(), std::move(done))) {
        send(wire::encode_control(*message));
    }
}

}  // namespace ferrotunnel::session
