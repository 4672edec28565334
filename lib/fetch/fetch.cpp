#include "fetch/fetch.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <span>
#include <utility>

#include "fetch/request_head.hpp"
#include "http/method.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::fetch {
namespace {

using transport::IoResult;
using transport::IoStatus;

http::HeadLimits head_limits(const Bounds& bounds) {
    http::HeadLimits limits;
    limits.head_bytes_max = bounds.head_max;
    return limits;
}

}  // namespace

Fetch::Fetch(runtime::Worker& worker, IdleConnections* idle, Request request, const Bounds& bounds, Done done)
    : worker_(worker),
      idle_(bounds.body_max > 0 ? idle : nullptr),
      request_(std::move(request)),
      bounds_(bounds),
      deadline_(worker.now() + bounds.time),
      done_(std::move(done)),
      head_text_(head_of(request_, idle_ != nullptr)),
      parser_(head_limits(bounds)),
      timer_(worker, [this] { on_timer(); }) {
    parser_.reset(http::ResponseContext{http::method_of(request_.method), {}});
    timer_.set(worker.now());
}

void Fetch::on_timer() {
    if (state_ == State::beginning) {
        begin();
    } else if (state_ == State::ended) {
        deliver();
    } else {
        response_.error = "there was no response in time";
        deliver();
    }
}

void Fetch::begin() {
    if (std::string fault = request_fault(request_); !fault.empty()) {
        end(std::move(fault));
        return;
    }
    const bool is_again = std::exchange(connection_, nullptr) != nullptr;
    connection_ = idle_ != nullptr && !is_again ? idle_->take(request_.to) : nullptr;
    is_reused_ = connection_ != nullptr && connection_->wake([this] { on_ready(); });
    if (is_reused_) {
        state_ = State::exchanging;
        timer_.set(deadline_);
        on_ready();
    } else {
        connect();
    }
}

void Fetch::connect() {
    state_ = State::connecting;
    is_reused_ = false;
    timer_.set(deadline_);
    connection_ = std::make_unique<Connection>(worker_, request_.to, deadline_ - worker_.now());
    connection_->on_ready([this] { on_ready(); });
    if (connection_->state() == Connection::State::closed) {
        end(connection_->why());
    }
}

void Fetch::on_ready() noexcept {
    try {
        step();
    } catch (const std::exception&) {
        response_.error.clear();
        response_.error.append("no memory");  // within the text's own room
        state_ = State::ended;
        timer_.set(worker_.now());
    }
}

void Fetch::step() {
    switch (connection_->state()) {
        case Connection::State::connecting:
        case Connection::State::shaking_hands:
        case Connection::State::resting:
            return;
        case Connection::State::closed:
            if (state_ != State::ended) {
                end(connection_->why());
            }
            return;
        case Connection::State::open:
            break;
    }
    if (state_ == State::connecting) {
        state_ = State::exchanging;
    }
    if (state_ == State::exchanging) {
        write();  // a response may arrive before everything was written
        read();
    }
}

void Fetch::write() {
    const std::string_view head = head_text_;
    const std::string_view body = request_.body;
    while (written_ < head.size() + body.size()) {
        const std::array<Bytes, 2> pieces{as_bytes(head.substr(std::min(written_, head.size()))),
                                          as_bytes(body.substr(written_ - std::min(written_, head.size())))};
        const std::span<const Bytes> all(pieces);
        const IoResult result = connection_->write(pieces[0].empty() ? all.subspan(1) : all);
        written_ += result.bytes;
        if (result.status != IoStatus::ok) {
            return;  // if the connection is broken, reading reports it
        }
    }
    (void)connection_->flush();
}

