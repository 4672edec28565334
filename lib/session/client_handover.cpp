#include "session/client_handover.hpp"

#include <optional>
#include <string>
#include <utility>

namespace ferrotunnel::session {

void ClientHandover::check() {
    const std::optional<std::size_t> place =
        wants_handover_ && is_running(needs_.at.phase) ? needs_.at.trunks.first_open() : std::nullopt;
    if (!place) {
        return;
    }
    const TrunkState& trunk = needs_.at.trunks.at(*place);
    if ((trunk.features & wire::feature::handover) == 0) {
        report_too_old();
        return;
    }
    if (!needs_.services.are_ready() || requested_on_ == trunk.login) {
        return;
    }
    requested_on_ = trunk.login;
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

void ClientHandover::on_taken_over(const wire::TakenOver& answer) {
    if (!std::exchange(wants_handover_, false)) {
        return;
    }
    const std::string text = answer.clients == 0 ? "no other client had this identity"
                             : answer.clients == 1
                                 ? "the other client finishes its visitors and ends"
                                 : std::to_string(answer.clients) + " other clients finish their visitors and end";
    needs_.at.shared->log->info("this client replaced others", {{"others", answer.clients}});
    needs_.at.notify({.kind = LinkNotice::Kind::took_over, .text = text});
}

}  // namespace ferrotunnel::session
