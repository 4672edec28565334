// A client's UDP services and their ports, and streams for visitors whose end stays where it is.
#include <chrono>
#include <utility>

#include "base/text.hpp"
#include "session/server_session.hpp"
#include "session/visit.hpp"

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
    mux::Session::OpenRequest request;
    if (services_.at(id).description.kind == wire::ServiceKind::udp) {
        request.kind = wire::ServiceKind::udp;
    }
    request.visitor = runtime::visitor_address(visitor.from);
    const std::shared_ptr<trunk::Traffic> traffic =
        traffic_of_visitor(visitor, counted_for(id, request.visitor, services_.at(id).traffic));
    const IntrusivePtr<mux::Stream> stream = open_for(id, visitor, request, visitor.distant, true, nullptr);
    if (stream) {  // else another trunk has it, or it is told that there is none
        count_visit(id, request.visitor);
        traffic->opened();
        std::exchange(visitor.distant, nullptr)->opened(stream, traffic, shape_of(id));
    }
}

}  // namespace ferrotunnel::session
