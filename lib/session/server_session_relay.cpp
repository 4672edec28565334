// Visits: streams that a client opens to another client's private service.
#include <utility>

#include "base/text.hpp"
#include "session/limits.hpp"
#include "session/server_session.hpp"
#include "session/stream_relay.hpp"
#include "session/visitor_lines.hpp"
#include "wire/open_metadata.hpp"

namespace ferrotunnel::session {

using wire::Code;

// A service that is unknown, away or not to be visited by this client gets the same answer: nobody learns which names
// there are.
void ServerSession::begin_visit(IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
    const bool is_known = (agreement_.features & wire::feature::visits) != 0 && shared_->find_visited;
    const wire::OpenMetadata metadata = wire::read_open_metadata(open.metadata);
    if (!is_known || open.kind != wire::ServiceKind::tcp || metadata.service.empty()) {
        stream->abort(Code::unsupported);
        return;
    }
    if (draining_) {
        stream->abort(Code::going_away);
        return;
    }
    if (!visits_rate_.take(limits::visits_pace, worker_.now()) ||
        !shared_->visit_pace->take(client_.first, worker_.now())) {
        stream->abort(Code::busy);
        return;
    }
    const auto found = shared_->find_visited(client_.first, metadata.service, metadata.token);
    static constexpr LineKind visits{"visits"};
    if (!found) {
        stream->abort(Code::unknown_service);
        if (shared_->log->may_write(LogLevel::info, visits, worker_.now())) {
            shared_->log->info("a client visits no service that is there and that it may visit",
                               {{"session", agreement_.session},
                                {"token", token_name_},
                                {"service", printable(metadata.service, 64)},
                                {"of_token", printable(metadata.token, 64)}});
        }
        return;
    }
    const auto row = shared_->services->row({printable(metadata.service, 64), token_name_, metrics::visit_endpoint});
    stream->count_in(row->meter(&worker_));
    auto relay = make_intrusive<StreamRelay>(worker_, std::move(stream));
    relay->begin();
    const auto& [session, id] = *found;
    if (!session->post([id = id, relay, from = peer_](ServerSession& at) { at.take_relayed(id, relay, from); })) {
        relay->refused();
    }
}

void ServerSession::take_relayed(std::uint32_t id, IntrusivePtr<StreamRelay> relay,
                                 const runtime::SocketAddress& from) {
    directory::Visitor visitor(runtime::Fd(), from, nullptr);
    visitor.distant = std::move(relay);
    const auto found = services_.find(id);
    if (found != services_.end() && found->second.is_private()) {
        on_visitor(id, std::move(visitor));
    }  // else it has left meanwhile: the visitor is refused
}

}  // namespace ferrotunnel::session
