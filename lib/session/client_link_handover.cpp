// How a client takes the place of another one of its identity, and what becomes of one whose place is taken
// (docs/architecture/handover.md).
#include <algorithm>

#include "session/client_link.hpp"

namespace ferrotunnel::session {

// Takes the place if all is ready: no visitor must find less than there was. Called whenever something has changed.
void ClientLink::look_for_place() {
    const std::optional<std::size_t> at = replaces_ && state_ == State::running ? first_open() : std::nullopt;
    if (!at) {
        return;
    }
    Place& place = *places_[*at];
    if ((place.features & wire::feature::handover) == 0) {
        tell_too_old();
        return;
    }
    const bool is_ready = std::all_of(services_.begin(), services_.end(), [](const auto& entry) {
        const Offered& offered = entry.second;
        return offered.is(Carried::yes) && (!offered.watch || offered.healthy);
    });
    if (!is_ready || place_asked_ == place.login) {
        return;
    }
    place_asked_ = place.login;
    place.trunk->send({wire::encode_control(wire::TakeOver{})});
}

void ClientLink::tell_too_old() {
    replaces_ = false;
    const std::string text =
        "The server cannot hand services over: its version is older than this client's. What another client has is "
        "refused until that one ends.";
    shared_->log->warn("this client found no running client to replace", {{"why", text}});
    tell({.kind = LinkNotice::Kind::took_over, .code = wire::Code::unsupported, .text = text});
}

void ClientLink::on_taken_over(const wire::TakenOver& answer) {
    if (!std::exchange(replaces_, false)) {
        return;
    }
    const std::string text = answer.clients == 0 ? "no other client of this identity was there"
                             : answer.clients == 1
                                 ? "the other client finishes its visitors and ends"
                                 : std::to_string(answer.clients) + " other clients finish their visitors and end";
    shared_->log->info("this client has its place", {{"others", answer.clients}});
    tell({.kind = LinkNotice::Kind::took_over, .text = text});
}

// The server has told all trunks.
void ClientLink::on_replaced(const wire::Replaced& message) {
    if (state_ != State::running) {
        return;
    }
    shared_->log->info("another client has taken this one's place", {{"why", message.text}});
    tell({.kind = LinkNotice::Kind::replaced, .text = message.text});
    if (state_ != State::running) {
        return;  // the handler has stopped the link
    }
    for (auto& [id, visited] : visits_) {
        visited.acceptor.reset();  // the successor may listen there
    }
    drain();
}

}  // namespace ferrotunnel::session
