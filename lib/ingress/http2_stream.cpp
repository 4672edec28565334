#include "ingress/http2_stream.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/limits.hpp"
#include "ingress/answer_head.hpp"
#include "ingress/http2_connection.hpp"
#include "ingress/websocket_key.hpp"
#include "wire/http2_code.hpp"

namespace ferrotunnel::ingress {

using exchange::Answer;
using http::BodyKind;
using http::PageState;

Http2Stream::~Http2Stream() {
    connection_.edge().lingering.end(*this);
}

void Http2Stream::begin(h2::RequestText& text, http::Fault fault, bool has_body) {
    body_ended_ = !has_body;
    if (fault != http::Fault::none) {
        make_exchange();
        refuse(http::refusal_of(fault), text.method());
        return;
    }
    if (text.is_websocket()) {
        const std::string key = new_websocket_key(connection_.edge().shared->random);
        text.add_websocket_key(key);
        accept_ = websocket_accept_of(key);
    }
    begin_exchange(text.text());
}

void Http2Stream::make_exchange() {
    exchange_ = std::make_unique<exchange::HttpExchange>(connection_.edge(), connection_.visitor(),
                                                         static_cast<exchange::ExchangeOwner&>(*this));
    connection_.ready(*this);
}

void Http2Stream::begin_exchange(std::string_view text) {
    EdgeWorker& edge = connection_.edge();
    std::unique_ptr<http::RequestParser> parser = edge.take_request_parser();
    if (parser->parse(text) != http::ParseState::complete) {
        make_exchange();
        refuse(parser->refusal(), parser->method());
    } else if (const http::Body body = parser->head().body;
               !body_ended_ && body.kind == BodyKind::length && body.length == 0) {
        held_ = std::make_unique<std::string>(text);
        due_ = edge.worker.now() + edge.settings().head;
        set_timer();
    } else {
        make_exchange();
        exchange_->begin(parser->head());
        if (is_websocket()) {
            exchange_->body_end(nullptr);
        } else {
            if (!body_ended_) {
                due_ = pace_.begin(exchange_->settings(), edge.worker.now(), exchange_->lets_visitor_pause());
                set_timer();
            }
            end_body();
        }
    }
    edge.give_back(std::move(parser));
}

void Http2Stream::refuse(const http::Refusal& refusal, http::Method method) {
    exchange::EdgeCounters::add(connection_.edge().counters.requests_refused);
    end_given_ = true;  // nothing of the body is wanted
    exchange_->refuse(http::page_state_of(refusal.status), refusal.code, refusal.text, method);
}

void Http2Stream::on_exchange() noexcept {
    connection_.ready(*this);
}

void Http2Stream::move() {
    if (closed_) {
        return;
    }
    if (answer_sent_) {
        linger();
        return;
    }
    if (exchange_) {
        feed_waiting();
        if (pace_.is_waiting()) {
            pace_.set_waiting(!waiting_.empty() || exchange_->lets_visitor_pause(), connection_.edge().worker.now());
        }
    }
    if (!answered_ && !take_head()) {
        return;
    }
    if (answered_ && !has_body_) {
        finish_bodiless();
    } else if (std::exchange(asleep_, false)) {
        connection_.session().resume(*this);
    }
    if (exchange_) {
        exchange_->flush();
    }
}

// --- the request's body ---

void Http2Stream::on_body(std::string_view bytes) {
    pace_.received(bytes.size(), connection_.edge().worker.now());
    connection_.ready(*this);
    if (!exchange_ || end_given_ || answer_sent_) {
        return;  // given back when the stream lingers, or closes
    }
    if (waiting_.empty() && takes_body()) {
        bool headroom = false;
        const std::size_t size = bytes.size();
        exchange_->body(connection_.cut_out(bytes, headroom), headroom);
        connection_.session().consumed(*this, size);
        return;
    }
    pace_.set_waiting(true, connection_.edge().worker.now());
    waiting_.append(bytes);
}

bool Http2Stream::takes_body() {
    return (!is_websocket() || exchange_->switched()) && exchange_->takes_body();
}

void Http2Stream::feed_waiting() {
    while (waiting_at_ < waiting_.size() && !end_given_ && takes_body()) {
        const std::size_t size = std::min(waiting_.size() - waiting_at_, limits::data_payload_max);
        constexpr auto headroom = static_cast<std::uint32_t>(limits::frame_header_bytes);
        buffer::SlabPtr slab = buffer::make_slab(headroom + static_cast<std::uint32_t>(size));
        std::memcpy(slab->data() + headroom, waiting_.data() + waiting_at_, size);
        waiting_at_ += size;
        exchange_->body({std::move(slab), headroom, static_cast<std::uint32_t>(size)}, true);
        connection_.session().consumed(*this, size);
    }
    if (waiting_at_ == waiting_.size()) {
        std::string().swap(waiting_);
        waiting_at_ = 0;
        end_body();
        if (!end_given_ && takes_body()) {
            exchange_->body_pauses();
        }
    } else if (waiting_at_ > waiting_.size() / 2) {
        waiting_.erase(0, std::exchange(waiting_at_, 0));
    }
}

void Http2Stream::on_body_end(std::string_view trailers) {
    body_ended_ = true;
    connection_.ready(*this);
    if (!trailers.empty() && (exchange_ || held_)) {
        take_trailers(trailers);
    }
    if (const std::unique_ptr<std::string> head = std::move(held_); head && !end_given_) {
        begin_exchange(*head);
    }
}

void Http2Stream::take_trailers(std::string_view trailers) {
    trailers_ = std::make_unique<http::BodyReader>(http::Body{BodyKind::chunked, 0});
    if (is_websocket()) {
        trailers = {};  // only DATA belongs there: they are not taken
    }
    while (!trailers.empty() && trailers_->state() == http::BodyState::more) {
        trailers.remove_prefix(trailers_->next(trailers).consumed);
    }
    if (trailers_->state() != http::BodyState::complete && !end_given_) {
        end_given_ = true;
        reset(NGHTTP2_PROTOCOL_ERROR);
    }
}

void Http2Stream::end_body() {
    if (body_ended_ && !end_given_ && waiting_.empty() && (!is_websocket() || takes_body())) {
        end_given_ = true;
        due_ = never;
        set_timer();
        exchange_->body_end(trailers_ ? &trailers_->trailers() : nullptr);
    }
}

// --- the answer ---

// Gives out heads. False: the head of the answer is not there yet, or there is none.
bool Http2Stream::take_head() {
    while (exchange_ && !answered_) {
        const Answer answer = exchange_->next();
        switch (answer.kind) {
            case Answer::Kind::interim: {
                h2::FieldList fields;
                h2::read_answer(written(connection_.edge(), interim_head(answer, http::Version::http11)), fields);
                connection_.session().interim(*this, fields);
                break;
            }
            case Answer::Kind::head:
                write_head(answer);
                break;
            case Answer::Kind::later:
                connection_.ready(*this);
                connection_.give_way();
                [[fallthrough]];
            case Answer::Kind::nothing:
                exchange_->flush();
                return false;
            case Answer::Kind::data:
            case Answer::Kind::end:
            case Answer::Kind::broken:
                reset(error_of(answer.code));
                return false;
        }
    }
    return answered_;
}

void Http2Stream::write_head(const Answer& answer) {
    if (is_no_websocket(answer) && !std::exchange(replaced_, true)) {
        exchange_->refuse(PageState::backend_broken, "not_websocket",
                          "the backend has answered a request for a WebSocket as if it were none", http::Method::get);
        return;
    }
    http::ResponseOut out = answer_head(answer, http::Version::http11, true);
    if (answer.is_trailers_only && !answer.length_is_unknown) {
        out.body = {};  // without a length, which would be metadata too
        out.content_length.reset();
    }
    const bool is_switch = exchange_->switched();
    answered_ = true;
    has_body_ =
        is_switch || (out.body.kind != BodyKind::none && !(out.body.kind == BodyKind::length && out.body.length == 0));
    h2::FieldList fields;
    (is_switch ? h2::read_switch : h2::read_answer)(written(connection_.edge(), out), fields);
    connection_.session().answer(*this, fields, has_body_);
    if (is_switch) {
        connection_.ready(*this);  // what waited for this can go now
    }
    if (has_body_) {
        set_stall(connection_.edge().worker.now() + connection_.edge().settings().write_stalled);
    }
}

// Whether an answer with a status of 2xx, which says that a WebSocket is open, would not be true. Fields are as the
// backend has sent them: what rules make of them is for visitors.
bool Http2Stream::is_no_websocket(const Answer& answer) const noexcept {
    if (!is_websocket()) {
        return false;
    }
    return exchange_->switched() ? answer.head->fields.first("Sec-WebSocket-Accept") != accept_
                                 : answer.status / 100 == 2;
}

// The head was all that the visitor gets; the exchange ends in order.
void Http2Stream::finish_bodiless() {
    while (exchange_) {
        const Answer answer = exchange_->next();
        if (answer.kind == Answer::Kind::nothing) {
            return;
        }
        if (answer.kind == Answer::Kind::later) {
            connection_.ready(*this);
            connection_.give_way();
            return;
        }
        if (answer.kind != Answer::Kind::data) {
            exchange_.reset();
        }
    }
}

// Fetches the piece behind data_. False: there is none now.
bool Http2Stream::fetch() {
    while (exchange_ && ahead_.empty() && !ends_ && !broken_) {
        Answer answer = exchange_->next();
        switch (answer.kind) {
            case Answer::Kind::data:
                ahead_ = std::move(answer.data);
                break;
            case Answer::Kind::end:
                ends_ = true;
                if (answer.trailers != nullptr && !answer.trailers->empty()) {
                    answer_trailers_ = std::make_unique<std::string>(exchange_->answer_trailers(*answer.trailers));
                }
                exchange_.reset();
                break;
            case Answer::Kind::later:
                connection_.ready(*this);
                connection_.give_way();
                return false;
            case Answer::Kind::nothing:
                return false;
            case Answer::Kind::interim:
            case Answer::Kind::head:
            case Answer::Kind::broken:
                broken_ = true;
                break_code_ = answer.code;
                exchange_.reset();
                break;
        }
    }
    return true;
}

// What a broken answer's stream is reset with: as the backend has reset its own, if it speaks HTTP/2. The end of a
// connection behind a WebSocket is CANCEL (RFC 8441, 5).
std::uint32_t Http2Stream::error_of(wire::Code code) const noexcept {
    return wire::http2_error_of(code).value_or(is_websocket() ? NGHTTP2_CANCEL : NGHTTP2_INTERNAL_ERROR);
}

h2::Supply Http2Stream::supply(std::size_t most) {
    h2::Supply supply;
    if (data_.empty()) {
        (void)fetch();
        data_ = std::exchange(ahead_, {});
    }
    if (data_.empty() && broken_) {
        set_stall(never);
        supply.kind = h2::Supply::Kind::broken;
        supply.code = error_of(break_code_);
        return supply;
    }
    if (data_.empty() && !ends_) {
        asleep_ = true;
        set_stall(never);  // nobody waits for the visitor
        return supply;
    }
    supply.kind = h2::Supply::Kind::bytes;
    supply.size = std::min<std::size_t>(data_.size(), most);
    if (supply.size == data_.size()) {
        (void)fetch();  // so that the last frame says that it is the last
        supply.is_end = ends_ && ahead_.empty();
    }
    if (supply.is_end && answer_trailers_) {
        h2::read_trailers({answer_trailers_->data(), answer_trailers_->size()}, supply.trailers);
    }
    set_stall(supply.is_end ? never : connection_.edge().worker.now() + connection_.edge().settings().write_stalled);
    return supply;
}

void Http2Stream::give(std::string_view frame_header, std::size_t size) {
    connection_.add(frame_header, data_.empty() ? buffer::Slice() : data_.take_front(static_cast<std::uint32_t>(size)));
    if (data_.empty()) {
        data_ = std::exchange(ahead_, {});
    }
}

// --- ends ---

void Http2Stream::reset(std::uint32_t code) {
    exchange_.reset();
    connection_.session().reset(*this, code);
}

// The rest of the request is not wanted. A reset would say so (RFC 9113, 8.1), but some clients that are still writing,
// curl 7.88 among them, report that and not the answer.
void Http2Stream::on_answer_sent() noexcept {
    if (is_websocket()) {
        reset(NGHTTP2_NO_ERROR);
        return;
    }
    answer_sent_ = true;
    connection_.ready(*this);
}

// Discards what has come of the body since the last time.
void Http2Stream::linger() {
    if (was_cut_) {
        return;
    }
    EdgeWorker& edge = connection_.edge();
    if (!std::exchange(lingers_, true)) {
        exchange_.reset();
        std::string().swap(waiting_);
        stall_ = never;
        due_ = edge.lingering.begin(*this, edge.settings(), edge.worker.now());
    }
    if (const std::size_t bytes = connection_.session().consume_all(*this); bytes > 0) {
        due_ = edge.lingering.discarded(*this, bytes, edge.settings(), edge.worker.now());
    }
    set_timer();
}

void Http2Stream::cut_lingering() noexcept {
    was_cut_ = true;
    due_ = never;
    set_timer();
    reset(NGHTTP2_NO_ERROR);
    connection_.ready(*this);
}

void Http2Stream::on_closed(std::uint32_t code) noexcept {
    closed_ = true;
    connection_.edge().lingering.end(*this);
    runtime::Deadline::cancel();
    if (exchange_ && code != NGHTTP2_NO_ERROR) {
        exchange_->visitor_has_reset(wire::code_of_http2(code));
        exchange::EdgeCounters::add(connection_.edge().counters.visitors_lost);
    }
    connection_.ready(*this);
}

void Http2Stream::drop() noexcept {
    connection_.edge().lingering.end(*this);
    runtime::Deadline::cancel();
    exchange_.reset();
}

// --- time ---

void Http2Stream::set_timer() noexcept {
    connection_.edge().wheel.set(*this, std::min(due_, stall_));
}

void Http2Stream::set_stall(TimePoint when) noexcept {
    if (stall_ != when) {
        stall_ = when;
        set_timer();
    }
}

void Http2Stream::on_deadline() noexcept {
    const TimePoint now = connection_.edge().worker.now();
    connection_.ready(*this);
    if (now >= stall_) {
        look_at_stall();
    } else if (now >= due_) {
        look_at_pace();
    } else {
        set_timer();
    }
}

// Called when nothing of the answer has gone for a while. Whose turn has not come, since others are served first, waits
// on; whoever has closed its window is given up.
void Http2Stream::look_at_stall() {
    if (!connection_.session().is_held_back(*this)) {
        set_stall(connection_.edge().worker.now() + connection_.edge().settings().write_stalled);
        return;
    }
    stall_ = never;
    static constexpr LineKind answer_not_read{"answer_not_read"};
    if (connection_.edge().log.may_write(LogLevel::info, answer_not_read, connection_.edge().worker.now())) {
        connection_.edge().log.info("a visitor does not read its response",
                                    {{"visitor", connection_.visitor().address}});
    }
    exchange::EdgeCounters::add(connection_.edge().counters.visitors_lost);
    reset(NGHTTP2_CANCEL);
}

void Http2Stream::look_at_pace() {
    if (lingers_) {
        connection_.edge().lingering.end(*this);
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
    if (end_given_) {
        due_ = never;
        return;
    }
    const TimePoint now = connection_.edge().worker.now();
    due_ = pace_.look(exchange_->settings(), now, exchange_->lets_visitor_pause());
    if (due_ > now) {
        set_timer();
        return;
    }
    due_ = never;
    end_given_ = true;
    exchange_->refuse(PageState::request_timeout, "body_too_slow", "the body of a request comes too slowly",
                      exchange_->method());
}

}  // namespace ferrotunnel::ingress
