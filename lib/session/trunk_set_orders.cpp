// A link's orders to its trunks, and the renewal of their sessions with another token.
#include <utility>

#include "session/trunk_set.hpp"

namespace ferrotunnel::session {

namespace {

constexpr const char* new_token_text = "The client logs in with another token.";

}  // namespace

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

// --- orders ---

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
