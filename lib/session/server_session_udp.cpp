// A client's UDP services and their ports, and streams for visitors whose end stays where it is.
#include <chrono>
#include <utility>

#include "base/text.hpp"
#include "session/counted_traffic.hpp"
#include "session/server_session.hpp"
#include "session/visit.hpp"
#include "session/visitor_lines.hpp"

namespace ferrotunnel::session {

using wire::Code;

std::optional<directory::Refusal> ServerSession::refuse_udp() const {
    if ((agreement_.features & wire::feature::udp) == 0) {
        return directory::Refusal{Code::unsupported, "The client has not said that it can carry UDP."};
    }
    if (!shared_->open_udp) {
        return directory::Refusal{Code::unsupported, "This server has no UDP services."};
    }
    return std::nullopt;
}

directory::DatagramTerms ServerSession::datagram_terms(const Service& service) const {
    directory::DatagramTerms terms;
    terms.service = printable(service.description.name, 64);
    if (service.description.udp.idle_ms != 0) {
        terms.idle = std::chrono::milliseconds(service.description.udp.idle_ms);
    }
    return terms;
}

// The visitor's end of the stream stays on a worker of its own, which may be another one than the trunk's.
void ServerSession::open_distant(std::uint32_t id, directory::Visitor visitor) {
    const std::shared_ptr<trunk::Traffic> traffic = counted_with(
        counted_with(traffic_of_visit(visitor.visit, services_.at(id).traffic), visitor.of_token), visitor.of_member);
    mux::Session::OpenRequest request;
    request.service = id;
    if (services_.at(id).description.kind == wire::ServiceKind::udp) {
        request.kind = wire::ServiceKind::udp;
    }
    request.visitor = runtime::visitor_address(visitor.from);
    request.meter = services_.at(id).meter;
    auto stream = trunk_->session().open(request, visitor.distant, true, worker_.now());
    trunk_->session_changed();
    if (!stream) {
        if (!pass_to_other(visitor)) {
            refuse_visitor(visitor.from.text(), stream.error());
        }
        return;  // another trunk has it, or it is told that there is none
    }
    set_served(visitor.visit);
    traffic->opened();
    if (may_tell_visitor(*shared_->log, worker_.now())) {
        shared_->log->info("a visitor", {{"session", agreement_.session},
                                         {"service", printable(services_.at(id).description.name, 64)},
                                         {"from", visitor.from.text()}});
    }
    std::exchange(visitor.distant, nullptr)->opened(*stream, traffic, shape_of(id));
}

}  // namespace ferrotunnel::session