void Fetch::read() {
    std::array<std::uint8_t, 16'384> buffer;
    while (state_ == State::exchanging) {
        const IoResult result = connection_->read(buffer);
        if (result.bytes > 0) {
            has_received_ = true;
            take({reinterpret_cast<const char*>(buffer.data()), result.bytes});
        }
        if (state_ != State::exchanging || result.status == IoStatus::would_block) {
            return;
        }
        if (result.status == IoStatus::eof || result.status == IoStatus::error) {
            // A write may have consumed the reset, after which an end looks orderly.
            const bool is_end = result.status == IoStatus::eof && connection_->saw_end();
            end_of_stream(is_end, result.status == IoStatus::eof
                                      ? std::string("the connection ended before the response")
                                      : connection_->error_text());
            return;
        }
    }
}

void Fetch::take(std::string_view bytes) {
    received_.append(bytes);
    if (reading_ == Reading::head) {
        take_head();
    }
    if (reading_ == Reading::body && state_ == State::exchanging) {
        take_body();
    }
}

void Fetch::take_head() {
    for (;;) {
        switch (parser_.parse(received_)) {
            case http::ParseState::more:
                return;
            case http::ParseState::refused:
                end("the response is not valid HTTP: " + std::string(parser_.refusal().text));
                return;
            case http::ParseState::complete:
                break;
        }
        if (!parser_.head().is_interim()) {
            keep_head();
            return;
        }
        if (++interim_ > interim_responses_max) {
            end("the server sends interim responses without end");
            return;
        }
        received_.erase(0, parser_.size());
        parser_.reset();
    }
}

void Fetch::keep_head() {
    const http::ResponseHead& head = parser_.head();
    response_.status = head.status;
    for (const http::Field& field : head.fields) {
        response_.fields.emplace_back(field.name, field.value);
    }
    keeps_alive_ = head.keep_alive;
    body_ = http::BodyReader(head.body);
    received_.erase(0, parser_.size());
    reading_ = Reading::body;
    if (bounds_.body_max == 0) {
        keeps_alive_ = false;
        end({});
    }
}

void Fetch::take_body() {
    std::string_view input = received_;
    while (!input.empty() && body_.state() == http::BodyState::more) {
        const http::BodyReader::Piece piece = body_.next(input);
        input.remove_prefix(piece.consumed);
        if (piece.payload.size() > bounds_.body_max - response_.body.size()) {
            response_.is_too_long = true;
            response_.body.clear();
            keeps_alive_ = false;
            end({});
            return;
        }
        response_.body.append(piece.payload);
    }
    received_.erase(0, received_.size() - input.size());
    if (body_.state() == http::BodyState::refused) {
        end("the body of the response is not valid: " + std::string(body_.refusal().text));
    } else if (body_.state() == http::BodyState::complete) {
        reading_ = Reading::whole;
        end({});
    }
}

void Fetch::end_of_stream(bool is_end, const std::string& why) {
    if (reading_ == Reading::body) {
        end(is_end && body_.end_of_input() ? std::string() : "the response is cut off");
    } else if (may_send_again()) {
        written_ = 0;
        received_.clear();
        timer_.set(worker_.now());
        state_ = State::beginning;
    } else {
        end(why);
    }
}

bool Fetch::may_send_again() const noexcept {
    return is_reused_ && !has_received_ &&
           (written_ == 0 || request_.may_repeat || http::is_idempotent(http::method_of(request_.method)));
}

bool Fetch::may_keep_connection() const noexcept {
    return idle_ != nullptr && connection_ != nullptr && connection_->state() == Connection::State::open &&
           response_.error.empty() && keeps_alive_ && reading_ == Reading::whole && received_.empty() &&
           written_ == head_text_.size() + request_.body.size();
}

// The response is reported from the timer, with none of our calls on the stack.
void Fetch::end(std::string error) {
    state_ = State::ended;
    response_.error = std::move(error);
    timer_.set(worker_.now());
}

void Fetch::deliver() {
    timer_.cancel();
    state_ = State::ended;
    if (may_keep_connection()) {
        idle_->keep(request_.to, std::move(connection_));
    }
    connection_.reset();
    Response response = std::move(response_);
    const Done done = std::move(done_);
    done(response);
}

}  // namespace ferrotunnel::fetch
