// The request's half of an exchange: its events, their effects until a response begins, and failures.
// http_exchange_answer.cpp has the other half.
#include "exchange/http_exchange.hpp"

#include <array>
#include <string>

#include "base/check.hpp"
#include "buffer/spare_memory.hpp"
#include "http/canonical_path.hpp"
#include "http/certificate_fields.hpp"

namespace ferrotunnel::exchange {

using http::PageState;

HttpExchange::HttpExchange(ExchangeWorker& edge, const VisitorFacts& visitor, ExchangeOwner& owner)
    : owner_(owner), request_(edge.usual_settings(), visitor.https), at_{edge, visitor, request_}, response_(edge) {}

HttpExchange::~HttpExchange() {
    if (phase_ == Phase::elsewhere) {  // the member that serves the request has its line
        drop_backend();
        return;
    }
    record_.count(upload_.bytes());
    if (plugins_.run() || record_.is_recorded()) {
        const access::Outcome how = phase_ == Phase::done     ? access::Outcome::complete
                                    : phase_ == Phase::broken ? access::Outcome::cut
                                                              : access::Outcome::visitor_left;
        record_.write({how, upload_.bytes(), plugins_.run().get(), local_.code(), placement_.member_name()});
    }
    drop_backend();
}

void* HttpExchange::operator new(std::size_t) {
    return buffer::SpareMemory<buffer::spare_bytes_for<HttpExchange>>::take();
}

void HttpExchange::operator delete(void* memory) noexcept {
    buffer::SpareMemory<buffer::spare_bytes_for<HttpExchange>>::keep(memory);
}

// The phase determines where the request goes.
void HttpExchange::enter(Phase next) noexcept {
    using Route = RequestSender::Route;
    static constexpr std::array<Route, 14> routes{
        Route::later,  Route::later, Route::copy, Route::stream, Route::stream, Route::stream, Route::stream,
        Route::stream, Route::none,  Route::none, Route::none,   Route::none,   Route::none,   Route::none,
    };
    static_assert(routes.size() == static_cast<std::size_t>(Phase::elsewhere) + 1);
    phase_ = next;
    sender_.set_route(routes[static_cast<std::size_t>(next)]);
}

// --- events ---

// Everything from outside passes through here. The result of `action` may arrive while it runs (a refusal by the trunk,
// for example), so this may be entered again from within; the owner is notified once, by the outermost call, since it
// may end the exchange then. If memory runs out, or on a bug, only this exchange ends.
template <typename Action>
void HttpExchange::handle(Action action) noexcept {
    const bool outermost = !std::exchange(handling_, true);
    try {
        action();
    } catch (const std::exception&) {
        drop_backend();
        Deadline::cancel();
        enter(Phase::broken);
    }
    if (outermost) {
        handling_ = false;
        owner_.on_exchange();
    }
}

void HttpExchange::on_backend_event() noexcept {
    handle([this] {
        if (stream() && stream()->connected()) {
            placement_.settle();
            if (phase_ == Phase::waiting) {
                sender_.keep_within_bound();
            }
        }
        carry_out(upload_.pass());
        if (phase_ == Phase::opening) {
            if (stream()->state() == BackendStream::State::busy) {
                start_sending();
            } else if (stream()->open_failure()) {
                carry_out(placement_.refused());
            }
        }
    });
}

// The visitor has one share, used by the streams of its requests one after the other.
std::shared_ptr<shaping::VisitorShape> HttpExchange::shape_of_visitor(
    const std::shared_ptr<shaping::ServiceShape>& service) {
    if (!at_.visitor.shape || at_.visitor.shape->owner() != service) {
        at_.visitor.shape = std::make_shared<shaping::VisitorShape>(service);
    }
    return at_.visitor.shape;
}

void HttpExchange::on_connect_turn() noexcept {
    handle([this] { carry_out(placement_.open_in_turn()); });
}

// Services were added or removed: the request continues if its result differs from before.
void HttpExchange::on_change() noexcept {
    handle([this] {
        if (hold_.has_head()) {
            if (const std::unique_ptr<http::OwnedHead> kept = hold_.take_head()) {
                http::RequestHead head;
                kept->restore(head);
                arrive(head);
            }
            return;
        }
        if (request_.forwarded) {
            placement_.forget_refusals();
        }
        const Placement::Retry retry = continue_on_other_carrier();
        if (retry == Placement::Retry::never) {
            answer_locally(
                Refusal{PageState::no_client, {}, "another service replaced the one that the request waited for"});
        } else if (retry == Placement::Retry::wait && !hold_.wait_on(sizeof(HttpExchange))) {
            // Otherwise there is room: it has just left.
            answer_locally(Refusal{PageState::no_client, {}, "the server is shutting down"});
        }
    });
}

void HttpExchange::on_deadline() noexcept {
    handle([this] { check_deadline(); });
}

// A held response is examined when the owner requests it, which handle() makes it do.
void HttpExchange::on_decision() noexcept {
    handle([this] {
        if (phase_ == Phase::held && !upload_.is_collecting()) {
            resume_request_hooks();
        }
    });
}

bool HttpExchange::is_same_service(std::string_view path) const noexcept {
    const directory::HttpMatch match = at_.edge.routes.get().find(request_.host, path, at_.now());
    return match.kind == directory::HttpMatch::Kind::service && match.service == request_.service.get();
}

// --- the head ---

void HttpExchange::begin(const http::RequestHead& head) {
    EdgeCounters::add(at_.edge.counters.requests);
    request_.read(head, at_.edge.new_request_id());
    if (at_.visitor.certificate_source == CertificateSource::member && !at_.visitor.certificate) {
        at_.visitor.certificate = http::read_certificate(head);  // the same in each head of the connection
    }
    record_.begin(&head);
    upload_.begin(head);
    arrive(head);
}

void HttpExchange::arrive(const http::RequestHead& head) {
    const TimePoint now = at_.now();
    const bool owns_certificate = owns_certificate_fields(at_.visitor, *at_.edge.shared, request_.host);
    const http::Forwarding forwarding(head,
                                      forwarding_facts(at_.visitor, at_.edge.rules(), request_.id, owns_certificate));
    request_.apply_forwarding(forwarding);
    record_.apply_forwarding(forwarding.client());
    const IncomingRequest arrival = plugins_.incoming_request(head, forwarding, now);
    if (std::optional<EarlyReply> instead = pass_stages(arrival, request_)) {
        if (instead->wants_canonical_path) {  // nothing after this sees the path as the visitor wrote it
            const std::string path = http::canonical_path(head.target.path);
            check(path != head.target.path, "canonicalization changes the path, so it is not repeated");
            http::RequestHead canonical = head;
            canonical.target.path = path;
            arrive(canonical);
        } else if (instead->is_elsewhere) {
            enter(Phase::elsewhere);
        } else if (instead->hold_until > now && hold_.wait_with(head, instead->hold_until, phase_ != Phase::on_hold)) {
            enter(Phase::on_hold);
        } else {
            answer_locally(std::move(*instead));
        }
        return;
    }
    if (request_.service->description().forwards) {
        request_.forwarded = std::make_unique<const http::OwnedHead>(arrival.head);
        forward(arrival);  // its rules, plugins and members apply there
        return;
    }
    placement_.read_sticky(arrival);
    switch (plugins_.has_any() ? plugins_.begin(arrival) : ExchangePlugins::BeginResult::none) {
        case ExchangePlugins::BeginResult::asked:
            run_request_hooks(arrival);
            break;
        case ExchangePlugins::BeginResult::none:
            forward(arrival);
            break;
        case ExchangePlugins::BeginResult::gone:
            answer_locally(
                Refusal{PageState::busy, {}, "the service was just removed, with the plugins that guard it"});
            break;
    }
}

void HttpExchange::run_request_hooks(const IncomingRequest& arrival) {
    switch (plugins_.request(arrival.now)) {
        case hooks::Step::go_on:
            upload_.prepare();
            plugins_.with_changes(arrival, [this](const IncomingRequest& changed) { forward(changed); });
            return;
        case hooks::Step::answer:
            record_.mark(AccessRecord::Phase::decided, at_.now());
            answer_locally(plugins_.run()->take_reply());
            return;
        case hooks::Step::wait:
            enter(Phase::held);
            at_.edge.wheel.set(*this, plugins_.run()->wait_until());
            return;
        case hooks::Step::collect:
            enter(Phase::held);
            carry_out(upload_.collect(arrival.head.body));
            return;
    }
}

void HttpExchange::resume_request_hooks() {
    Deadline::cancel();
    plugins_.with_held([this](const IncomingRequest& held) { run_request_hooks(held); });
}

// Writes the head for the backend, keeps it, and sends the request on its way.
void HttpExchange::forward(const IncomingRequest& arrival) {
    enter(Phase::opening);
    record_.mark(AccessRecord::Phase::routed, at_.now());
    const std::size_t size =
        rewriting_.write_request(arrival, request_, plugins_.run().get(), record_.trace(), at_.edge);
    if (!sender_.keep_head(size)) {
        answer_locally(Refusal{PageState::busy, {}, "the requests that wait for backends use too much memory"});
        return;
    }
    upload_.send_early_end();
    carry_out(placement_.open());
}

// Continues, or holds, a request that was being sent when the last client of its service left: it is kept as it was
// written. False if it does not wait any more.
bool HttpExchange::wait_for_successor() {
    if (const Placement::Retry retry = continue_on_other_carrier(); retry != Placement::Retry::wait) {
        return retry == Placement::Retry::now;
    }
    if (!hold_.wait_for_successor(sizeof(HttpExchange), placement_.asked_since())) {
        return false;
    }
    enter(Phase::on_hold);
    return true;
}

// Continues a request if its service has another trunk by now, or a successor. `never`: there can be none for this
// request, since a plugin has begun to read its body, or another service has replaced its own.
Placement::Retry HttpExchange::continue_on_other_carrier() {
    if (upload_.is_with_plugins()) {
        return Placement::Retry::never;
    }
    Placement::Successor next = placement_.find_successor();
    if (next.retry == Placement::Retry::anew) {
        if (!upload_.can_restart()) {
            return Placement::Retry::never;
        }
        Deadline::cancel();
        placement_.stop_forwarding();
        sender_.restart();
        upload_.restart();
        const std::unique_ptr<const http::OwnedHead> kept = std::move(request_.forwarded);
        http::RequestHead head;
        kept->restore(head);
        arrive(head);
        return Placement::Retry::now;
    }
    if (next.retry != Placement::Retry::now) {
        return next.retry;
    }
    Deadline::cancel();
    enter(Phase::opening);
    upload_.send_early_end();
    carry_out(next.carrier ? placement_.open_again(std::move(next.carrier)) : placement_.open());
    return Placement::Retry::now;
}

// --- the connection to the backend ---

void HttpExchange::carry_out(Placement::Result result) {
    switch (result) {
        case Placement::Result::connected:
            start_sending();
            return;
        case Placement::Result::pending:
            return;
        case Placement::Result::full:
            answer_locally(
                Refusal{PageState::busy, {}, "no tunnel connection of the client has room for another stream"});
            return;
        case Placement::Result::gone:
            if (at_.visitor.from_member && effect() == Effect::none) {
                enter(Phase::elsewhere);
            } else if (at_.visitor.from_member || !wait_for_successor()) {
                answer_locally(Refusal{PageState::no_client, {}, "the client has no tunnel connection left"});
            }
            return;
        case Placement::Result::unhealthy:
            answer_locally(Refusal{PageState::no_client, "unhealthy", "the backend of the service is unhealthy"});
            return;
        case Placement::Result::over_quota: {
            const std::string why = "the token " + request_.service->description().token_name +
                                    " has reached its limit of visitors or of new visitors";
            answer_locally(Refusal{PageState::busy, "quota", why});
            return;
        }
    }
}

void HttpExchange::start_sending() {
    enter(Phase::waiting);
    timer_.progress();
    sender_.replay(placement_.repeats() == 0);
    const bool is_connected = stream()->connected();
    timer_.watch_answer(is_connected);
    if (is_connected) {
        sender_.keep_within_bound();
    }
    carry_out(upload_.pass());
}

void HttpExchange::drop_backend() noexcept {
    hold_.leave();
    placement_.drop(abort_code_);
}

// --- the body ---

bool HttpExchange::accepts_body() {
    carry_out(upload_.pass());
    return upload_.accepts();
}

bool HttpExchange::allows_body_pause() const noexcept {
    return record_.has_answer() || (request_.is_stream && sender_.has_stream()) ||
           (phase_ == Phase::held && !upload_.is_collecting()) || phase_ == Phase::opening ||
           phase_ == Phase::on_hold || upload_.awaits_continue() ||
           (stream() && (!stream()->can_send() || stream()->is_throttled()));
}

void HttpExchange::body(buffer::Slice payload, bool headroom) {
    timer_.progress();
    if (phase_ == Phase::switched) {
        upload_.count(payload.size());
        stream()->send(std::move(payload), headroom);
    } else {
        carry_out(upload_.put(std::move(payload), headroom));
    }
}

void HttpExchange::body_end(const http::Fields* trailers) {
    if (phase_ == Phase::switched) {
        stream()->finish();
        return;
    }
    timer_.progress();
    carry_out(upload_.end(trailers));
}

// If the body cannot be sent completely, the backend sees a reset, so that it does not mistake the part for the whole.
void HttpExchange::carry_out(Upload::Result why) {
    if (why == Upload::Result::going) {
        return;
    }
    const auto refuse_body = [this](PageState state, std::string_view code, std::string_view text) {
        if (record_.has_answer()) {
            (void)cut(text);
        } else {
            refuse(state, code, text, request_.context.method);
        }
    };
    switch (why) {
        case Upload::Result::going:
            return;
        case Upload::Result::collected:
            resume_request_hooks();
            return;
        case Upload::Result::too_large:
            refuse_body(PageState::body_too_large, {}, "the request body is larger than the service accepts");
            return;
        case Upload::Result::too_large_declared:
            refuse_body(PageState::body_too_large, {},
                        "the request declares a body that is larger than a plugin accepts");
            return;
        case Upload::Result::too_large_collected:
            refuse_body(PageState::body_too_large, {}, "the request body is larger than a plugin accepts");
            return;
        case Upload::Result::no_room:
            refuse_body(PageState::busy, {}, "the bodies collected for plugins use too much memory");
            return;
        case Upload::Result::failed:  // if none of it was sent, nothing has acted on it
            refuse_body(upload_.has_begun() ? PageState::internal_error : PageState::plugin_failed, "plugin_failed",
                        "a plugin failed on the body of a request");
            upload_.drop();
            return;
    }
}

// --- failures and time ---

void HttpExchange::fail(const Failure& failure) {
    placement_.record_outcome(failure.outcome);
    if (failure.outcome == directory::MemberOutcome::refused && phase_ == Phase::waiting && retries_.can_repeat()) {
        if (std::optional<Placement::Carrier> carrier = placement_.choose_other_member()) {
            drop_backend();
            enter(Phase::opening);
            carry_out(placement_.open_fresh(std::move(carrier)));
            return;
        }
    }
    if (phase_ != Phase::waiting || !retries_.may_repeat(failure)) {
        const bool waits = failure.not_here && phase_ == Phase::waiting && retries_.can_repeat(forwards_max);
        // The client rejects new connections without reading them: it is moving to another member, which the entry
        // finds.
        const bool is_elsewhere = at_.visitor.from_member && phase_ == Phase::waiting && failure.not_delivered &&
                                  failure.state == PageState::no_client && effect() != Effect::certain;
        if (waits) {  // as for a client that is offline
            placement_.record_miss();
        }
        drop_backend();
        if (is_elsewhere) {
            enter(Phase::elsewhere);
        } else if (!waits || !wait_for_successor()) {
            answer_locally(static_cast<const Refusal&>(failure));
        }
        return;
    }
    retries_.stop_awaiting_delivery_report();
    placement_.record_retry(failure);
    drop_backend();
    enter(Phase::opening);
    carry_out(placement_.open_again());
}

void HttpExchange::check_deadline() {
    switch (phase_) {
        case Phase::on_hold:
            hold_.expire();
            answer_locally(Refusal{PageState::no_client, {}, "the client of this host did not reconnect in time"});
            return;
        case Phase::held:
            plugins_.run()->expire();
            resume_request_hooks();
            return;
        case Phase::held_head:
        case Phase::held_page:
            plugins_.run()->expire();
            return;
        case Phase::gathering:
            download_.stop_gathering();
            enter(Phase::held_head);
            return;
        case Phase::opening:
        case Phase::waiting:
            check_backend();
            return;
        case Phase::switched:
            if (timer_.is_idle_too_long()) {
                (void)cut("the connection was idle for too long after the protocol switch");
            } else {
                timer_.watch_idle();
            }
            return;
        case Phase::answering:
        case Phase::page_head:
        case Phase::page_body:
        case Phase::done:
        case Phase::broken:
        case Phase::elsewhere:
            return;
    }
}

// Checks the deadlines of the backend: for a connection, then for a response. While the exchange waits for the
// visitor's body, the visitor's connection checks its pace instead.
void HttpExchange::check_backend() {
    if (retries_.awaits_delivery_report()) {
        fail(closed_failure(false));
        return;
    }
    if (placement_.is_waiting_to_connect()) {
        if (!placement_.extend_wait()) {
            answer_locally(Refusal{PageState::busy, {}, "no connection to the backend became free in time"});
        }
        return;
    }
    const bool is_connected = phase_ == Phase::waiting && stream()->connected();
    if (!is_connected && (phase_ == Phase::opening || !timer_.may_connect())) {
        if (placement_.has_lost_carrier()) {
            fail(lost_failure());
            return;
        }
        sender_.forget_copy();
        fail(connect_failure());
        return;
    }
    const bool backends_turn = is_connected && !stream()->is_throttled() &&
                               (upload_.has_ended() || upload_.awaits_continue() || !stream()->can_send());
    if (backends_turn && timer_.is_answer_due()) {
        sender_.forget_copy();  // the backend may be processing it, however slowly
        fail(slow_failure());
        return;
    }
    if (!backends_turn) {
        timer_.progress();
    }
    timer_.watch_answer(is_connected);
}

}  // namespace ferrotunnel::exchange
