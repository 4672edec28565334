// How a session gives its services to a fresh one of the same client, and finishes its visitors.
#include <algorithm>
#include <memory>
#include <utility>

#include "session/own_clients.hpp"
#include "session/server_session.hpp"

namespace ferrotunnel::session {

using wire::Code;

// Yields to a fresh session, which has logged in and will register what this one carries. Until then this one goes on.
void ServerSession::yield() {
    yielding_ = true;
    if (std::exchange(admitted_, false)) {
        shared_->registry->remove(key_);
    }
    set_retired();
    for (auto& [id, service] : services_) {
        if (service.public_port) {
            shared_->ports->yield(*service.public_port, *this);
        }
        if (service.http) {
            shared_->http->yield(*service.http, *this);
        }
    }
    // What the successor does not ask for is closed a little later.
    yield_timer_ = std::make_unique<runtime::Timer>(worker_, [this] { end_yielding(); });
    yield_timer_->set_after(shared_->handshake_deadline);
    end_yielding_if_taken();
}

// Whoever asks for a service by its name comes to other trunks, if they carry one of that name.
void ServerSession::set_retired() {
    {
        std::lock_guard lock(view_mutex_);
        view_.retired = true;
    }
    for (auto& [id, service] : services_) {
        if (service.named) {
            service.named->set_outgoing();
        }
    }
}

// A private service has no place that tells when it is taken: it goes when the time is over.
void ServerSession::end_yielding_if_taken() {
    const bool is_taken = std::none_of(services_.begin(), services_.end(), [](const auto& entry) {
        const Service& service = entry.second;
        return service.is_carried() || (service.is_private() && !service.awaited);
    });
    if (is_taken && yield_timer_) {
        end_yielding();
    }
}

// Forgets a service whose place a successor has taken, or that was unregistered on another trunk.
void ServerSession::on_dropped(const std::function<bool(const Service&)>& is_it) {
    auto found =
        std::find_if(services_.begin(), services_.end(), [&is_it](const auto& entry) { return is_it(entry.second); });
    if (found != services_.end()) {
        forget_service(found->first);
    }
    end_yielding_if_taken();
}

void ServerSession::hand_over() {
    if (ended_ || draining_) {
        return;
    }
    end_resuming();
    if (!welcome_) {
        end(Code::going_away, "Another process of the server takes over.");
    } else if (!rotating_ && !is_own_client(client_.second)) {
        begin_rotation("Another process of the server takes over.");
    }
}

void ServerSession::drain_if_idle() {
    if (!draining_ && lines_.empty() && on_the_way_.load(std::memory_order_relaxed) == 0) {
        drain();
    }
}

void ServerSession::end_yielding() {
    yield_timer_.reset();
    close_services();
    if (!ended_) {
        trunk_->session().drain(Code::going_away, "A fresh session has taken over.", worker_.now());
        trunk_->session_changed();
    }
}

}  // namespace ferrotunnel::session
