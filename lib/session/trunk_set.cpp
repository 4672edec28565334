#include "session/trunk_set.hpp"

#include <new>
#include <utility>

namespace ferrotunnel::session {

using wire::Code;
using Phase = TrunkState::Phase;

namespace {

constexpr const char* new_token_text = "The client logs in with another token.";

}  // namespace

TrunkSet::TrunkSet(Needs needs, const Settings& settings)
    : needs_(std::move(needs)),
      rotates_at_most_every_(settings.backoff.lived_long),
      near_threshold_(settings.near_threshold),
      tunnel_backoff_(*needs_.shared->random, settings.tunnel_backoff),
      first_timer_(needs_.worker, [this] { connect_first(); }),
      states_(settings.workers.size()) {
    for (std::size_t i = 0; i < settings.workers.size(); ++i) {
        Slot& slot = slots_.emplace_back();
        slot.trunk = std::make_unique<ClientTrunk>(i, *settings.workers[i], needs_.worker, needs_.shared,
                                                   needs_.services, needs_.events);
        slot.backoff = std::make_unique<Backoff>(*needs_.shared->random, settings.backoff);
        slot.retry = std::make_unique<runtime::Timer>(needs_.worker, [this, i] { on_retry(i); });
    }
}

// --- connecting ---

// Nothing is open or connecting, so no login of the earlier epoch can arrive late.
void TrunkSet::connect_first() {
    if (!is_running(needs_.phase) || states_.open_count() > 0 || states_.any_connecting()) {
        return;
    }
    ++epoch_;
    attempt_ = 0;
    connect(0);
}

void TrunkSet::connect(std::size_t place) {
    ClientLogin login;
    login.epoch = epoch_;
    login.attempt = attempt_++;
    login.trunk = static_cast<std::uint32_t>(place + 1);
    login.trunks = static_cast<std::uint32_t>(slots_.size());
    login.replaces = needs_.wants_handover();
    TrunkState& state = states_.at(place);
    state.login = ++logins_;
    const Phase before = std::exchange(state.phase, Phase::connecting);
    state.draining = false;
    try {
        slots_[place].trunk->connect(login);
    } catch (const std::bad_alloc&) {  // the timer that has called will call again
        state.phase = before;
        throw;
    }
}

void TrunkSet::connect_idle() {
    if (is_far_) {
        return;
    }
    for (std::size_t place = 0; place < slots_.size(); ++place) {
        if (states_.at(place).phase == Phase::idle) {
            connect(place);
        }
    }
}

Duration TrunkSet::retry(std::size_t place) {
    const Duration wait = slots_[place].backoff->next_wait();
    states_.at(place).phase = Phase::waiting;
    slots_[place].retry->set_after(wait);
    return wait;
}

void TrunkSet::on_retry(std::size_t place) {
    if (is_running(needs_.phase) && states_.at(place).phase == Phase::waiting) {
        connect(place);
    }
}

// At once, since ids run out. But ids last for days, so a server that asks repeatedly gets a session with the same
// back-off as if it had dropped one.
void TrunkSet::rotate(std::size_t place) {
    Slot& slot = slots_[place];
    const TimePoint now = needs_.worker.now();
    const bool again = slot.rotated_at && now - *slot.rotated_at < rotates_at_most_every_;
    slot.rotated_at = now;
    const bool is_only = slots_.size() == 1;
    if (again && is_only) {
        connect_first_in(next_tunnel_wait());
    } else if (again) {
        (void)retry(place);
    } else if (is_only) {
        connect_first();
    } else {
        connect(place);
    }
}

void TrunkSet::cancel() {
    first_timer_.cancel();
    cancel_retries();
}

void TrunkSet::cancel_retries() {
    for (std::size_t place = 0; place < slots_.size(); ++place) {
        slots_[place].retry->cancel();
        if (states_.at(place).phase == Phase::waiting) {
            states_.at(place).phase = Phase::idle;
        }
    }
}

// --- reports ---

void TrunkSet::on_open(std::size_t place, const login::Agreement& agreed) {
    TrunkState& state = states_.at(place);
    state.phase = Phase::open;
    state.features = agreed.features;
    state.login_proof = agreed.client_proof;
    slots_[place].opened_at = needs_.worker.now();
    if (is_running(needs_.phase)) {
        first_timer_.cancel();
    }
}

// Behind a proxy the server counts as far: the round trip is only that to the proxy.
void TrunkSet::on_up(Duration round_trip) {
    is_far_ = needs_.shared->proxy || round_trip >= near_threshold_;
}

void TrunkSet::on_retired(std::size_t place) {
    ++states_.at(place).retiring;
    states_.at(place).phase = Phase::idle;
}

void TrunkSet::on_end(std::size_t place, const trunk::TrunkEnd& end, bool was_open) {
    TrunkState& state = states_.at(place);
    state.phase = Phase::idle;
    if (!was_open || !is_running(needs_.phase)) {
        return;
    }
    const Duration lived = needs_.worker.now() - slots_[place].opened_at;
    slots_[place].backoff->session_ended(lived);
    tunnel_backoff_.session_ended(lived);
    if (end.by_peer && (end.code == Code::going_away || (end.code == Code::none && state.draining))) {
        tunnel_backoff_.on_goaway(needs_.worker.now());
    }
}

// --- the token ---

void TrunkSet::use_new_token() {
    for (std::size_t place = 0; place < slots_.size(); ++place) {
        slots_[place].old_token = states_.at(place).phase == Phase::connecting;
        if (states_.at(place).is_open()) {
            slots_[place].trunk->renew(new_token_text);
        }
    }
    const bool waits = states_.open_count() == 0 && !states_.any_connecting() && first_timer_.is_set();
    if (waits) {  // the server may have rejected the previous token
        first_timer_.cancel();
        connect_first();
    }
}

void TrunkSet::renew_if_outdated(std::size_t place) {
    if (std::exchange(slots_[place].old_token, false)) {
        slots_[place].trunk->renew(new_token_text);
    }
}

// --- orders to the trunks ---

void TrunkSet::drain(const std::string& text) {
    for (Slot& slot : slots_) {
        slot.trunk->drain(text);
    }
}

void TrunkSet::end(const std::string& text) {
    for (Slot& slot : slots_) {
        slot.trunk->end(text);
    }
}

void TrunkSet::send(std::size_t place, std::vector<wire::ControlPayload> messages) {
    slots_[place].trunk->send(std::move(messages));
}

void TrunkSet::send_to_all(std::size_t place, wire::ControlPayload message) {
    slots_[place].trunk->send_to_all(std::move(message));
}

void TrunkSet::visit(std::size_t place, std::shared_ptr<const VisitPlan> plan, directory::Visitor visitor) {
    slots_[place].trunk->visit(std::move(plan), std::move(visitor));
}

}  // namespace ferrotunnel::session
