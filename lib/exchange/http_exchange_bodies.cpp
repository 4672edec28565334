// Bodies that plugins look at: each is collected before its message continues, passes a way through the plugins, or
// both. The answer's is collected in http_exchange_gathering.cpp.
//
//   visitor --body()--> collected --decided--> way --take()--> backend
//   backend, page ----> collected --decided--> way --take()--> visitor
//
// What a way has not given out holds back what goes in: takes_body() is false, or nothing more of the answer is read.
#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "exchange/http_exchange.hpp"

namespace ferrotunnel::exchange {

using hooks::BodyWay;
using http::BodyKind;
using http::PageState;

namespace {

/// What plugins that transform an answer are fed before others have a turn: a few milliseconds of compressing.
constexpr std::size_t fed_in_round_max = 128 * 1024;

buffer::Slice framed_copy(std::string_view bytes) {
    constexpr std::uint32_t header = limits::frame_header_bytes;
    buffer::SlabPtr slab = buffer::make_slab(header + static_cast<std::uint32_t>(bytes.size()));
    std::copy(bytes.begin(), bytes.end(), slab->data() + header);
    return {std::move(slab), header, static_cast<std::uint32_t>(bytes.size())};
}

}  // namespace

// --- collecting the request's body ---

void HttpExchange::begin_collecting(const http::Body& body) {
    state_ = State::held;
    if (body.kind == BodyKind::length && body.length > run_->collect_max()) {
        give_page({PageState::body_too_large, {}, "the request declares a body that is larger than a plugin takes"});
        return;
    }
    upload_ = std::make_unique<Upload>();
    upload_->is_collecting = true;
    if (std::exchange(end_is_due_, false)) {  // while the request waited: it has no bytes
        end_upload(early_trailers_);
    }
}

void HttpExchange::collect(buffer::Slice payload) {
    const http::Method method = request_.context.method;
    switch (run_->collect(as_text(payload.bytes()))) {
        case hooks::Collected::kept:
            return;
        case hooks::Collected::too_large:
            refuse(PageState::body_too_large, {}, "the body of a request is larger than a plugin takes", method);
            return;
        case hooks::Collected::no_room:
            refuse(PageState::busy, {}, "the bodies that plugins collect take too much", method);
            return;
    }
}

// The visitor is told to send its body, since the edge reads it before a backend is asked.
Answer HttpExchange::give_continue() noexcept {
    awaits_continue_ = false;
    Answer answer;
    answer.kind = Answer::Kind::interim;
    answer.status = 100;
    return answer;
}

// --- the request's body on its way ---

// Called when all plugins have let the request pass, before its head is written.
void HttpExchange::prepare_upload() {
    if (upload_) {
        upload_->is_collecting = false;
        request_.expects_continue = false;
    }
    BodyWay* const way = request_.body.kind == BodyKind::none ? nullptr : run_->body(hooks::Side::request);
    if (way == nullptr) {
        return;
    }
    if (!upload_) {
        upload_ = std::make_unique<Upload>();
    }
    upload_->way = way;
    if (way->changes()) {
        request_.body = {BodyKind::chunked, 0};
    }
}

bool HttpExchange::takes_upload() {
    if (upload_->is_collecting) {
        return true;
    }
    pass_upload();
    if (!upload_ || upload_->way == nullptr || !upload_->way->changes()) {
        return can_send();
    }
    return has_stream() && upload_->way->takes();
}

void HttpExchange::upload(buffer::Slice payload, bool headroom) {
    if (upload_->is_collecting) {
        collect(std::move(payload));
        return;
    }
    if (upload_->way->changes()) {
        upload_->way->put(as_text(payload.bytes()), false);
    } else {
        upload_->way->look(as_text(payload.bytes()), false);
        if (upload_->way->state() != BodyWay::State::failed) {
            upload_->has_begun = true;
            send_body(std::move(payload), headroom);
        }
    }
    pass_upload();
}

void HttpExchange::end_upload(const http::Fields* trailers) {
    upload_->trailers = trailers;
    if (std::exchange(upload_->is_collecting, false)) {
        run_->collect_end();
        ask_plugins_again();
    } else {
        pass_upload();
    }
}

// Passes on what there is, as far as the stream takes it.
void HttpExchange::pass_upload() {
    bool moves = true;
    while (moves && upload_ && !upload_->is_collecting) {
        if (upload_->way != nullptr && upload_->way->state() == BodyWay::State::failed) {
            upload_failed();
            return;
        }
        const bool changes = upload_->way != nullptr && upload_->way->changes();
        moves = can_send() && (changes ? pass_changed() : pass_collected());
    }
}

// What filters hold back continues.
void HttpExchange::body_pauses() {
    const bool is_changed = upload_ && !upload_->is_collecting && upload_->way != nullptr && upload_->way->changes();
    if (is_changed && !body_ended_ && upload_->way->flush()) {
        pass_upload();
    }
}

// Passes on a piece of what plugins have made of the body. False: there is none now.
bool HttpExchange::pass_changed() {
    Upload& upload = *upload_;
    if (buffer::Slice piece = upload.way->take(); !piece.empty()) {
        upload.has_begun = true;
        send_body(std::move(piece), true);
        return true;
    }
    if (upload.way->state() != BodyWay::State::open) {
        if (upload.way->state() == BodyWay::State::ended) {
            finish_upload();
        }
        return true;
    }
    const std::string_view rest = run_->collected(hooks::Side::request).substr(upload.collected_at);
    const std::string_view piece = rest.substr(0, limits::data_payload_max);
    const bool last = body_ended_ && piece.size() == rest.size();
    if (upload.way_has_all || (piece.empty() && !last)) {
        return false;
    }
    upload.collected_at += piece.size();
    upload.way_has_all = last;
    upload.way->put(piece, last);
    return true;
}

// Passes on a piece of what was collected, and shows it to those who look. False: there is none.
bool HttpExchange::pass_collected() {
    Upload& upload = *upload_;
    const std::string_view rest = run_->collected(hooks::Side::request).substr(upload.collected_at);
    const std::string_view piece = rest.substr(0, limits::data_payload_max);
    const bool last = body_ended_ && piece.size() == rest.size();
    if (piece.empty() && !last) {
        return false;
    }
    if (upload.way != nullptr) {
        upload.way->look(piece, last);
        if (upload.way->state() == BodyWay::State::failed) {
            return true;
        }
    }
    if (!piece.empty()) {
        upload.collected_at += piece.size();
        upload.has_begun = true;
        send_body(framed_copy(piece), true);
    }
    if (last) {
        finish_upload();
    }
    return true;
}

void HttpExchange::finish_upload() {
    const std::unique_ptr<Upload> upload = std::move(upload_);
    run_->drop_collected(hooks::Side::request);
    send_end(upload->trailers);
}

// A plugin has failed on the body. Where none of it has left, nobody has acted on it.
void HttpExchange::upload_failed() {
    constexpr std::string_view why = "a plugin has failed on the body of a request";
    if (head_given_) {
        (void)cut(why);
        upload_.reset();
        return;
    }
    const PageState page = upload_->has_begun ? PageState::internal_error : PageState::plugin_failed;
    refuse(page, "plugin_failed", why, request_.context.method);
}

// --- the answer's body ---

// Whether answers of this status have a body that plugins may see, or stand for one (as HEAD does).
bool HttpExchange::may_have_body(std::uint16_t status) noexcept {
    return status >= 200 && status != 204 && status != 205;
}

// Called when the plugins have let the head of an answer pass. Returns whether they make another body of it.
bool HttpExchange::begin_download(bool has_body, std::uint16_t status) noexcept {
    BodyWay* const way = may_have_body(status) ? run_->body(hooks::Side::response) : nullptr;
    const bool is_sent = has_body && status != 304;
    download_ = is_sent ? way : nullptr;
    return way != nullptr && way->changes();
}

Answer HttpExchange::next_download() {
    if (download_->changes()) {
        return next_changed();
    }
    ResponseReader::Piece piece = download_source();
    const bool is_end = piece.kind == ResponseReader::Piece::Kind::end;
    if (is_end || piece.kind == ResponseReader::Piece::Kind::data) {
        download_->look(as_text(piece.data.bytes()), is_end);
    }
    if (download_->state() == BodyWay::State::failed) {
        return cut("a plugin has failed on the body of an answer");
    }
    return give_piece(std::move(piece));
}

Answer HttpExchange::give_piece(ResponseReader::Piece piece) {
    Answer answer;
    switch (piece.kind) {
        case ResponseReader::Piece::Kind::nothing:
            break;
        case ResponseReader::Piece::Kind::data:
            answer.kind = Answer::Kind::data;
            answer.data = std::move(piece.data);
            break;
        case ResponseReader::Piece::Kind::end:
            return end_body();
        case ResponseReader::Piece::Kind::broken:
            return cut(piece.why, piece.code);
    }
    return answer;
}

// The next piece of what plugins make of the body; it is fed as far as that takes. Little may become of much, and
// making it may take its time: other visitors have a turn in between.
Answer HttpExchange::next_changed() {
    using Kind = ResponseReader::Piece::Kind;
    while (true) {
        if (buffer::Slice made = download_->take(); !made.empty()) {
            return give_piece({Kind::data, std::move(made)});
        }
        if (download_->state() == BodyWay::State::failed) {
            return cut("a plugin has failed on the body of an answer");
        }
        if (download_->state() == BodyWay::State::ended) {
            return end_body();
        }
        check(!download_has_all_, "a way gives out all that it makes");
        if (fed_in_round_ >= fed_in_round_max) {
            fed_in_round_ = 0;
            Answer answer;
            answer.kind = Answer::Kind::later;
            return answer;
        }
        ResponseReader::Piece piece = download_source();
        if (piece.kind == Kind::nothing && download_->flush()) {
            continue;
        }
        if (piece.kind == Kind::nothing || piece.kind == Kind::broken) {
            return give_piece(std::move(piece));
        }
        fed_in_round_ += piece.data.size();
        download_has_all_ = piece.kind == Kind::end;
        download_->put(as_text(piece.data.bytes()), download_has_all_);
    }
}

// The next piece of the body as the backend, or the edge, has made it.
ResponseReader::Piece HttpExchange::download_source() {
    if (state_ == State::answering) {
        return answer_piece();
    }
    const std::string_view piece = std::string_view(local_.body()).substr(local_at_, limits::data_payload_max);
    if (piece.empty()) {
        return {ResponseReader::Piece::Kind::end};
    }
    local_at_ += piece.size();
    return {ResponseReader::Piece::Kind::data, buffer::Slice::copy_of(as_bytes(piece))};
}

Answer HttpExchange::end_body() {
    if (state_ == State::answering) {
        return finish_answer();
    }
    state_ = State::done;
    return next_piece();
}

}  // namespace ferrotunnel::exchange
