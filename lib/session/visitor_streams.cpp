#include "session/visitor_streams.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/counter.hpp"
#include "base/text.hpp"
#include "net/ip_text.hpp"
#include "runtime/address.hpp"
#include "session/member_tap.hpp"
#include "session/server_shared.hpp"
#include "session/visit.hpp"
#include "session/visitor_log.hpp"
#include "session/visitor_ranks.hpp"
#include "trunk/counted_traffic.hpp"
#include "trunk/traffic.hpp"
#include "wire/open_metadata.hpp"

namespace ferrotunnel::session {

using wire::Code;

namespace {

// Counts the bytes of one visitor of a port, for the list of visitors with most of a service's traffic, when the last
// reference is released. The address comes first: it fills a word of the base.
class VisitorBytes final : public trunk::TrafficCounter {
public:
    VisitorBytes(const net::Address& from, IntrusivePtr<VisitorRanks> ranks, IntrusivePtr<trunk::Traffic> traffic)
        : from_(from), ranks_(std::move(ranks)), traffic_(std::move(traffic)) {}
    ~VisitorBytes() override {
        if (const std::uint64_t bytes = bytes_.load()) {  // the visit was counted before
            ranks_->count(from_, 0, bytes);
        }
    }

    void moved(Counter trunk::Traffic::*direction, std::uint64_t bytes) noexcept override {
        bytes_.add(bytes);
        traffic_->moved(direction, bytes);
    }
    trunk::Traffic& totals() noexcept override { return *traffic_; }

private:
    const net::Address from_;
    Counter bytes_;
    const IntrusivePtr<VisitorRanks> ranks_;
    const IntrusivePtr<trunk::Traffic> traffic_;
};
// Each idle visitor has one. The allocator adds 8 bytes, and rounds up to 16.
static_assert(sizeof(void*) != 8 || sizeof(VisitorBytes) <= 56, "a visitor's counters take at most 64 bytes");

// A visitor of the edge counts towards its caps as long as the visitor exists.
IntrusivePtr<trunk::TrafficCounter> kept_with_ticket(const directory::TlsVisitor& visitor,
                                                     IntrusivePtr<trunk::TrafficCounter> counter) {
    return trunk::counted_with(std::move(counter), visitor.ticket);
}
IntrusivePtr<trunk::TrafficCounter> kept_with_ticket(const directory::Visitor& /*has none*/,
                                                     IntrusivePtr<trunk::TrafficCounter> counter) {
    return counter;
}

// Ends all counts of a stream of the edge.
class EdgeStreamCount final : public directory::HttpStreamCount {
public:
    EdgeStreamCount(IntrusivePtr<trunk::Traffic> traffic, TrunkLoad::Count load, directory::TokenUse::Counted of_token)
        : traffic_(std::move(traffic)), load_(std::move(load)), of_token_(std::move(of_token)) {
        traffic_->opened();
    }
    ~EdgeStreamCount() override {
        traffic_->stopped_sending();
        traffic_->closed();
    }

private:
    const IntrusivePtr<trunk::Traffic> traffic_;
    const TrunkLoad::Count load_;
    const directory::TokenUse::Counted of_token_;
};

}  // namespace

// --- the kinds of visitors ---

void VisitorStreams::open(SessionService& service, directory::Visitor visitor) {
    mux::Session::OpenRequest request;
    request.visitor = runtime::visitor_address(visitor.from);
    if (visitor.distant) {
        if (service.description.kind == wire::ServiceKind::udp) {
            request.kind = wire::ServiceKind::udp;
        }
        open_distant(service, visitor, request, service.traffic);
        return;
    }
    IntrusivePtr<trunk::Traffic> traffic = service.traffic;
    if (auto watched = std::exchange(visitor.watched, nullptr)) {
        watched->total = std::move(traffic);
        traffic = std::move(watched);
    }
    carry(service, visitor, request, std::move(traffic));
}

void VisitorStreams::open(SessionService& service, directory::TlsVisitor visitor) {
    mux::Session::OpenRequest request;
    request.kind = wire::ServiceKind::tls;
    request.visitor = visitor.from;
    const std::vector<std::uint8_t> metadata = wire::encode_open_metadata({visitor.host});
    request.metadata = metadata;
    if (visitor.distant) {
        open_distant(service, visitor, request, service.traffic);
        return;
    }
    carry(service, visitor, request, service.traffic);
}

// The visitor's end of the stream stays on a worker of its own, perhaps not the trunk's.
template <typename AnyVisitor>
void VisitorStreams::open_distant(SessionService& service, AnyVisitor& visitor, mux::Session::OpenRequest& request,
                                  IntrusivePtr<trunk::Traffic> traffic) {
    auto counter = counter_of(service, visitor, request.visitor, std::move(traffic));
    const IntrusivePtr<mux::Stream> stream = open_for(service, visitor, request, visitor.distant, true, nullptr);
    if (stream) {  // otherwise another trunk has it, or it learns that there is none
        count_visit(service, request.visitor);
        counter->opened();
        std::exchange(visitor.distant, nullptr)->opened(stream, std::move(counter), shape_of(service));
    }
}

Result<directory::HttpStream, Code> VisitorStreams::open_http(SessionService& service, const net::Address& visitor,
                                                              IntrusivePtr<buffer::Waker> waker, bool foreign,
                                                              TrunkLoad::Count counted) {
    directory::TokenUse::Counted of_token;
    if (!count(of_token, visitor)) {
        return Code::limit;
    }
    mux::Session::OpenRequest request;
    request.kind = wire::ServiceKind::http;
    request.visitor = visitor;
    auto stream = open_stream(service, request, std::move(waker), foreign);
    if (!stream) {
        // Any other reason that keeps this trunk from opening (its ids have run out, or it has just failed) leaves the
        // stream to another trunk.
        return stream.error() == Code::busy ? Code::busy : Code::going_away;
    }
    auto all = std::make_shared<EdgeStreamCount>(service.traffic, std::move(counted), std::move(of_token));
    return directory::HttpStream{std::move(*stream), std::move(all), shape_of(service)};
}

Result<IntrusivePtr<mux::Stream>, Code> VisitorStreams::open_plain(SessionService& service,
                                                                   IntrusivePtr<buffer::Waker> waker, bool foreign) {
    if (service.description.kind == wire::ServiceKind::udp) {
        return Code::unsupported;  // a byte stream is not possible there
    }
    mux::Session::OpenRequest request;
    return open_stream(service, request, std::move(waker), foreign);
}

// --- common parts ---

Result<IntrusivePtr<mux::Stream>, Code> VisitorStreams::open_stream(SessionService& service,
                                                                    mux::Session::OpenRequest& request,
                                                                    IntrusivePtr<buffer::Waker> waker, bool foreign) {
    request.service = service.description.id;
    request.meter = service.meter;
    auto stream = needs_.trunk->session().open(request, std::move(waker), foreign, needs_.at.worker.now());
    needs_.trunk->session_changed();
    return stream;
}

// Opens a stream for the visitor and joins it with the visitor's socket. The pump keeps everything that counts the
// visitor alive.
template <typename AnyVisitor>
void VisitorStreams::carry(SessionService& service, AnyVisitor& visitor, mux::Session::OpenRequest& request,
                           IntrusivePtr<trunk::Traffic> traffic) {
    auto counter = counter_of(service, visitor, request.visitor, std::move(traffic));
    counter = kept_with_ticket(visitor, std::move(counter));
    auto pump = make_intrusive<trunk::SocketPump>(needs_.at.worker, counter);
    const IntrusivePtr<mux::Stream> stream = open_for(service, visitor, request, pump, false, counter.get());
    if (!stream) {
        return;
    }
    count_visit(service, request.visitor);
    pump->set_shape(shape_of(service));
    watch(*pump, stream, service, visitor.of_member);
    pump->set_stream(stream);
    pump->set_socket(std::move(visitor.socket));
}

// Opens a stream for the visitor. Null: another trunk has the visitor now, which has room or finds out that it has none
// either; or no trunk has it, and the visitor's connection is reset, or the visitor rejected, when the caller releases
// it. `counts_in`, if it is not null, has counted the visitor already.
template <typename AnyVisitor>
IntrusivePtr<mux::Stream> VisitorStreams::open_for(SessionService& service, AnyVisitor& visitor,
                                                   mux::Session::OpenRequest& request,
                                                   IntrusivePtr<buffer::Waker> waker, bool foreign,
                                                   trunk::TrafficCounter* counts_in) {
    auto stream = open_stream(service, request, std::move(waker), foreign);
    if (!stream) {
        if (!pass_on(visitor)) {
            report_refused(text_of(request.visitor), stream.error());
            if (stream.error() == Code::busy) {
                crowd_out(visitor);
            }
        } else if (counts_in != nullptr) {
            counts_in->passed_on();
        }
        return {};
    }
    Logger& log = *needs_.at.shared->log;
    if (may_log_visitor(log, needs_.at.worker.now())) {
        const std::string name = printable(service.description.name, 64);
        const std::string& session = needs_.at.facts.agreement.session;
        const std::string from = text_of(request.visitor);
        if constexpr (requires { visitor.host; }) {
            log.info("a visitor", {{"session", session}, {"service", name}, {"from", from}, {"host", visitor.host}});
        } else {
            log.info("a visitor", {{"session", session}, {"service", name}, {"from", from}});
        }
    }
    set_served(visitor.visit);
    if (visitor.of_member) {
        visitor.of_member->begin();
    }
    return *stream;
}

bool VisitorStreams::pass_on(directory::Visitor& visitor) const {
    const std::shared_ptr<directory::SharedPort> port = visitor.port;
    return port && port->pass_on(visitor, needs_.of_ports);
}

bool VisitorStreams::pass_on(directory::TlsVisitor& visitor) const {
    return directory::pass_on(visitor, needs_.of_hosts);
}

// --- counting ---

void VisitorStreams::report_refused(const std::string& visitor, Code code) const {
    needs_.at.shared->counters->visitors_refused.fetch_add(1, std::memory_order_relaxed);
    needs_.at.shared->log->debug("a visitor was refused", {{"visitor", visitor}, {"code", wire::name_of(code)}});
}

bool VisitorStreams::count(directory::TokenUse::Counted& of_token, const net::Address& from) const {
    const ServerShared& shared = *needs_.at.shared;
    const SessionFacts& facts = needs_.at.facts;
    const auto rules = shared.registry->rules();
    const directory::RightsRef rights = rules->of(facts.client.first);
    if (of_token || !rights->counts_visitors()) {
        return true;
    }
    directory::VisitorQuota reached{};
    of_token = shared.token_use->count_visitor(facts.client.first, *rights, needs_.at.worker.now(), &reached);
    if (of_token) {
        return true;
    }
    report_refused(text_of(from), Code::busy);
    static constexpr LogCategory quotas{"visitor_quotas", limits::limit_lines_per_second};
    if (shared.log->may_write(LogLevel::info, quotas, needs_.at.worker.now())) {
        shared.log->info("a visitor was rejected: the token has reached its limit of visitors, or of new ones",
                         {{"token", facts.token_name},
                          {"quota", directory::name_of(reached)},
                          {"session", facts.agreement.session},
                          {"visitor", net::ip_text(from)}});
    }
    return false;
}

// Counts a visitor in `traffic`, and everywhere else: a plugin's visit counts what totals() has, so it comes first,
// then the visitor's bytes, and what only has to live as long comes last.
template <typename AnyVisitor>
IntrusivePtr<trunk::TrafficCounter> VisitorStreams::counter_of(const SessionService& service, const AnyVisitor& visitor,
                                                               const net::Address& from,
                                                               IntrusivePtr<trunk::Traffic> traffic) const {
    traffic = traffic_of_visit(visitor.visit, std::move(traffic));
    IntrusivePtr<trunk::TrafficCounter> counter;
    if (service.ranks) {
        counter = make_intrusive<VisitorBytes>(from, service.ranks, std::move(traffic));
    } else {
        counter = std::move(traffic);
    }
    return kept_with_visitor(visitor, std::move(counter));
}

// The visitor has a stream: it counts here and not where it was passed on from.
void VisitorStreams::count_visit(const SessionService& service, const net::Address& from) const {
    if (service.ranks) {
        service.ranks->count(from, 1, 0);
    }
}

// The outcomes of a group member's visitors decide whether it gets others.
void VisitorStreams::watch(trunk::SocketPump& pump, IntrusivePtr<mux::Stream> stream, const SessionService& service,
                           const std::shared_ptr<directory::MemberVisit>& visit) const {
    if (!visit || !service.membership || service.membership->eject.failures == 0) {
        return;
    }
    auto record_outcome = [member = visit->shared(), port = service.public_port, http = service.http,
                           shared = needs_.at.shared, name = printable(service.description.name, 64),
                           token = needs_.at.facts.token_name](directory::MemberOutcome outcome, TimePoint now) {
        if (outcome == directory::MemberOutcome::success && !member->is_watched()) {
            return;
        }
        Duration time{};
        const directory::HealthTransition transition = port   ? port->record_outcome(*member, outcome, now, time)
                                                       : http ? http->record_outcome(*member, outcome, now, time)
                                                              : directory::HealthTransition::none;
        if (transition != directory::HealthTransition::none && shared->on_member) {
            shared->on_member(directory::member_notice(*member, transition, outcome, time, name, token));
        }
    };
    pump.set_tap(std::make_unique<MemberTap>(std::move(stream), std::move(record_outcome)));
}

// The rate limits of a service's visitors, on all trunks.
const std::shared_ptr<shaping::ServiceShape>& VisitorStreams::shape_of(SessionService& service) const {
    if (!service.shape) {
        const ServerShared& shared = *needs_.at.shared;
        service.shape =
            shared.shapes->of(needs_.at.facts.client, service.description.id, *shared.registry, needs_.at.worker.now());
    }
    return service.shape;
}

}  // namespace ferrotunnel::session
