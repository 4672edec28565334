#include "observe/http_post.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>
#include <system_error>

#include "ferrotunnel/version.hpp"
#include "http/date.hpp"
#include "runtime/worker.hpp"
#include "trace/limits.hpp"
#include "transport/tcp_pipe.hpp"
#include "transport/tls_pipe.hpp"

namespace ferrotunnel::observe {
namespace {

using transport::IoResult;
using transport::IoStatus;

http::HeadLimits answer_limits() {
    http::HeadLimits limits;
    limits.head_bytes_max = trace::answer_head_max;
    return limits;
}

std::string head_of(const HttpPlace& place, std::size_t body_bytes) {
    std::string head = "POST " + place.path + " HTTP/1.1\r\nHost: " + place.authority + "\r\nUser-Agent: ferrotunnel/" +
                       std::string(version_string) +
                       "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body_bytes) +
                       "\r\nConnection: close\r\n";
    for (const auto& [name, value] : place.fields) {
        head.append(name).append(": ").append(value).append("\r\n");
    }
    return head + "\r\n";
}

runtime::Connector::Options options_within(Duration deadline) {
    runtime::Connector::Options options;
    options.deadline = deadline;
    return options;
}

// Retry-After: a number of seconds, or a date.
std::optional<std::chrono::seconds> retry_after_of(const http::ResponseHead& head) {
    const auto text = head.fields.first(http::FieldName::retry_after);
    if (!text) {
        return std::nullopt;
    }
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
    if (error != std::errc{} || end != text->data() + text->size()) {
        const std::optional<std::int64_t> date = http::read_date(*text);
        if (!date) {
            return std::nullopt;
        }
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        seconds = *date - std::chrono::duration_cast<std::chrono::seconds>(now).count();
    }
    constexpr std::int64_t day = 86'400;  // a bound for what is added to a time
    return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, day));
}

}  // namespace

HttpPost::HttpPost(runtime::Worker& worker, const HttpPlace& place, const std::string& body, Duration deadline,
                   Done done)
    : worker_(worker),
      tls_(place.tls),
      body_(body),
      head_(head_of(place, body.size())),
      done_(std::move(done)),
      parser_(answer_limits()),
      timer_(worker, [this] { tell(); }) {
    parser_.reset(http::ResponseContext{http::Method::post, {}});
    timer_.set(worker.now() + deadline);
    result_.error = "there was no answer in time";
    connector_.emplace(
        worker, place.at, [this](std::error_code error, runtime::Fd socket) { on_connected(error, std::move(socket)); },
        options_within(deadline));
    if (runtime::Fd socket = connector_->take_connected()) {
        on_connected({}, std::move(socket));
    }
}

HttpPost::~HttpPost() {
    unwatch();
}

void HttpPost::on_connected(std::error_code error, runtime::Fd socket) {
    if (error) {
        end_soon({0, {}, error.message()});
        return;
    }
    pipe_ = tls_ ? transport::make_tls_pipe(std::move(socket), tls_)
                 : transport::make_tcp_pipe(std::move(socket), transport::TcpPipeSide::visitor);
    try {
        worker_.poller().add(pipe_->fd(), *this);  // an event follows at once
        watched_ = true;
    } catch (const std::system_error& failure) {
        end_soon({0, {}, failure.code().message()});
    }
}

void HttpPost::on_events(std::uint32_t events) noexcept {
    peer_ends_ = peer_ends_ || (events & runtime::more_behind_events) != 0;
    try {
        go_on();
    } catch (const std::exception&) {
        end_soon({0, {}, "there is no memory"});
    }
}

void HttpPost::go_on() {
    if (ended_ || !shake_hands()) {
        return;
    }
    (void)write();  // an answer may come before everything was written
    if (!ended_) {
        read();
    }
}

bool HttpPost::shake_hands() {
    if (is_open_) {
        return true;
    }
    std::string why;
    const IoStatus status = pipe_->handshake(why);
    is_open_ = status == IoStatus::ok;
    if (!is_open_ && status != IoStatus::would_block) {
        end_soon({0, {}, why});
    }
    return is_open_;
}

// Whether everything has left.
bool HttpPost::write() {
    while (written_ < head_.size() + body_.size()) {
        const std::string_view head = std::string_view(head_).substr(std::min(written_, head_.size()));
        const std::string_view body = std::string_view(body_).substr(written_ - std::min(written_, head_.size()));
        const std::array<Bytes, 2> pieces{as_bytes(head), as_bytes(body)};
        const IoResult result =
            pipe_->write(head.empty() ? std::span(pieces).subspan(1) : std::span<const Bytes>(pieces));
        written_ += result.bytes;
        if (result.status != IoStatus::ok) {
            return false;  // where the connection is broken, reading tells
        }
    }
    return !pipe_->has_pending() || pipe_->flush() == IoStatus::ok;
}

void HttpPost::read() {
    std::array<std::uint8_t, 4'096> buffer;
    for (;;) {
        const IoResult result = pipe_->read(MutableBytes(buffer));
        answer_.append(reinterpret_cast<const char*>(buffer.data()), result.bytes);
        if (result.bytes > 0 && read_head()) {
            return;
        }
        if (result.status == IoStatus::would_block && !(peer_ends_ && result.bytes > 0)) {
            return;
        }
        if (result.status == IoStatus::eof || result.status == IoStatus::error) {
            end_soon({0,
                      {},
                      result.status == IoStatus::eof ? std::string("the connection ended without an answer")
                                                     : pipe_->error_text()});
            return;
        }
    }
}

// Whether the answer is there, or will not come.
bool HttpPost::read_head() {
    for (;;) {
        switch (parser_.parse(answer_)) {
            case http::ParseState::more:
                return false;
            case http::ParseState::refused:
                end_soon({0, {}, "the response is not valid HTTP: " + std::string(parser_.refusal().text)});
                return true;
            case http::ParseState::complete:
                break;
        }
        if (!parser_.head().is_interim()) {
            end_soon({parser_.head().status, retry_after_of(parser_.head()), {}});
            return true;
        }
        answer_.erase(0, parser_.size());
        parser_.reset();
    }
}

// The result is told from the timer: with nothing of ours on the stack.
void HttpPost::end_soon(PostResult result) noexcept {
    ended_ = true;
    result_ = std::move(result);
    timer_.set(worker_.now());
}

void HttpPost::unwatch() noexcept {
    if (std::exchange(watched_, false)) {
        worker_.poller().remove(pipe_->fd(), *this);
    }
}

void HttpPost::tell() {
    timer_.cancel();
    connector_.reset();
    unwatch();
    if (pipe_) {
        pipe_->shutdown();
        pipe_.reset();
    }
    const PostResult result = std::move(result_);
    const Done done = std::move(done_);
    done(result);
}

}  // namespace ferrotunnel::observe
