#include "session/client_handover.hpp"

#include <optional>
#include <string>
#include <utility>

namespace ferrotunnel::session {

void ClientHandover::check() {
    for (unsigned side = 0; side < needs_.at.trunks.sides() && wants_handover_ && is_running(needs_.at.phase); ++side) {
        check_at(side);
    }
    if (wants_handover_ && found_none_ && is_running(needs_.at.phase) && !any_side_left()) {
        conclude(0);
    }
}

void ClientHandover::check_at(unsigned side) {
    const std::optional<std::size_t> place = needs_.at.trunks.first_open(side);
    if (!place) {
        return;
    }
    const TrunkState& trunk = needs_.at.trunks.at(*place);
    if ((trunk.features & wire::feature::handover) == 0) {
        report_too_old();
        return;
    }
    if (!needs_.services.are_ready_at(side, needs_.at.trunks) || requested_on_[side] == trunk.login) {
        return;
    }
    requested_on_[side] = trunk.login;
    needs_.send(*place, {wire::encode_control(wire::TakeOver{})});
}

void ClientHandover::report_too_old() {
    wants_handover_ = false;
    const std::string text =
        "The server does not support hand-over: its version is older than this client's. Services of another client "
        "are refused until that client ends.";
    needs_.at.shared->log->warn("this client found no running client to replace", {{"why", text}});
    needs_.at.notify({.kind = LinkNotice::Kind::took_over, .code = wire::Code::unsupported, .text = text});
}

// Whether a server that this client is at, or connects to, has not been asked.
bool ClientHandover::any_side_left() const noexcept {
    for (unsigned side = 0; side < needs_.at.trunks.sides(); ++side) {
        if (needs_.at.trunks.has_session(side) && requested_on_[side] == 0) {
            return true;
        }
    }
    return false;
}

void ClientHandover::on_taken_over(const wire::TakenOver& answer) {
    if (!wants_handover_) {
        return;
    }
    if (answer.clients != 0) {
        conclude(answer.clients);
        return;
    }
    found_none_ = true;
    check();  // the other client may be at the other server
}

void ClientHandover::conclude(std::uint64_t replaced) {
    wants_handover_ = false;
    const std::string text = replaced == 0 ? "no other client had this identity"
                             : replaced == 1
                                 ? "the other client finishes its visitors and ends"
                                 : std::to_string(replaced) + " other clients finish their visitors and end";
    needs_.at.shared->log->info("this client replaced others", {{"others", replaced}});
    needs_.at.notify({.kind = LinkNotice::Kind::took_over, .text = text});
}

}  // namespace ferrotunnel::session
