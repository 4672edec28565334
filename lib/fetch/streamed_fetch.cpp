#include "fetch/streamed_fetch.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <span>
#include <utility>

#include "fetch/limits.hpp"
#include "fetch/request_head.hpp"
#include "http/method.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::fetch {
namespace {

using transport::IoResult;
using transport::IoStatus;

// Reads of 16 KiB before the worker's timers and other sockets have their turn.
constexpr int reads_per_turn = 16;

http::HeadLimits streamed_head_limits(const Bounds& bounds) {
    http::HeadLimits limits;
    limits.head_bytes_max = bounds.head_max;
    return limits;
}

}  // namespace

StreamedFetch::StreamedFetch(runtime::Worker& worker, Request request, const Bounds& bounds, Handlers handlers)
    : worker_(worker),
      request_(std::move(request)),
      deadline_(worker.now() + bounds.time),
      handlers_(std::move(handlers)),
      head_text_(head_of(request_, false)),
      parser_(streamed_head_limits(bounds)),
      timer_(worker, [this] { on_timer(); }) {
    parser_.reset(http::ResponseContext{http::method_of(request_.method), {}});
    timer_.set(worker.now());
}

void StreamedFetch::stop(std::string error) {
    if (state_ != State::ended) {
        end(std::move(error));
    }
}

void StreamedFetch::on_timer() {
    switch (state_) {
        case State::beginning:
            begin();
            return;
        case State::connecting:
        case State::awaiting_head:
            if (worker_.now() < deadline_) {
                timer_.set(deadline_);
                on_ready();
            } else {
                end("there was no response in time");
            }
            return;
        case State::streaming:
            on_ready();
            return;
        case State::ended:
            break;
    }
    connection_.reset();
    const auto ended = handlers_.ended;
    const std::string error = std::move(error_);
    ended(error);
}

void StreamedFetch::begin() {
    if (std::string fault = request_fault(request_); !fault.empty()) {
        end(std::move(fault));
        return;
    }
    state_ = State::connecting;
    timer_.set(deadline_);
    connection_ = std::make_unique<Connection>(worker_, request_.to, deadline_ - worker_.now());
    connection_->on_ready([this] { on_ready(); });
    if (connection_->state() == Connection::State::closed) {
        end(connection_->why());
    }
}

void StreamedFetch::on_ready() noexcept {
    try {
        step();
    } catch (const std::exception&) {
        error_.clear();
        error_.append("no memory");  // within the text's own room
        state_ = State::ended;
        timer_.set(worker_.now());
    }
}

void StreamedFetch::step() {
    if (state_ == State::ended || connection_ == nullptr) {
        return;
    }
    if (connection_->state() == Connection::State::closed) {
        end(connection_->why());
    } else if (connection_->state() == Connection::State::open) {
        state_ = std::max(state_, State::awaiting_head);
        write();
        read();
    }
}

void StreamedFetch::write() {
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

void StreamedFetch::read() {
    std::array<std::uint8_t, 16'384> buffer;
    for (int reads = 0; state_ != State::ended; ++reads) {
        if (reads == reads_per_turn) {
            timer_.set(worker_.now());
            return;
        }
        const IoResult result = connection_->read(buffer);
        if (result.bytes > 0) {
            take({reinterpret_cast<const char*>(buffer.data()), result.bytes});
        }
        if (state_ == State::ended || result.status == IoStatus::would_block) {
            return;
        }
        if (result.status == IoStatus::eof || result.status == IoStatus::error) {
            const bool is_end = result.status == IoStatus::eof && connection_->saw_end();
            const bool is_complete = is_end && state_ == State::streaming && body_.end_of_input();
            end(is_complete                        ? std::string()
                : result.status == IoStatus::error ? connection_->error_text()
                : state_ == State::streaming       ? "the response is cut off"
                                                   : "the connection ended before the response");
            return;
        }
    }
}

void StreamedFetch::take(std::string_view bytes) {
    received_.append(bytes);
    if (state_ == State::awaiting_head) {
        take_head();
    }
    if (state_ == State::streaming) {
        take_body();
    }
}

void StreamedFetch::take_head() {
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
        const bool is_interim = parser_.head().is_interim();
        if (is_interim && ++interim_ > interim_responses_max) {
            end("the server sends interim responses without end");
            return;
        }
        if (!is_interim) {
            break;
        }
        received_.erase(0, parser_.size());
        parser_.reset();
    }
    const http::ResponseHead& head = parser_.head();
    Response response;
    response.status = head.status;
    for (const http::Field& field : head.fields) {
        response.fields.emplace_back(field.name, field.value);
    }
    body_ = http::BodyReader(head.body);
    received_.erase(0, parser_.size());
    state_ = State::streaming;
    timer_.cancel();
    handlers_.head(response);
}

void StreamedFetch::take_body() {
    std::string_view input = received_;
    while (!input.empty() && body_.state() == http::BodyState::more && state_ == State::streaming) {
        const http::BodyReader::Piece piece = body_.next(input);
        input.remove_prefix(piece.consumed);
        if (!piece.payload.empty()) {
            handlers_.bytes(piece.payload);
        }
    }
    received_.erase(0, received_.size() - input.size());
    if (state_ != State::streaming) {
        return;
    }
    if (body_.state() == http::BodyState::refused) {
        end("the body of the response is not valid: " + std::string(body_.refusal().text));
    } else if (body_.state() == http::BodyState::complete) {
        end({});
    }
}

// Reported from the timer, with none of our calls on the stack.
void StreamedFetch::end(std::string error) {
    state_ = State::ended;
    error_ = std::move(error);
    timer_.set(worker_.now());
}

}  // namespace ferrotunnel::fetch
