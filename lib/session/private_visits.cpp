#include "session/private_visits.hpp"

#include <utility>

#include "base/text.hpp"
#include "session/limits.hpp"
#include "wire/open_metadata.hpp"

namespace ferrotunnel::session {

using wire::Code;

// A service that is unknown, offline or not allowed for this client gets the same answer, so that names cannot be
// probed.
void PrivateVisits::begin(IntrusivePtr<mux::Stream> stream, const wire::Open& open, bool is_draining) {
    const ServerShared& shared = *at_.shared;
    const bool is_known = (at_.facts.agreement.features & wire::feature::visits) != 0 && shared.find_visited;
    const wire::OpenMetadata metadata = wire::read_open_metadata(open.metadata);
    if (!is_known || open.kind != wire::ServiceKind::tcp || metadata.service.empty()) {
        stream->abort(Code::unsupported);
        return;
    }
    if (is_draining) {
        stream->abort(Code::going_away);
        return;
    }
    const TimePoint now = at_.worker.now();
    if (!rate_.take(limits::visits_rate, now) || !shared.visit_limiter->take(at_.facts.client.first, now)) {
        stream->abort(Code::busy);
        return;
    }
    const auto found = shared.find_visited(at_.facts.client.first, metadata.service, metadata.token);
    static constexpr LogCategory visits{"visits"};
    if (!found) {
        stream->abort(Code::unknown_service);
        if (shared.log->may_write(LogLevel::info, visits, now)) {
            shared.log->info("a client asked to visit a service that does not exist or that it may not visit",
                             {{"session", at_.facts.agreement.session},
                              {"token", at_.facts.token_name},
                              {"service", printable(metadata.service, 64)},
                              {"of_token", printable(metadata.token, 64)}});
        }
        return;
    }
    const auto row =
        shared.services->row({printable(metadata.service, 64), at_.facts.token_name, metrics::visit_endpoint});
    stream->count_in(row->meter(&at_.worker));
    auto relay = make_intrusive<StreamRelay>(at_.worker, std::move(stream));
    relay->begin();
    if (!deliver_(*found, relay)) {
        relay->refused();
    }
}

}  // namespace ferrotunnel::session
