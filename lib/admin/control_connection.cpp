#include "admin/control_connection.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <utility>

#include "admin/limits.hpp"
#include "base/check.hpp"
#include "base/wipe.hpp"
#include "http/edits.hpp"
#include "http/head_writer.hpp"

namespace ferrotunnel::admin {
namespace {

http::Body body_of(const Answer& answer, std::size_t length) {
    return answer.more ? http::Body{http::BodyKind::until_close} : http::Body::of_length(length);
}

std::string head_of(const Answer& answer, std::size_t length, bool has_body, bool keep_alive) {
    http::Edits edits;
    bool fits = edits.set("Content-Type", answer.type) && edits.set("Cache-Control", "no-store");
    for (const Field& field : answer.fields) {
        fits = fits && edits.set(field.name, field.value);
    }
    fits = fits && (answer.cookie.empty() || edits.set("Set-Cookie", answer.cookie));
    check(fits, "the fields of an answer fit into its head");
    http::ResponseOut out;
    out.status = answer.status;
    out.edits = &edits;
    out.keep_alive = keep_alive;
    if (has_body) {
        out.body = body_of(answer, length);
    } else {
        out.content_length = length;
    }
    std::array<char, 2'048> head{};
    const std::size_t size = http::write_response(out, head);
    check(size <= head.size(), "the head of an answer fits into its buffer");
    return {head.data(), std::min(size, head.size())};
}

}  // namespace

void ControlConnection::take(std::string_view bytes) {
    input_ += bytes;
    advance();
}

void ControlConnection::wrote(std::size_t bytes) {
    written_ += bytes;
    if (written_ < output_.size()) {
        return;
    }
    clear_output();
    sockets_.reset();
    written_ = 0;
    if (!last_) {
        advance();
    }
}

void ControlConnection::resume() {
    paused_ = false;
    if (output_.empty()) {
        advance();
    }
}

void ControlConnection::continue_response(TimePoint now) {
    if (more_) {
        output_ = more_(now);
        return;
    }
    std::optional<Answer> answer;
    try {
        answer = deferred_->later(now);
    } catch (const std::exception& thrown) {
        answer = refusal(500, "internal", thrown.what());
    }
    if (answer) {
        answer->fields = deferred_->fields;
        answer->has_right = deferred_->has_right;
        deferred_.reset();
        send(*answer);
    }
}

void ControlConnection::on_timeout() {
    more_ = nullptr;
    deferred_.reset();
    if (!output_.empty() || is_idle()) {  // there is no request to reject
        clear_output();
        written_ = 0;
        last_ = true;
        return;
    }
    refuse(408, "too_slow", "The request took too long.");
}

void ControlConnection::advance() {
    while (wants_input() && (in_body_ ? read_body() : read_head())) {
    }
}

// These two functions return whether the buffered bytes need further processing.
bool ControlConnection::read_head() {
    switch (parser_.parse(input_)) {
        case http::ParseState::more:
            return false;
        case http::ParseState::refused: {
            method_ = parser_.method() == http::Method::head ? "HEAD" : "";
            const http::Refusal refusal = parser_.refusal();
            refuse(refusal.status, "bad_request", std::string(refusal.text));
            return false;
        }
        case http::ParseState::complete:
            break;
    }
    const http::RequestHead& head = parser_.head();
    method_ = head.method_text;
    path_ = head.target.path;
    query_ = head.target.query;
    host_ = head.authority_text;
    accept_ = head.fields.first("Accept").value_or(std::string_view());
    origin_ = head.fields.first("Origin").value_or(std::string_view());
    fetch_site_ = head.fields.first("Sec-Fetch-Site").value_or(std::string_view());
    last_event_id_ = head.fields.first("Last-Event-ID").value_or(std::string_view());
    cookie_ = head.fields.first("Cookie").value_or(std::string_view());
    authorization_ = head.fields.first("Authorization").value_or(std::string_view());
    content_type_ = head.fields.first("Content-Type").value_or(std::string_view());
    keep_alive_ = head.keep_alive;
    reader_ = http::BodyReader(head.body);
    const bool is_long = head.body.kind == http::BodyKind::length && head.body.length > limits::admin_request_max;
    const bool waits = head.expects_continue;
    input_.erase(0, parser_.size());
    parser_.reset();
    in_body_ = true;
    if (is_long) {
        refuse(413, "too_large", "The request exceeds 64 KiB.");
        return false;
    }
    if (waits && input_.empty()) {
        output_ = "HTTP/1.1 100 Continue\r\n\r\n";
        return false;
    }
    return true;
}

bool ControlConnection::read_body() {
    std::string_view rest = input_;
    while (!rest.empty() && reader_.state() == http::BodyState::more) {
        const http::BodyReader::Piece piece = reader_.next(rest);
        if (body_.size() + piece.payload.size() > limits::admin_request_max) {
            refuse(413, "too_large", "The request exceeds 64 KiB.");
            return false;
        }
        body_ += piece.payload;
        rest.remove_prefix(piece.consumed);
    }
    input_.erase(0, input_.size() - rest.size());
    if (reader_.state() == http::BodyState::refused) {
        refuse(400, "bad_request", std::string(reader_.refusal().text));
        return false;
    }
    if (reader_.state() == http::BodyState::more) {
        return false;
    }
    handle();
    return true;
}

void ControlConnection::handle() {
    Answer answer;
    try {
        answer =
            handler_(Request{method_, path_, body_, host_, accept_, user_, query_, origin_, fetch_site_, content_type_,
                             last_event_id_, cookie_, authorization_, networks_ ? &*networks_ : nullptr, peer_});
    } catch (const std::bad_alloc&) {
        answer = refusal(503, "busy", "Not enough memory for the response.");
    } catch (const std::exception& thrown) {
        answer = refusal(500, "internal", thrown.what());
    }
    in_body_ = false;
    body_.clear();
    if (answer.later) {
        last_ = true;
        keep_alive_ = false;
        deferred_ = std::move(answer);
        return;
    }
    last_ = !keep_alive_ || answer.more;
    send(answer);
    if (answer.is_secret) {
        wipe(answer.text);
    }
}

void ControlConnection::refuse(std::uint16_t status, std::string_view code, std::string message) {
    last_ = true;
    keep_alive_ = false;
    send(refusal(status, code, std::move(message)));
}

void ControlConnection::send(const Answer& answer) {
    const bool is_made = answer.type == json_type && !answer.is_secret;
    const std::string made = is_made ? text_of(answer.body) : std::string();
    const std::string_view body = is_made ? made : answer.text;
    const bool has_body = method_ != "HEAD";
    const std::string head = head_of(answer, body.size(), has_body, keep_alive_);
    output_.reserve(head.size() + body.size());  // a secret is not copied while it grows
    output_ = head;
    if (has_body) {
        more_ = answer.more;
    }
    sockets_ = answer.sockets;
    has_right_ = answer.has_right;
    output_ += has_body ? body : std::string_view();
    ++answers_;
}

// It may have had a secret, and a list may have been long.
void ControlConnection::clear_output() {
    wipe(output_);
    std::string().swap(output_);
}

}  // namespace ferrotunnel::admin
