#include "admin/reply_reader.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/wipe.hpp"
#include "http/edits.hpp"
#include "http/head_writer.hpp"

namespace ferrotunnel::admin {

std::string request_text(const ControlRequest& request) {
    http::Edits edits;
    http::RequestOut out;
    out.method = request.method;
    out.path = request.path;
    out.host = "localhost";
    out.keep_alive = false;
    if (!request.body.empty()) {
        check(edits.set("Content-Type", "application/json"), "one field fits into the head of a request");
        out.edits = &edits;
    }
    if (!request.body.empty() || request.method == "POST") {
        out.body = http::Body::of_length(request.body.size());
    }
    std::string text(1'024 + request.path.size(), '\0');
    const std::size_t size = http::write_request(out, text);
    check(size <= text.size(), "the head of a request fits into its buffer");
    text.resize(std::min(size, text.size()));
    return text.append(request.body);
}

ReplyReader::ReplyReader(bool to_head, std::size_t body_max) : body_max_(body_max) {
    http::ResponseContext context;
    context.method = to_head ? http::Method::head : http::Method::get;
    parser_.reset(context);
    head_.reserve(reply_read_size);
}

ReplyReader::~ReplyReader() {
    wipe(head_);
}

ReplyReader::State ReplyReader::take(std::string_view bytes) {
    if (in_body_) {
        return read_body(bytes);
    }
    head_ += bytes;
    for (;;) {
        const http::ParseState state = parser_.parse(head_);
        if (state != http::ParseState::complete) {
            return state == http::ParseState::more ? State::more : State::wrong;
        }
        const bool is_interim = parser_.head().is_interim();
        std::string rest = head_.substr(parser_.size());
        const WipeAtEnd wiped(rest);
        if (!is_interim) {
            reply.status = parser_.head().status;
            body_ = http::BodyReader(parser_.head().body);
            in_body_ = true;
            reply.body.reserve(std::max(rest.size(), reply_read_size));
            return read_body(rest);
        }
        head_ = rest;
        parser_.reset();
    }
}

ReplyReader::State ReplyReader::read_body(std::string_view bytes) {
    while (!bytes.empty() && body_.state() == http::BodyState::more) {
        const http::BodyReader::Piece piece = body_.next(bytes);
        if (reply.body.size() + piece.payload.size() > body_max_) {
            return State::wrong;
        }
        reply.body += piece.payload;
        bytes.remove_prefix(piece.consumed);
    }
    return body_.state() == http::BodyState::complete ? State::complete
           : body_.state() == http::BodyState::more   ? State::more
                                                      : State::wrong;
}

}  // namespace ferrotunnel::admin
