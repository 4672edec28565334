#include "session/private_visits.hpp"

#include <utility>

#include "base/text.hpp"
#include "session/limits.hpp"

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
    if (!found && !shared.find_remote) {
        stream->abort(Code::unknown_service);
        log_unknown(metadata, now);
        return;
    }
    const IntrusivePtr<mux::Stream> near = stream;
    auto relay = make_intrusive<StreamRelay>(at_.worker, std::move(stream));
    relay->begin();
    if (!found && !forward(metadata, relay)) {
        relay->refuse(Code::unknown_service);
        log_unknown(metadata, now);
        return;
    }
    const auto row =
        shared.services->row({printable(metadata.service, 64), at_.facts.token_name, metrics::visit_endpoint});
    near->count_in(row->meter(&at_.worker));
    if (found && !deliver_(*found, relay)) {
        relay->refused();
    }
}

// To another member of the cluster, which checks the rights itself.
bool PrivateVisits::forward(const wire::OpenMetadata& to, const IntrusivePtr<StreamRelay>& relay) const {
    const ServerShared& shared = *at_.shared;
    const login::TokenId& visitor = at_.facts.client.first;
    const auto owner = shared.visited_owner ? shared.visited_owner(visitor, to.token) : std::nullopt;
    const RemoteOpener open = owner ? shared.find_remote({*owner, visitor, to.service}) : RemoteOpener();
    if (!open) {
        return false;
    }
    open(runtime::visitor_address(at_.facts.peer), [relay, &worker = at_.worker](Result<RemoteStream, Code> opened) {
        if (opened) {
            opened->stream->attach(relay, true);
            opened->traffic->opened();
            relay->opened(std::move(opened->stream), std::move(opened->traffic), nullptr);
        } else if (worker.here()) {
            relay->refuse(opened.error());
        } else {  // a worker that has stopped has ended it
            (void)worker.post([relay, code = opened.error()] { relay->refuse(code); });
        }
    });
    return true;
}

void PrivateVisits::log_unknown(const wire::OpenMetadata& to, TimePoint now) const {
    static constexpr LogCategory visits{"visits"};
    Logger& log = *at_.shared->log;
    if (log.may_write(LogLevel::info, visits, now)) {
        log.info("a client asked to visit a service that does not exist or that it may not visit",
                 {{"session", at_.facts.agreement.session},
                  {"token", at_.facts.token_name},
                  {"service", printable(to.service, 64)},
                  {"of_token", printable(to.token, 64)}});
    }
}

}  // namespace ferrotunnel::session
