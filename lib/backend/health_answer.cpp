#include "backend/health_answer.hpp"

#include <algorithm>
#include <utility>

namespace ferrotunnel::backend {

std::string health_request(const HealthCheckSettings& terms) {
    return "GET " + terms.path + " HTTP/1.1\r\nHost: " + terms.host +
           "\r\nUser-Agent: ferrotunnel-health\r\nAccept: */*\r\nConnection: close\r\n\r\n";
}

HealthAnswer::HealthAnswer(const HealthCheckSettings& terms) : terms_(terms) {
    parser_.reset(http::ResponseContext{});
}

HealthAnswer::Verdict HealthAnswer::unhealthy(std::string why) {
    why_ = std::move(why);
    return Verdict::unhealthy;
}

bool HealthAnswer::is_good(std::uint16_t status) const noexcept {
    return std::any_of(
        terms_.statuses.begin(), terms_.statuses.end(),
        [status](const HealthCheckSettings::Statuses& each) { return each.first <= status && status <= each.last; });
}

HealthAnswer::Verdict HealthAnswer::take(std::string_view bytes) {
    if (has_head_) {
        return read_body(bytes);
    }
    bytes_ += bytes;  // the parser has a bound for heads
    return read_head();
}

HealthAnswer::Verdict HealthAnswer::read_head() {
    for (;;) {
        switch (parser_.parse(bytes_)) {
            case http::ParseState::more:
                return Verdict::more;
            case http::ParseState::refused:
                return unhealthy("the response is not valid HTTP/1.1");
            case http::ParseState::complete:
                break;
        }
        if (!parser_.head().is_interim()) {
            break;
        }
        bytes_.erase(0, parser_.size());
        parser_.reset();
    }
    const http::ResponseHead& head = parser_.head();
    if (!is_good(head.status)) {
        return unhealthy("the status is " + std::to_string(head.status));
    }
    if (terms_.text.empty()) {
        return Verdict::healthy;
    }
    has_head_ = true;
    body_ = http::BodyReader(head.body);
    const std::string behind = std::exchange(bytes_, {}).substr(parser_.size());
    return read_body(behind);
}

HealthAnswer::Verdict HealthAnswer::read_body(std::string_view bytes) {
    while (!bytes.empty() && body_.state() == http::BodyState::more && bytes_.size() < limits::health_body_max) {
        const http::BodyReader::Piece piece = body_.next(bytes);
        bytes_ += piece.payload.substr(0, limits::health_body_max - bytes_.size());
        bytes.remove_prefix(piece.consumed);
    }
    const bool is_over = body_.state() != http::BodyState::more || bytes_.size() >= limits::health_body_max;
    return is_over ? judge_body() : Verdict::more;
}

HealthAnswer::Verdict HealthAnswer::judge_body() {
    if (body_.state() == http::BodyState::refused) {
        return unhealthy("the response is not valid HTTP/1.1");
    }
    return bytes_.find(terms_.text) != std::string::npos ? Verdict::healthy
                                                         : unhealthy("the response does not contain the expected text");
}

HealthAnswer::Verdict HealthAnswer::end() {
    if (!has_head_ || !body_.end_of_input()) {
        return unhealthy("the backend closed the connection before the response was complete");
    }
    return judge_body();
}

}  // namespace ferrotunnel::backend
