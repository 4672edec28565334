#include "exchange/placement.hpp"

#include "directory/sticky.hpp"

namespace ferrotunnel::exchange {

using directory::GroupMember;
using directory::MemberOutcome;

// --- a connection ---

// The only connection that may use a stream, or 0; and the group member that has it. If the backend learns who the
// visitor is when it accepts the connection, no other visitor may use it.
std::uint64_t Placement::stream_owner() const noexcept {
    const std::uint64_t visitor =
        needs_.at.request.service->description().per_visitor ? needs_.at.visitor.connection : 0;
    return visitor + ((member_.member() != nullptr ? member_.member()->number() : 0) << 48U);
}

Placement::Result Placement::open_in_turn() {
    const ExchangeContext& at = needs_.at;
    std::optional<Carrier> chosen;
    if (at.request.service->is_shared()) {  // the queue comes before idle streams
        chosen = choose_carrier();
    }
    count_member(chosen ? chosen->member : nullptr);
    stream_.reset();
    if (!stale_reuse_) {
        record_asking();
        stream_ = at.edge.pool.take(*at.request.service, stream_owner(), needs_.user);
    }
    if (stream_) {
        EdgeCounters::add(at.edge.counters.backend_reused);
        forwarded_to_ = stream_->carrier().member_name();
        needs_.timer.reuse();
        needs_.record.mark(AccessRecord::Phase::connected, at.now());
        return Result::connected;
    }
    return at.edge.connect_limiter.may_open(at.request.service->serial()) ? open_fresh(std::move(chosen))
                                                                          : wait_for_connect();
}

Placement::Result Placement::wait_for_connect() {
    needs_.timer.begin_wait();
    needs_.at.edge.connect_limiter.wait(needs_.at.request.service->serial(), needs_.connect_waiter);
    return Result::pending;
}

bool Placement::extend_wait() {
    const ExchangeContext& at = needs_.at;
    const Duration still = at.now() - at.edge.connect_limiter.last_progress_at(at.request.service->serial());
    if (still < at.request.settings.backend_connect && needs_.timer.may_wait()) {
        needs_.timer.extend_connect();
        return true;
    }
    needs_.connect_waiter.stop_waiting_to_connect();
    return false;
}

Placement::Result Placement::open_fresh(std::optional<Carrier> carrier) {
    const ExchangeContext& at = needs_.at;
    if (!carrier) {
        carrier = choose_carrier();
    }
    if (!carrier) {
        stream_.reset();
        return at.request.service->is_unhealthy() ? Result::unhealthy : no_room_ ? Result::full : Result::gone;
    }
    count_member(carrier->member);
    EdgeCounters::add(at.edge.counters.backend_opened);
    stream_ = make_intrusive<BackendStream>(at.edge.worker, at.edge.wheel, at.edge.pool, at.request.service,
                                            std::move(*carrier), stream_owner());
    forwarded_to_ = stream_->carrier().member_name();
    needs_.timer.begin_connect();
    at.edge.connect_limiter.opening(at.request.service->serial());
    counted_as_opening_ = true;
    const IntrusivePtr<BackendStream> opening = stream_;  // an immediate answer may replace it
    opening->open({at.visitor.wire, at.visitor.https, at.visitor.trusted, at.visitor.key_group,
                   at.visitor.certificate != nullptr},
                  needs_.user);
    return Result::pending;
}

// Many other requests may be sent again at the same moment.
Placement::Result Placement::open_again(std::optional<Carrier> carrier) {
    if (needs_.at.edge.connect_limiter.may_open(needs_.at.request.service->serial())) {
        return open_fresh(std::move(carrier));
    }
    stream_.reset();
    needs_.timer.cancel();
    return wait_for_connect();
}

Placement::Result Placement::refused() {
    settle();
    const std::optional<wire::Code> why = stream_->open_failure();
    if (why == wire::Code::limit) {  // all carriers share the token
        stream_.reset();
        return Result::over_quota;
    }
    no_room_ = no_room_ || (why != wire::Code::unknown_service && why != wire::Code::going_away);
    excluded_.push_back(stream_->carrier().carrier_id());
    return open_fresh();
}

void Placement::settle_at_limiter() noexcept {
    const bool is_connected = stream_ && stream_->connected();
    if (is_connected) {
        needs_.record.mark(AccessRecord::Phase::connected, needs_.at.now());
    }
    needs_.at.edge.connect_limiter.answered(needs_.at.request.service->serial(), is_connected);
}

void Placement::drop(wire::Code code) noexcept {
    needs_.connect_waiter.stop_waiting_to_connect();
    settle();
    if (stream_) {
        std::exchange(stream_, nullptr)->abort(code);
    }
}

// --- another try ---

void Placement::record_retry(const Failure& failure) {
    const ExchangeContext& at = needs_.at;
    ++repeats_;
    has_reached_backend_ = has_reached_backend_ || !failure.not_delivered || stream_->connected();
    misses_ = static_cast<std::uint8_t>(failure.not_here ? misses_ + 1 : 0);
    stale_reuse_ = stream_->reused() && !failure.lost;
    EdgeCounters::add(at.edge.counters.retries);
    at.edge.log.debug("a request is sent again", {{"request", at.request.id}, {"why", failure.why}});
    if (failure.try_other_carrier) {
        no_room_ = no_room_ || failure.state == http::PageState::busy;
        excluded_.push_back(stream_->carrier().carrier_id());
    }
}

std::optional<Placement::Carrier> Placement::choose_other_member() {
    const ExchangeContext& at = needs_.at;
    if (member_.member() == nullptr || stream_->connected()) {
        return std::nullopt;
    }
    excluded_member_ = member_.shared();
    std::optional<Carrier> carrier = choose_carrier();
    if (carrier) {
        ++repeats_;
        has_reached_backend_ = true;  // perhaps: the connection was refused, or it took too long
        EdgeCounters::add(at.edge.counters.retries);
        at.edge.log.debug("a request is sent to another member",
                          {{"request", at.request.id}, {"instead", excluded_member_->name()}});
    }
    return carrier;
}

Placement::Successor Placement::find_successor() {
    using Kind = directory::HttpSuccessor::Kind;
    RequestFacts& request = needs_.at.request;
    if (request.service->description().forwards) {
        return find_other_service();
    }
    const directory::HttpSuccessor next = needs_.at.edge.routes.get().find_successor(*request.service);
    if (next.kind == Kind::same) {
        request.service = next.service->shared_from_this();
        excluded_.clear();
        return {Retry::now};
    }
    if (std::optional<Carrier> carrier = choose_carrier()) {
        return {Retry::now, std::move(carrier)};
    }
    return {next.kind == Kind::other ? Retry::never : Retry::wait};
}

// What is forwarded is the same whichever members have the host: no rule was applied. A client of this server, though,
// needs a request that was rewritten by its rules.
Placement::Successor Placement::find_other_service() {
    using Kind = directory::HttpMatch::Kind;
    RequestFacts& request = needs_.at.request;
    const directory::HttpMatch match =
        needs_.at.edge.routes.get().find(request.host, request.forwarded->path(), needs_.at.now());
    if (match.kind == Kind::service && match.service != request.service.get()) {
        if (!match.service->description().forwards) {
            return {Retry::anew};
        }
        request.service = match.service->shared_from_this();
        misses_ = 0;
        excluded_.clear();
        return {Retry::now};
    }
    if (match.kind == Kind::service && misses_ <= not_here_repeats_max) {
        if (std::optional<Carrier> carrier = choose_carrier()) {
            return {Retry::now, std::move(carrier)};
        }
    }
    return {Retry::wait};
}

// --- the member of a group ---

void Placement::read_sticky_of(const IncomingRequest& arrival) {
    const directory::HttpService::StickySettings& sticky = needs_.at.request.service->sticky();
    sticky_ = std::make_unique<Sticky>();
    if (sticky.by == wire::Sticky::address) {
        sticky_->address = directory::address_hash(arrival.forwarding.client());
        return;
    }
    for (const http::Field& field : arrival.head.fields) {
        if (field.known == http::FieldName::cookie && sticky_->tag.empty() && !sticky.cookie_name.empty()) {
            sticky_->tag = directory::cookie_in(field.value, sticky.cookie_name);
        }
    }
    if (sticky_->tag.empty() && !sticky.accepted_cookie_name.empty()) {
        read_accepted_cookie(arrival, sticky.accepted_cookie_name);
    }
}

void Placement::read_accepted_cookie(const IncomingRequest& arrival, std::string_view name) {
    for (const http::Field& field : arrival.head.fields) {
        const bool is_cookie = field.known == http::FieldName::cookie;
        const std::string_view tag = is_cookie ? directory::cookie_in(field.value, name) : std::string_view();
        if (!tag.empty() && !sticky_->is_accepted) {
            sticky_->tag = needs_.at.request.service->present_tag(tag);
            sticky_->is_accepted = true;
        }
    }
}

directory::BalanceContext Placement::balance_context() const noexcept {
    directory::BalanceContext context;
    if (needs_.at.request.service->is_shared()) {
        context.now = needs_.at.now();
        context.excluded_member = excluded_member_.get();
        context.hold = needs_.at.edge.settings().hold;
        if (sticky_) {
            context.sticky = {sticky_->address, sticky_->tag};
        }
    }
    return context;
}

std::optional<Placement::Carrier> Placement::choose_carrier() {
    record_asking();
    return needs_.at.request.service->choose(excluded_, &needs_.at.edge.worker, balance_context());
}

// A member that is asked for a connection, and has none, did not have the request.
void Placement::count_member(const std::shared_ptr<GroupMember>& member) {
    if (member == member_.shared()) {
        return;
    }
    if (repeats_ == 0) {
        member_.uncount();
    }
    member_ = directory::MemberVisit(member);
}

void Placement::record_outcome_of(const GroupMember& member, MemberOutcome outcome) {
    directory::HttpService* const service = needs_.at.request.service.get();
    if (!service->sticky().watches || (outcome == MemberOutcome::success && !member.is_watched())) {
        return;
    }
    Duration time{};
    const directory::HealthTransition transition = service->record_outcome(member, outcome, needs_.at.now(), time);
    const ExchangeShared& shared = *needs_.at.edge.shared;
    if (transition != directory::HealthTransition::none && shared.on_member) {
        const directory::HttpDescription& of = service->description();
        shared.on_member(directory::member_notice(member, transition, outcome, time, of.name, of.token_name));
    }
}

void Placement::put_member_of(const GroupMember& member, http::Edits& edits) const {
    ExchangeWorker& edge = needs_.at.edge;
    if (edge.settings().member_header) {
        (void)edits.set("X-FerroTunnel-Member", member.name());
    }
    const directory::HttpService& service = *needs_.at.request.service;
    const directory::HttpService::StickySettings& sticky = service.sticky();
    if (sticky.cookie_name.empty() || member.tag().empty() ||
        (sticky_ && sticky_->tag == member.tag() && !sticky_->is_accepted) ||
        (sticky_ && service.keeps_tag(balance_context()))) {
        return;
    }
    std::string cookie = sticky.cookie_name + '=' + member.tag() + "; Path=" + sticky.cookie_path;
    cookie.append("; HttpOnly; SameSite=Lax").append(needs_.at.request.by_tls ? "; Secure" : "");
    (void)edits.add("Set-Cookie", edge.keep(std::move(cookie)));
}

}  // namespace ferrotunnel::exchange
