// Writing: responses, their framing, deadlines, and the end of a visitor's connection.
#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "http/chunked.hpp"
#include "ingress/answer_head.hpp"
#include "ingress/http_connection.hpp"

namespace ferrotunnel::ingress {

using http::BodyKind;
using http::BodyState;
using http::PageState;
using runtime::IoResult;
using runtime::IoStatus;

// --- responses ---

// Takes as much of the response as there is room for. Data that the visitor does not read stays in the stream, and
// holds the backend back.
bool HttpConnection::write_next_piece() {
    bool moved = false;
    while (phase_ == Phase::exchange && out_.has_room() && (socket_.can_write() || out_.empty())) {
        exchange::Answer answer = exchange_->next();
        switch (answer.kind) {
            case exchange::Answer::Kind::nothing:
                close_chunk();
                return moved;
            case exchange::Answer::Kind::later:
                close_chunk();
                yield_requested_ = true;
                return true;
            case exchange::Answer::Kind::interim:
                if (version_ != http::Version::http10) {
                    add_head(interim_head(answer, version_));
                }
                break;
            case exchange::Answer::Kind::head:
                write_head(answer);
                break;
            case exchange::Answer::Kind::data:
                add_data(std::move(answer.data));
                break;
            case exchange::Answer::Kind::end:
                end_answer(answer.trailers);
                break;
            case exchange::Answer::Kind::elsewhere:
                pipe_->reject_input();
                close(false);
                return true;
            case exchange::Answer::Kind::broken:
                cut_answer();
                break;
        }
        moved = true;
    }
    close_chunk();
    return moved;
}

void HttpConnection::write_head(const exchange::Answer& answer) {
    const bool keep = persistence_ == Persistence::wanted && body_.state() == BodyState::complete &&
                      exchange_->is_request_sent() && !socket_.peer_has_ended() && !edge_.draining() &&
                      requests_ < edge_.settings().requests_per_connection;
    const http::ResponseOut out = answer_head(answer, version_, keep);
    persistence_ = out.keep_alive ? Persistence::promised : Persistence::none;
    framing_ = out.body.kind;
    add_head(out);
}

void HttpConnection::add_head(const http::ResponseOut& out) {
    const std::span<char> head = written(edge_, out);
    out_.add_copy({head.data(), head.size()});
}

void HttpConnection::add_data(buffer::Slice data) {
    if (framing_ == BodyKind::chunked) {
        const http::ChunkHead head(data.size());
        std::string text(std::exchange(chunk_open_, true) ? http::chunk_end : std::string_view());
        out_.add_text(text.append(head.text()));
    }
    out_.add(std::move(data));
}

// Closes a chunk: the line end after its data is sent together with the next chunk's head, or by itself before a wait.
void HttpConnection::close_chunk() {
    if (std::exchange(chunk_open_, false)) {
        out_.add_text(http::chunk_end);
    }
}

void HttpConnection::end_answer(const http::Fields* trailers) {
    close_chunk();
    if (framing_ == BodyKind::chunked) {
        if (trailers == nullptr || trailers->empty()) {
            out_.add_text(http::last_chunk);
        } else {
            out_.add_copy(exchange_->answer_trailers(*trailers));
        }
    }
    const bool complete = body_.state() == BodyState::complete && !exchange_->switched();
    exchange_.reset();
    if (persistence_ == Persistence::promised && complete) {
        next_request();
    } else {
        begin_ending();
    }
}

// Cuts the response off: the written part must not look complete. Its framing shows that when the connection just ends,
// unless the response lasts until then.
void HttpConnection::cut_answer() {
    close_chunk();
    begin_ending(Phase::ending_cut);
}

void HttpConnection::next_request() {
    enter(Phase::head);
    framing_ = BodyKind::none;
    if (begin_ == end_) {
        drop_input();
    }
    wait_for_request();
}

// Sets the time for the next request. It begins when the response has left: until then `stall_` applies.
void HttpConnection::wait_for_request() noexcept {
    if (!out_.empty() || pipe_->has_pending()) {
        set_due(never);
        return;
    }
    set_due(edge_.worker.now() + (begin_ == end_ ? edge_.settings().idle_timeout : edge_.settings().head_timeout));
}

// --- the pipe ---

bool HttpConnection::write_answer() {
    const bool moved = write_output();
    if (phase_ == Phase::closed) {
        return false;
    }
    if (!socket_.can_write() && !std::exchange(output_watched_, true)) {
        pipe_->watch_output(edge_.worker.poller(), *this);
    }
    if (reads_head() && due_ == never) {
        wait_for_request();
    }
    return moved;
}

// --- ending ---

// What was sent to a client that has not accepted the connection yet may still reach its backend.
void HttpConnection::drop_exchange() noexcept {
    if (visitor_.from_member && exchange_ && exchange_->effect() != exchange::HttpExchange::Effect::none) {
        pipe_->confirm_input();
    }
    exchange_.reset();
}

void HttpConnection::begin_ending(Phase how) {
    drop_exchange();
    enter(how);
    set_due(never);
}

// Ends the connection when everything was written: our direction first, then the visitor's.
bool HttpConnection::end_sending() {
    if (!out_.empty() || pipe_->has_pending()) {
        return false;
    }
    if (phase_ == Phase::ending_cut && (framing_ == BodyKind::until_close || framing_ == BodyKind::none)) {
        close(true);
        return false;
    }
    if (phase_ == Phase::ending_cut) {
        pipe_->end_sending();  // so that TLS does not signal a complete response
    } else {
        pipe_->shutdown();
    }
    if (socket_.peer_has_ended()) {
        close(false);
        return false;
    }
    enter(Phase::lingering);
    edge_.release_parser(std::move(parser_));
    begin_lingering();
    return true;
}

// Ends a connection whose handshake has failed. An alert, or the response to plain HTTP, is on its way; closing a
// socket with unread bytes would reset it, and the alert or response would be lost.
void HttpConnection::end_without_tls() {
    pipe_->end_sending();
    enter(Phase::lingering);
    begin_lingering();
}

// Ends the connection of a CA, which carries no requests.
void HttpConnection::end_after_handshake() {
    edge_.log.debug("a certificate authority has checked a host by TLS-ALPN-01",
                    {{"from", visitor_.address}, {"host", pipe_->visitor()->server_name}});
    pipe_->shutdown();
    enter(Phase::lingering);
    begin_lingering();
}

// Called when the visitor has reset its connection, or disconnected within its request.
void HttpConnection::visitor_lost() {
    if (exchange_) {
        exchange::EdgeCounters::add(edge_.counters.visitors_lost);
    }
    close(true);
}

void HttpConnection::drain() noexcept {
    if (reads_head() && begin_ == end_) {
        run();  // this notices that the edge drains
    }
}

void HttpConnection::release_resources() noexcept {
    enter(Phase::closed);
    drop_exchange();
    edge_.release_parser(std::move(parser_));
}

// --- time ---

void HttpConnection::on_due() {
    switch (phase_) {
        case Phase::preface:
        case Phase::head:
            if (begin_ != end_) {
                refuse({http::Fault::none, 408, "head_too_slow", "the request head did not arrive in time"},
                       http::Method::get);
                return;
            }
            pipe_->shutdown();
            close(false);
            return;
        case Phase::exchange:
            check_pace();
            return;
        case Phase::handshaking:
        case Phase::lingering:
            close(false);
            return;
        case Phase::ending:
        case Phase::ending_cut:
        case Phase::closed:
            return;
    }
}

void HttpConnection::check_pace() {
    if (body_.state() != BodyState::more) {
        set_due(never);
        return;
    }
    const TimePoint now = edge_.worker.now();
    const TimePoint next = pace_.check_progress(exchange_->settings(), now, exchange_->allows_body_pause());
    set_due(next > now ? next : never);
    if (next > now) {
        return;
    }
    exchange_->refuse(PageState::request_timeout, "body_too_slow", "the request body arrives too slowly",
                      exchange_->method());
}

}  // namespace ferrotunnel::ingress
