#include "session/trunk_set.hpp"

#include <new>
#include <utility>

namespace ferrotunnel::session {

using wire::Code;
using Phase = TrunkState::Phase;

namespace {

constexpr const char* new_token_text = "The client logs in with another token.";
constexpr const char* leaving_text = "The client goes to another server.";

// The server has ended the session in order, so its address may have a server again soon.
bool is_in_order(const trunk::TrunkEnd& end, const TrunkState& state) {
    return end.by_peer && (end.code == Code::going_away || (end.code == Code::none && state.draining));
}

}  // namespace

TrunkSet::TrunkSet(Needs needs, const Settings& settings)
    : needs_(std::move(needs)),
      workers_(settings.workers),
      backoff_(settings.backoff),
      near_threshold_(settings.near_threshold),
      sides_(needs_.worker, needs_.shared, {settings.sides, settings.tunnel_backoff, settings.on_servers},
             [this](unsigned side) { on_due(side); }),
      states_(settings.workers.size(), settings.sides),
      slots_(settings.workers.size()) {}

TrunkSet::Slot& TrunkSet::made(std::size_t place) {
    Slot& slot = slots_[place];
    if (!slot.trunk) {
        slot.backoff = std::make_unique<Backoff>(*needs_.shared->random, backoff_);
        slot.retry = std::make_unique<runtime::Timer>(needs_.worker, [this, place] { on_retry(place); });
        slot.trunk = std::make_unique<ClientTrunk>(place, *workers_[place], needs_.worker, needs_.shared,
                                                   needs_.services, needs_.events);
    }
    return slot;
}

// --- connecting ---

// Nothing is open or connecting, so no login of an earlier epoch can arrive late.
void TrunkSet::connect_first() {
    if (is_running(needs_.phase) && states_.open_count() == 0 && !states_.any_connecting()) {
        connect_side(0);
    }
}

void TrunkSet::connect_side(unsigned side) {
    if (is_running(needs_.phase) && !states_.has_session(side) && sides_.begin(side)) {
        connect(first_of(side));
    }
}

void TrunkSet::on_due(unsigned side) {
    if (states_.open_count() == 0 && side != 0) {
        connect_first();
    } else {
        connect_side(side);
    }
}

void TrunkSet::connect(std::size_t place) {
    const unsigned side = states_.side_of(place);
    ClientLogin login = sides_.next_login(side);
    login.trunk = static_cast<std::uint32_t>(place % states_.per_side() + 1);
    login.trunks = static_cast<std::uint32_t>(states_.per_side());
    login.replaces = needs_.wants_handover();
    TrunkState& state = states_.at(place);
    state.login = ++logins_;
    state.server = login.server->address;
    state.member.clear();
    const Phase before = std::exchange(state.phase, Phase::connecting);
    state.draining = state.detached = state.leaving = false;
    try {
        made(place).trunk->connect(login);
    } catch (const std::bad_alloc&) {  // the timer that has called will call again
        state.phase = before;
        throw;
    }
}

void TrunkSet::connect_idle() {
    for (unsigned side = 0; side < states_.sides(); ++side) {
        if (states_.open_count(side) == 0) {
            if (sides_.is_wanted(side) && !sides_.is_waiting(side)) {
                connect_side(side);
            }
            continue;
        }
        for (std::size_t place = first_of(side); place < first_of(side + 1) && !sides_.is_far(side); ++place) {
            if (states_.at(place).phase == Phase::idle) {
                connect(place);
            }
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

Duration TrunkSet::reconnect(std::size_t place, const trunk::TrunkEnd& end, bool was_open) {
    const unsigned side = states_.side_of(place);
    if (states_.has_session(side)) {
        return states_.at(place).leaving ? Duration::zero() : retry(place);  // with its side, when all have left
    }
    cancel_retries(side);
    const Duration wait = sides_.next_wait(side, tries_another(place, end, was_open));
    sides_.wait(side, wait);
    return wait;
}

bool TrunkSet::tries_another(std::size_t place, const trunk::TrunkEnd& end, bool was_open) {
    const TrunkState& state = states_.at(place);
    return sides_.on_lost(states_.side_of(place), end, was_open, is_in_order(end, state)) || state.leaving;
}

// At once, since ids run out. But ids last for days, so a server that asks repeatedly gets a session with the same
// back-off as if it had dropped one.
void TrunkSet::rotate(std::size_t place) {
    Slot& slot = slots_[place];
    const TimePoint now = needs_.worker.now();
    const bool again = slot.rotated_at && now - *slot.rotated_at < backoff_.lived_long;
    slot.rotated_at = now;
    const bool is_only = states_.per_side() == 1;
    const unsigned side = states_.side_of(place);
    if (again && is_only) {
        sides_.wait(side, sides_.next_wait(side, false));
    } else if (again) {
        (void)retry(place);
    } else if (is_only) {
        connect_side(side);
    } else {
        connect(place);
    }
}

void TrunkSet::cancel() {
    sides_.cancel(0);
    cancel_retries();
}

void TrunkSet::cancel_retries() {
    for (unsigned side = 0; side < states_.sides(); ++side) {
        cancel_retries(side);
        if (side != 0) {
            sides_.cancel(side);
        }
    }
}

void TrunkSet::cancel_retries(unsigned side) {
    for (std::size_t place = first_of(side); place < first_of(side + 1); ++place) {
        if (states_.at(place).phase == Phase::waiting) {
            slots_[place].retry->cancel();
            states_.at(place).phase = Phase::idle;
        }
    }
}

// --- leaving a server ---

void TrunkSet::leave_draining(std::size_t place) {
    const unsigned side = states_.side_of(place);
    if (states_.at(place).leaving || !sides_.move_on(side)) {
        return;
    }
    cancel_retries(side);
    for (std::size_t each = first_of(side); each < first_of(side + 1); ++each) {
        leave(each, leaving_text);
    }
}

// A session that is open finishes its visitors: the server accepts no new ones for it.
void TrunkSet::leave(std::size_t place, const std::string& why) {
    TrunkState& state = states_.at(place);
    if (!state.has_session()) {
        return;
    }
    state.leaving = true;
    if (state.is_open()) {
        slots_[place].trunk->retire(why);
    } else {
        slots_[place].trunk->end(why);
    }
}

// --- reports ---

bool TrunkSet::on_open(std::size_t place, const login::Agreement& agreed) {
    TrunkState& state = states_.at(place);
    const unsigned side = states_.side_of(place);
    if (state.leaving) {
        return false;
    }
    if (const auto fit = sides_.on_open(side, agreed); fit != ServerChoice::Fit::fits) {
        log_misfit(place, fit);
        state.leaving = true;
        slots_[place].trunk->end(leaving_text);
        return false;
    }
    state.phase = Phase::open;
    state.features = agreed.features;
    state.login_proof = agreed.client_proof;
    state.member = agreed.cluster ? agreed.cluster->member : std::string();
    slots_[place].opened_at = needs_.worker.now();
    if (is_running(needs_.phase)) {
        sides_.cancel(side);
    }
    return true;
}

void TrunkSet::log_misfit(std::size_t place, ServerChoice::Fit fit) const {
    needs_.shared->log->info(fit == ServerChoice::Fit::foreign
                                 ? "a server is not used: it is not in the cluster of the other server"
                                 : "a server is not used: this client is connected to it already",
                             {{"server", net::to_text(states_.at(place).server)}});
}

void TrunkSet::on_up(Duration round_trip, unsigned side) {
    sides_.on_up(side, round_trip, near_threshold_);
}

void TrunkSet::on_retired(std::size_t place) {
    TrunkState& state = states_.at(place);
    ++state.retiring;
    state.phase = Phase::idle;
    state.detached = false;
    const unsigned side = states_.side_of(place);
    if (state.leaving && is_running(needs_.phase) && !states_.has_session(side)) {
        sides_.on_left(side);
        sides_.wait(side, sides_.next_wait(side, true));
    }
}

void TrunkSet::on_end(std::size_t place, const trunk::TrunkEnd& end, bool was_open) {
    TrunkState& state = states_.at(place);
    state.phase = Phase::idle;
    state.detached = false;
    if (!was_open || !is_running(needs_.phase)) {
        return;
    }
    const Duration lived = needs_.worker.now() - slots_[place].opened_at;
    slots_[place].backoff->session_ended(lived);
    sides_.session_ended(states_.side_of(place), lived, is_in_order(end, state));
}

// --- the token ---

void TrunkSet::use_new_token() {
    for (std::size_t place = 0; place < slots_.size(); ++place) {
        slots_[place].old_token = states_.at(place).is_connecting();
        if (states_.at(place).is_open()) {
            slots_[place].trunk->renew(new_token_text);
        }
    }
    for (unsigned side = 0; side < states_.sides(); ++side) {
        if (!states_.has_session(side) && sides_.is_waiting(side)) {  // the server may have rejected the previous token
            sides_.cancel(side);
            on_due(side);
        }
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
        if (slot.trunk) {
            slot.trunk->drain(text);
        }
    }
}

void TrunkSet::end(const std::string& text) {
    for (Slot& slot : slots_) {
        if (slot.trunk) {
            slot.trunk->end(text);
        }
    }
}

void TrunkSet::send(std::size_t place, std::vector<wire::ControlPayload> messages) {
    slots_[place].trunk->send(std::move(messages));
}

void TrunkSet::send_to_all(std::size_t place, wire::ControlPayload message) {
    if (slots_[place].trunk) {
        slots_[place].trunk->send_to_all(std::move(message));
    }
}

void TrunkSet::visit(std::size_t place, std::shared_ptr<const VisitPlan> plan, directory::Visitor visitor) {
    slots_[place].trunk->visit(std::move(plan), std::move(visitor));
}

}  // namespace ferrotunnel::session
