// The request's half of an exchange: its stages, and what is sent to the backend. http_exchange_stream.cpp has the
// stream there, http_exchange_answer.cpp the other half, http_exchange_failure.cpp failures and deadlines,
// http_exchange_plugins.cpp what plugins decide.
#include "exchange/http_exchange.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "buffer/spare_memory.hpp"
#include "exchange/request_counts.hpp"
#include "http/canonical_path.hpp"
#include "http/chunked.hpp"
#include "http/forwarding.hpp"

namespace ferrotunnel::exchange {

using http::BodyKind;
using http::PageState;

namespace {

/// Copies `bytes` in pieces for DATA frames, each with room for the frame's header before it, and gives them to `take`.
template <typename Take>
void copy_framed(std::string_view bytes, const Take& take) {
    constexpr std::size_t header = limits::frame_header_bytes;
    const std::size_t frames = (bytes.size() + limits::data_payload_max - 1) / limits::data_payload_max;
    buffer::SlabPtr slab = buffer::make_slab(static_cast<std::uint32_t>(bytes.size() + frames * header));
    std::size_t at = 0;
    while (!bytes.empty()) {
        const std::size_t n = std::min(bytes.size(), limits::data_payload_max);
        at += header;
        std::memcpy(slab->data() + at, bytes.data(), n);
        take(buffer::Slice(slab, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(n)));
        bytes.remove_prefix(n);
        at += n;
    }
}

}  // namespace

HttpExchange::HttpExchange(ExchangeWorker& edge, const VisitorFacts& visitor, ExchangeOwner& owner)
    : edge_(edge),
      visitor_(visitor),
      owner_(owner),
      request_(edge.settings().service, visitor.https),
      kept_(edge.kept_bytes),
      response_(edge) {}

HttpExchange::~HttpExchange() {
    count_answer(edge_, request_, answer_status_, edge_.worker.now() - begun_at_);
    count_visitor(edge_, request_, visitor_.wire, body_bytes_ + answer_bytes_);
    if (run_ || access_.has_begun()) {
        tell_end();
    }
    drop_backend();
}

// Tells plugins and the log how the exchange has ended.
void HttpExchange::tell_end() noexcept {
    const hooks::Outcome outcome{answer_status_, state_ == State::done, body_bytes_, answer_bytes_,
                                 edge_.worker.now() - begun_at_};
    if (run_) {
        run_->close(outcome);
    }
    const access::Outcome how = state_ == State::done     ? access::Outcome::complete
                                : state_ == State::broken ? access::Outcome::cut
                                                          : access::Outcome::visitor_left;
    const std::string_view member = member_.member() != nullptr ? member_.member()->name() : std::string_view();
    access_.write(request_, visitor_, {outcome, how, local_.code(), member}, begun_at_, edge_.log);
}

void* HttpExchange::operator new(std::size_t) {
    return buffer::SpareMemory<buffer::spare_bytes_for<HttpExchange>>::take();
}

void HttpExchange::operator delete(void* memory) noexcept {
    buffer::SpareMemory<buffer::spare_bytes_for<HttpExchange>>::keep(memory);
}

// --- beginning ---

void HttpExchange::begin(const http::RequestHead& head) {
    EdgeCounters::add(edge_.counters.requests);
    request_.read(head, edge_.new_request_id());
    access_.begin(&head, edge_, visitor_);
    begun_at_ = edge_.worker.now();
    awaits_continue_ = head.expects_continue && head.body.kind != BodyKind::none;
    arrive(head);
}

void HttpExchange::arrive(const http::RequestHead& head) {
    const TimePoint now = edge_.worker.now();
    const http::Forwarding forwarding(head, forwarding_facts(visitor_, edge_.rules(), request_.id));
    request_.believe(forwarding);
    access_.believe(forwarding.client());
    const Arrival arrival{head, forwarding, visitor_, edge_.rules(), *edge_.shared, edge_.routes.get(), now};
    if (std::optional<Instead> instead = pass_stages(arrival, request_)) {
        if (instead->wants_canonical_path) {
            arrive_canonically(head);
            return;
        }
        if (instead->hold_until <= now || !put_on_hold(head, instead->hold_until)) {
            answer_instead(std::move(*instead));
        }
        return;
    }
    read_stay(arrival);
    if (edge_.hooks == nullptr && !request_.service->description().asked.are_asked_for()) {
        forward(arrival);
    } else {
        begin_run(arrival);
    }
}

// Continues with the path in canonical form: from here on nothing sees it as the visitor wrote it.
void HttpExchange::arrive_canonically(const http::RequestHead& head) {
    const std::string path = http::canonical_path(head.target.path);
    check(path != head.target.path, "the path is not canonical yet");
    http::RequestHead canonical = head;
    canonical.target.path = path;
    arrive(canonical);
}

// Makes the request wait for its service to come back. False: there is no room for it.
bool HttpExchange::put_on_hold(const http::RequestHead& head, TimePoint until) {
    auto kept = std::make_unique<http::KeptHead>(head);
    if (!edge_.hold.enter(*this, kept->bytes())) {
        return false;
    }
    if (state_ != State::on_hold) {
        EdgeCounters::add(edge_.counters.held);
    }
    state_ = State::on_hold;
    waiting_head_ = std::move(kept);
    edge_.wheel.set(*this, until);
    return true;
}

void HttpExchange::on_change() noexcept {
    handle([this] {
        if (waiting_head_) {
            look_at_hold();
            return;
        }
        const Elsewhere elsewhere = go_on_elsewhere();
        if (elsewhere == Elsewhere::nobody) {
            give_page({http::PageState::no_client, {}, "another service has its place"});
        } else if (elsewhere == Elsewhere::nobody_yet && !edge_.hold.enter(*this, sizeof(HttpExchange))) {
            give_page({http::PageState::no_client, {}, "the server ends"});  // else there is room: it has just left
        }
    });
}

// Called when services have come or gone: the request continues where there is another word on it than before.
void HttpExchange::look_at_hold() {
    http::RequestHead head;
    waiting_head_->restore(head);
    using Kind = directory::HttpMatch::Kind;
    const bool is_away =
        edge_.routes.get().find(request_.host, head.target.path, edge_.worker.now()).kind == Kind::away;
    if (is_away && edge_.hold.enter(*this, waiting_head_->bytes())) {
        return;
    }
    runtime::Deadline::cancel();
    const std::unique_ptr<http::KeptHead> kept = std::move(waiting_head_);  // `head` points into it
    arrive(head);
}

// Makes a request continue, or wait, that was on its way when the last client of its service went: it is kept as it was
// written. False: it waits no longer.
bool HttpExchange::wait_for_successor() {
    if (const Elsewhere elsewhere = go_on_elsewhere(); elsewhere != Elsewhere::nobody_yet) {
        return elsewhere == Elsewhere::goes_on;
    }
    const TimePoint now = edge_.worker.now();
    hold_until_ = hold_until_ == TimePoint{} ? now + edge_.settings().hold : hold_until_;
    if (now >= hold_until_ || !edge_.hold.enter(*this, sizeof(HttpExchange))) {
        return false;
    }
    EdgeCounters::add(edge_.counters.held);
    state_ = State::on_hold;
    edge_.wheel.set(*this, hold_until_);
    return true;
}

// Makes a request continue if its service has another trunk by now, or a successor. `nobody`: none will come that the
// request is for, since a plugin has begun to read its body, or another service has the place.
HttpExchange::Elsewhere HttpExchange::go_on_elsewhere() {
    if (upload_) {
        return Elsewhere::nobody;
    }
    std::optional<directory::HttpService::Carrier> carrier;
    const directory::HttpSuccessor next = edge_.routes.get().find_successor(*request_.service);
    if (next.kind == directory::HttpSuccessor::Kind::same) {
        request_.service = next.service->shared_from_this();
        passed_.clear();
    } else if (carrier = choose_carrier(); !carrier) {
        return next.kind == directory::HttpSuccessor::Kind::other ? Elsewhere::nobody : Elsewhere::nobody_yet;
    }
    runtime::Deadline::cancel();
    state_ = State::opening;
    tell_early_end();
    if (carrier) {
        open_again(std::move(carrier));
    } else {
        open(false);
    }
    return Elsewhere::goes_on;
}

// Sends the request on its way to its backend.
void HttpExchange::forward(const Arrival& arrival) {
    state_ = State::opening;
    access_.mark(AccessLine::Phase::routed, edge_.worker.now());
    if (!keep_head(arrival)) {
        return;
    }
    tell_early_end();
    open(false);
}

// Tells of a body that has ended while the request waited: whatever plugins make of it has its end from them.
void HttpExchange::tell_early_end() {
    if (!std::exchange(end_is_due_, false)) {
        return;
    }
    if (upload_) {
        upload_->trailers = early_trailers_;
    } else {
        send_end(early_trailers_);
    }
}

// Writes the head for the backend, and keeps it. False: the request was answered instead.
bool HttpExchange::keep_head(const Arrival& arrival) {
    const std::size_t size = rewriting_.write_request(arrival, request_, run_.get(), access_.trace(), edge_);
    copy_framed({edge_.head_room().data(), size}, [this](buffer::Slice piece) { kept_.add_head(std::move(piece)); });
    if (edge_.kept_bytes.now > KeptBytes::waiting_max) {
        give_page({PageState::busy, {}, "the requests that wait for their backends take too much"});
        return false;
    }
    return true;
}

// --- the body ---

// Whether the request has a stream on which it is sent.
bool HttpExchange::has_stream() const noexcept {
    return state_ == State::waiting || state_ == State::gathering || state_ == State::held_head ||
           state_ == State::answering || state_ == State::switched;
}

bool HttpExchange::takes_body() {
    return upload_ ? takes_upload() : can_send();
}

// Whether the stream takes a piece. False: there is none, or its wake is armed for the moment when it does.
bool HttpExchange::can_send() {
    if (!has_stream()) {
        return false;
    }
    while (!backend_->can_send()) {
        // After a reset the answer ends with the reset: whatever is to be said is said there.
        if (backend_->send_is_dead() || backend_->park_send()) {
            return false;
        }
    }
    return backend_->has_turn();
}

bool HttpExchange::lets_visitor_pause() const noexcept {
    return head_given_ || (request_.is_stream && has_stream()) ||
           (state_ == State::held && !(upload_ && upload_->is_collecting)) || state_ == State::opening ||
           state_ == State::on_hold || awaits_continue_ ||
           (backend_ && (!backend_->can_send() || backend_->awaits_turn()));
}

void HttpExchange::body(buffer::Slice payload, bool headroom) {
    awaits_continue_ = false;
    progress_at_ = edge_.worker.now();
    body_bytes_ += payload.size();
    if (state_ == State::switched) {
        backend_->send(std::move(payload), headroom);
        return;
    }
    if (body_bytes_ > request_.settings.body_bytes_max) {
        give_up_body();
        return;
    }
    if (upload_) {
        upload(std::move(payload), headroom);
        return;
    }
    send_body(std::move(payload), headroom);
}

void HttpExchange::send_body(buffer::Slice payload, bool headroom) {
    if (request_.body.kind == BodyKind::chunked) {
        const http::ChunkHead chunk(payload.size());
        std::string text(chunk_open_ ? http::chunk_end : std::string_view());
        send_text(text.append(chunk.text()));
        chunk_open_ = true;
    }
    send(std::move(payload), headroom);
}

// The backend sees a reset, so that it does not take what it has of the body for the whole.
void HttpExchange::give_up_body() {
    constexpr std::string_view why = "the body of a request is larger than its service takes";
    if (head_given_) {
        (void)cut(why);
    } else {
        refuse(PageState::body_too_large, {}, why, request_.context.method);
    }
}

void HttpExchange::body_end(const http::Fields* trailers) {
    if (state_ == State::switched) {
        backend_->finish();
        return;
    }
    body_ended_ = true;
    awaits_continue_ = false;
    progress_at_ = edge_.worker.now();
    if (upload_) {
        end_upload(trailers);
    } else if (state_ == State::held || state_ == State::on_hold) {
        end_is_due_ = true;
        early_trailers_ = trailers;
    } else {
        send_end(trailers);
    }
}

// Sends what ends a chunked body.
void HttpExchange::send_end(const http::Fields* trailers) {
    const bool sends = state_ == State::opening || has_stream();
    if (request_.body.kind != BodyKind::chunked || !sends) {
        return;
    }
    std::string text(std::exchange(chunk_open_, false) ? http::chunk_end : std::string_view());
    if (trailers == nullptr || trailers->empty()) {
        send_text(text.append(http::last_chunk));
        return;
    }
    const TrailerRules rules{request_.service->description().rules.request_headers, run_.get(),
                             &hooks::HttpRun::put_request};
    send_text(text.append(write_trailers(*trailers, rules, request_.hops, edge_)));
}

void HttpExchange::send_text(std::string_view text) {
    copy_framed(text, [this](buffer::Slice piece) { send(std::move(piece), true); });
}

void HttpExchange::send(buffer::Slice payload, bool headroom) {
    const bool is_sent = state_ != State::opening;  // otherwise all of it is sent when there is a stream
    kept_.add_body(payload, edge_.settings().replay_bytes_max, is_sent);
    if (is_sent) {
        backend_->send(std::move(payload), headroom);
    }
}

void HttpExchange::flush() {
    if (!has_stream() || !backend_) {
        return;
    }
    if (std::exchange(chunk_open_, false)) {
        send_text(http::chunk_end);
    }
    backend_->flush();
}

}  // namespace ferrotunnel::exchange
