// Answers whose bodies plugins collect: what has come of a body is kept until they have decided on its head, and goes
// on behind the head, byte for byte and with the framing that it had.
//
//   head --collect--> gathering --end--> held_head --go_on--> head; what was collected, `rest`, what still comes
//                        |  ^----another one collects---' |--answer--> another answer: the backend is dropped
//                        |--too large, no room, late------'
//                        '--broken--> page
#include <utility>

#include "base/limits.hpp"
#include "exchange/http_exchange.hpp"

namespace ferrotunnel::exchange {

using http::PageState;

namespace {

std::string_view reason_of(hooks::Collected result) {
    return result == hooks::Collected::too_large ? "the body of the answer is larger than it takes"
                                                 : "the bodies that plugins collect take too much";
}

}  // namespace

// The head stays, since plugins continue to look at it and change it.
void HttpExchange::gather() {
    state_ = State::gathering;
    if (!gathered_) {
        gathered_.emplace();
        response_.set_head_aside(*backend_);
        response_.begin_body();
    }
    edge_.wheel.set(*this, edge_.worker.now() + request_.settings.first_byte);
}

// What the edge answers by itself is there already.
void HttpExchange::gather_local() {
    const bool is_sent = request_.context.method != http::Method::head && may_have_body(local_.status());
    const std::string_view body = is_sent ? std::string_view(local_.body()) : std::string_view();
    const hooks::Collected result = run_->collect(body);
    if (result == hooks::Collected::kept) {
        run_->collect_end();
    } else {
        run_->collect_failed(reason_of(result));
    }
}

// Collects what has come of the body. The piece that is too much continues behind what was collected.
Answer HttpExchange::next_gathered() {
    using Kind = ResponseReader::Piece::Kind;
    while (true) {
        ResponseReader::Piece piece{Kind::data, std::exchange(gathered_->rest, {})};
        if (piece.data.empty()) {
            piece = response_.next(*backend_);
        }
        if (piece.kind == Kind::nothing) {
            return {};
        }
        if (piece.kind == Kind::broken) {
            fail({{PageState::backend_broken, {}, piece.why}});
            return next_piece();
        }
        if (piece.kind == Kind::end) {
            run_->collect_end();
            break;
        }
        if (const hooks::Collected result = run_->collect(as_text(piece.data.bytes()));
            result != hooks::Collected::kept) {
            gathered_->rest = std::move(piece.data);
            run_->collect_failed(reason_of(result));
            break;
        }
    }
    runtime::Deadline::cancel();
    state_ = State::held_head;
    return next_piece();
}

// The next piece of the backend's answer: first of what was collected.
ResponseReader::Piece HttpExchange::answer_piece() {
    if (!gathered_) {
        return response_.next(*backend_);
    }
    const std::string_view collected = run_->collected(hooks::Side::response).substr(gathered_->at);
    const std::string_view piece = collected.substr(0, limits::data_payload_max);
    if (!piece.empty()) {
        gathered_->at += piece.size();
        return {ResponseReader::Piece::Kind::data, buffer::Slice::copy_of(as_bytes(piece))};
    }
    run_->drop_collected(hooks::Side::response);
    gathered_->at = 0;
    if (!gathered_->rest.empty()) {
        return {ResponseReader::Piece::Kind::data, std::exchange(gathered_->rest, {})};
    }
    return response_.next(*backend_);
}

}  // namespace ferrotunnel::exchange
