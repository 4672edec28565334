#include "ingress/http2_stream.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "base/limits.hpp"
#include "ingress/answer_head.hpp"
#include "ingress/websocket_key.hpp"
#include "wire/http2_code.hpp"

namespace ferrotunnel::ingress {

using exchange::Answer;
using http::BodyKind;
using http::PageState;

Http2Stream::~Http2Stream() {
    needs_.edge.lingering.end(*this);
}

// The transitions of the diagram in the header.
bool Http2Stream::follows(Stage from, Stage to) noexcept {
    switch (to) {
        case Stage::awaited:
            return false;
        case Stage::replaced:
            return from == Stage::awaited;
        case Stage::body:
        case Stage::bodiless:
            return from == Stage::awaited || from == Stage::replaced;
        case Stage::sent:
            return from == Stage::body || from == Stage::bodiless;
        case Stage::lingering:
            return from == Stage::sent;
        case Stage::cut:
            return from == Stage::lingering;
        case Stage::closed:
            return from != Stage::closed;
    }
    return false;
}

void Http2Stream::enter(Stage next) noexcept {
    assert(follows(stage_, next));
    stage_ = next;
}

void Http2Stream::begin(h2::RequestText& text, http::Fault fault, bool has_body) {
    upload_ = has_body ? Upload::coming : Upload::ended;
    if (fault != http::Fault::none) {
        make_exchange();
        refuse(http::refusal_of(fault), text.method());
        return;
    }
    if (text.is_websocket()) {
        const std::string key = new_websocket_key(needs_.edge.shared->random);
        text.add_websocket_key(key);
        accept_ = websocket_accept_of(key);
    }
    begin_exchange(text.text());
}

void Http2Stream::make_exchange() {
    exchange_ = std::make_unique<exchange::HttpExchange>(needs_.edge, needs_.visitor,
                                                         static_cast<exchange::ExchangeOwner&>(*this));
    needs_.connection.ready(*this);
}

void Http2Stream::begin_exchange(std::string_view text) {
    EdgeWorker& edge = needs_.edge;
    std::unique_ptr<http::RequestParser> parser = edge.acquire_request_parser();
    if (parser->parse(text) != http::ParseState::complete) {
        make_exchange();
        refuse(parser->refusal(), parser->method());
    } else if (const http::Body body = parser->head().body;
               !has_ended() && body.kind == BodyKind::length && body.length == 0) {
        held_ = std::make_unique<std::string>(text);
        due_ = edge.worker.now() + edge.settings().head_timeout;
        set_timer();
    } else {
        make_exchange();
        exchange_->begin(parser->head());
        if (is_websocket()) {
            exchange_->body_end(nullptr);
        } else {
            if (!has_ended()) {
                due_ = pace_.begin(exchange_->settings(), edge.worker.now(), exchange_->allows_body_pause());
                set_timer();
            }
            end_body();
        }
    }
    edge.release_parser(std::move(parser));
}

void Http2Stream::refuse(const http::Refusal& refusal, http::Method method) {
    exchange::EdgeCounters::add(needs_.edge.counters.requests_refused);
    stop_body();
    exchange_->refuse(http::page_state_of(refusal.status), refusal.code, refusal.text, method);
}

void Http2Stream::on_exchange() noexcept {
    needs_.connection.ready(*this);
}

void Http2Stream::move() {
    if (is_closed()) {
        return;
    }
    if (is_answered()) {
        linger();
        return;
    }
    if (exchange_) {
        feed_waiting();
        if (pace_.is_waiting()) {
            pace_.set_waiting(!waiting_.empty() || exchange_->allows_body_pause(), needs_.edge.worker.now());
        }
    }
    if (awaits_head() && !take_head()) {
        return;
    }
    if (stage_ == Stage::bodiless) {
        finish_bodiless();
    } else if (answer_.wake()) {
        needs_.session.resume(*this);
    }
    if (exchange_) {
        exchange_->flush();
    }
}

// --- the request's body ---

void Http2Stream::on_body(std::string_view bytes) {
    pace_.received(bytes.size(), needs_.edge.worker.now());
    needs_.connection.ready(*this);
    if (!exchange_ || !wants_body() || is_answered()) {
        return;  // returned when the stream lingers, or closes
    }
    if (waiting_.empty() && accepts_body()) {
        bool headroom = false;
        const std::size_t size = bytes.size();
        exchange_->body(needs_.connection.slice_input(bytes, headroom), headroom);
        needs_.session.consumed(*this, size);
        return;
    }
    pace_.set_waiting(true, needs_.edge.worker.now());
    waiting_.append(bytes);
}

bool Http2Stream::accepts_body() {
    return (!is_websocket() || exchange_->switched()) && exchange_->accepts_body();
}

void Http2Stream::feed_waiting() {
    while (waiting_at_ < waiting_.size() && wants_body() && accepts_body()) {
        const std::size_t size = std::min(waiting_.size() - waiting_at_, limits::data_payload_max);
        constexpr auto headroom = static_cast<std::uint32_t>(limits::frame_header_bytes);
        buffer::SlabPtr slab = buffer::make_slab(headroom + static_cast<std::uint32_t>(size));
        std::memcpy(slab->data() + headroom, waiting_.data() + waiting_at_, size);
        waiting_at_ += size;
        exchange_->body({std::move(slab), headroom, static_cast<std::uint32_t>(size)}, true);
        needs_.session.consumed(*this, size);
    }
    if (waiting_at_ == waiting_.size()) {
        std::string().swap(waiting_);
        waiting_at_ = 0;
        end_body();
        if (wants_body() && accepts_body()) {
            exchange_->pause_body();
        }
    } else if (waiting_at_ > waiting_.size() / 2) {
        waiting_.erase(0, std::exchange(waiting_at_, 0));
    }
}

void Http2Stream::on_body_end(std::string_view trailers) {
    upload_ = wants_body() ? Upload::ended : Upload::over;
    needs_.connection.ready(*this);
    if (!trailers.empty() && (exchange_ || held_)) {
        read_trailers(trailers);
    }
    if (const std::unique_ptr<std::string> head = std::move(held_); head && wants_body()) {
        begin_exchange(*head);
    }
}

void Http2Stream::read_trailers(std::string_view trailers) {
    trailers_ = std::make_unique<http::BodyReader>(http::Body{BodyKind::chunked, 0});
    if (is_websocket()) {
        trailers = {};  // only DATA is allowed there: they are ignored
    }
    while (!trailers.empty() && trailers_->state() == http::BodyState::more) {
        trailers.remove_prefix(trailers_->next(trailers).consumed);
    }
    if (trailers_->state() != http::BodyState::complete && wants_body()) {
        stop_body();
        reset(NGHTTP2_PROTOCOL_ERROR);
    }
}

void Http2Stream::end_body() {
    if (upload_ == Upload::ended && waiting_.empty() && (!is_websocket() || accepts_body())) {
        upload_ = Upload::over;
        due_ = never;
        set_timer();
        exchange_->body_end(trailers_ ? &trailers_->trailers() : nullptr);
    }
}

// --- the response ---

// Gives out heads. False if the head of the response is not there yet, or there is none.
bool Http2Stream::take_head() {
    while (exchange_ && awaits_head()) {
        const Answer answer = exchange_->next();
        switch (answer.kind) {
            case Answer::Kind::interim: {
                h2::FieldList fields;
                h2::read_answer(written(needs_.edge, interim_head(answer, http::Version::http11)), fields);
                needs_.session.interim(*this, fields);
                break;
            }
            case Answer::Kind::head:
                write_head(answer);
                break;
            case Answer::Kind::later:
                needs_.connection.ready(*this);
                needs_.connection.request_yield();
                [[fallthrough]];
            case Answer::Kind::nothing:
                exchange_->flush();
                return false;
            case Answer::Kind::data:
            case Answer::Kind::end:
            case Answer::Kind::broken:
            case Answer::Kind::elsewhere:
                reset(error_of(answer.code));
                return false;
        }
    }
    return !awaits_head();
}

void Http2Stream::write_head(const Answer& answer) {
    if (refuses_websocket(answer) && stage_ == Stage::awaited) {
        enter(Stage::replaced);
        exchange_->refuse(PageState::backend_broken, "not_websocket",
                          "the backend did not switch to WebSocket, but responded as to an ordinary request",
                          http::Method::get);
        return;
    }
    http::ResponseOut out = answer_head(answer, http::Version::http11, true);
    if (answer.is_trailers_only && !answer.length_is_unknown) {
        out.body = {};  // without a length, which would be metadata too
        out.content_length.reset();
    }
    const bool is_switch = exchange_->switched();
    const bool has_body =
        is_switch || (out.body.kind != BodyKind::none && !(out.body.kind == BodyKind::length && out.body.length == 0));
    enter(has_body ? Stage::body : Stage::bodiless);
    h2::FieldList fields;
    (is_switch ? h2::read_switch : h2::read_answer)(written(needs_.edge, out), fields);
    needs_.session.answer(*this, fields, has_body);
    if (is_switch) {
        needs_.connection.ready(*this);  // what waited for this can be sent now
    }
    if (has_body) {
        set_stall(needs_.edge.worker.now() + needs_.edge.settings().write_timeout);
    }
}

// Whether a 2xx response, which reports an open WebSocket, would be wrong. Checks the fields as the backend sent them:
// the rules' changes are for visitors.
bool Http2Stream::refuses_websocket(const Answer& answer) const noexcept {
    if (!is_websocket()) {
        return false;
    }
    return exchange_->switched() ? answer.head->fields.first("Sec-WebSocket-Accept") != accept_
                                 : answer.status / 100 == 2;
}

// The head is all that the visitor gets; the exchange ends in order.
void Http2Stream::finish_bodiless() {
    while (exchange_) {
        const Answer answer = exchange_->next();
        if (answer.kind == Answer::Kind::nothing) {
            return;
        }
        if (answer.kind == Answer::Kind::later) {
            needs_.connection.ready(*this);
            needs_.connection.request_yield();
            return;
        }
        if (answer.kind != Answer::Kind::data) {
            exchange_.reset();
        }
    }
}

// Fetches the next piece of the response's body, if it is there.
void Http2Stream::fetch() {
    while (exchange_ && answer_.wants_piece()) {
        Answer answer = exchange_->next();
        switch (answer.kind) {
            case Answer::Kind::data:
                answer_.add(std::move(answer.data));
                break;
            case Answer::Kind::end: {
                const bool has_trailers = answer.trailers != nullptr && !answer.trailers->empty();
                answer_.end(has_trailers ? std::make_unique<std::string>(exchange_->answer_trailers(*answer.trailers))
                                         : nullptr);
                exchange_.reset();
                break;
            }
            case Answer::Kind::later:
                needs_.connection.ready(*this);
                needs_.connection.request_yield();
                return;
            case Answer::Kind::nothing:
                return;
            case Answer::Kind::interim:
            case Answer::Kind::head:
            case Answer::Kind::broken:
            case Answer::Kind::elsewhere:
                answer_.fail(error_of(answer.code));
                exchange_.reset();
                break;
        }
    }
}

// The code for resetting a broken response's stream: the backend's own, if it speaks HTTP/2. The end of a connection
// behind a WebSocket is CANCEL (RFC 8441, 5).
std::uint32_t Http2Stream::error_of(wire::Code code) const noexcept {
    return wire::http2_error_of(code).value_or(is_websocket() ? NGHTTP2_CANCEL : NGHTTP2_INTERNAL_ERROR);
}

h2::Supply Http2Stream::supply(std::size_t most) {
    const h2::Supply supply = answer_.supply(most, [this] { fetch(); });
    const bool waits =
        supply.kind == h2::Supply::Kind::bytes && !supply.is_end;  // otherwise nothing waits for the visitor
    set_stall(waits ? needs_.edge.worker.now() + needs_.edge.settings().write_timeout : never);
    return supply;
}

void Http2Stream::give(std::string_view frame_header, std::size_t size) {
    needs_.connection.add(frame_header, answer_.take(size));
}

// --- ends ---

void Http2Stream::reset(std::uint32_t code) {
    exchange_.reset();
    needs_.session.reset(*this, code);
}

// The rest of the request is not needed. A reset would report that (RFC 9113, 8.1), but some clients that are still
// writing, curl 7.88 among them, then report the reset and not the response.
void Http2Stream::on_answer_sent() noexcept {
    if (is_websocket()) {
        reset(NGHTTP2_NO_ERROR);
        return;
    }
    enter(Stage::sent);
    needs_.connection.ready(*this);
}

// Discards the part of the body that has arrived since the last call.
void Http2Stream::linger() {
    if (stage_ == Stage::cut) {
        return;
    }
    EdgeWorker& edge = needs_.edge;
    if (stage_ == Stage::sent) {
        enter(Stage::lingering);
        exchange_.reset();
        std::string().swap(waiting_);
        stall_ = never;
        due_ = edge.lingering.begin(*this, edge.settings(), edge.worker.now());
    }
    if (const std::size_t bytes = needs_.session.consume_all(*this); bytes > 0) {
        due_ = edge.lingering.discarded(*this, bytes, edge.settings(), edge.worker.now());
    }
    set_timer();
}

void Http2Stream::cut_lingering() noexcept {
    enter(Stage::cut);
    due_ = never;
    set_timer();
    reset(NGHTTP2_NO_ERROR);
    needs_.connection.ready(*this);
}

void Http2Stream::on_closed(std::uint32_t code) noexcept {
    enter(Stage::closed);
    needs_.edge.lingering.end(*this);
    runtime::Deadline::cancel();
    if (exchange_ && code != NGHTTP2_NO_ERROR) {
        exchange_->on_visitor_reset(wire::code_of_http2(code));
        exchange::EdgeCounters::add(needs_.edge.counters.visitors_lost);
    }
    needs_.connection.ready(*this);
}

void Http2Stream::drop() noexcept {
    needs_.edge.lingering.end(*this);
    runtime::Deadline::cancel();
    exchange_.reset();
}

// --- time ---

void Http2Stream::set_timer() noexcept {
    needs_.edge.wheel.set(*this, std::min(due_, stall_));
}

void Http2Stream::set_stall(TimePoint when) noexcept {
    if (stall_ != when) {
        stall_ = when;
        set_timer();
    }
}

void Http2Stream::on_deadline() noexcept {
    const TimePoint now = needs_.edge.worker.now();
    needs_.connection.ready(*this);
    if (now >= stall_) {
        check_stall();
    } else if (now >= due_) {
        check_pace();
    } else {
        set_timer();
    }
}

// Called when nothing of the response was sent for a while. A stream that waits for its turn behind others continues to
// wait; one whose visitor has closed its window is dropped.
void Http2Stream::check_stall() {
    if (!needs_.session.is_flow_blocked(*this)) {
        set_stall(needs_.edge.worker.now() + needs_.edge.settings().write_timeout);
        return;
    }
    stall_ = never;
    static constexpr LogCategory answer_not_read{"answer_not_read"};
    if (needs_.edge.log.may_write(LogLevel::info, answer_not_read, needs_.edge.worker.now())) {
        needs_.edge.log.info("a visitor does not read its response", {{"visitor", needs_.visitor.address}});
    }
    exchange::EdgeCounters::add(needs_.edge.counters.visitors_lost);
    reset(NGHTTP2_CANCEL);
}

void Http2Stream::check_pace() {
    if (stage_ == Stage::lingering) {
        needs_.edge.lingering.end(*this);
        cut_lingering();
        return;
    }
    if (!exchange_) {
        due_ = never;
        if (held_) {
            reset(NGHTTP2_CANCEL);
        }
        return;
    }
    if (!wants_body()) {
        due_ = never;
        return;
    }
    const TimePoint now = needs_.edge.worker.now();
    due_ = pace_.check_progress(exchange_->settings(), now, exchange_->allows_body_pause());
    if (due_ > now) {
        set_timer();
        return;
    }
    due_ = never;
    stop_body();
    exchange_->refuse(PageState::request_timeout, "body_too_slow", "the request body arrives too slowly",
                      exchange_->method());
}

}  // namespace ferrotunnel::ingress
