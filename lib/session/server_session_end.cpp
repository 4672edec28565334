// The end of a session: what it leaves, in which order, and who is told.
#include <utility>

#include "session/server_session.hpp"
#include "session/server_session_plugins.hpp"

namespace ferrotunnel::session {

using wire::Code;

namespace {

// Whether the client may be back in a moment: not where it was shown the door here.
bool is_on_its_way_back(const trunk::TrunkEnd& end) {
    return end.by_peer || (end.code != Code::cancelled && end.code != Code::unauthorized &&
                           end.code != Code::forbidden && end.code != Code::going_away);
}

}  // namespace

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
    health_timer_.reset();
    if (plugins_) {
        plugins_->give_up();
    }
    manage_.give_up();
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

// Keeps the ports for the token. After a goodbye others may have them as soon as no visitor waits for its client.
void ServerSession::keep_ports(bool with_goodbye) {
    const Duration hold = shared_->ports->hold_time();
    if (!with_goodbye) {
        shared_->registry->keep_ports(key_, Clock::now() + directory::Registry::ports_kept_for);
    } else if (hold > Duration::zero()) {
        shared_->registry->keep_ports(key_, Clock::now() + hold, false);
    }
}

void ServerSession::abandon() {
    ended_ = true;
    probes_.clear();
    manage_.give_up();
    yield_timer_.reset();
    place_timer_.reset();
    health_timer_.reset();
    leave_registry();
    plugins_.reset();
    shared_->registry->remove(key_);  // it may have been admitted without being told
    if (trunk_) {
        trunk_->abandon();
        trunk_.reset();
    }
}

}  // namespace ferrotunnel::session
