// Requests to a CA and its responses, as values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace ferrotunnel::acme {

struct HttpCall {
    enum class Method : unsigned char { get, head, post };

    Method method = Method::get;
    std::string url{};
    std::string body{};    // of a post: application/jose+json
    std::string accept{};  // empty, or the wanted type
};

struct HttpReply {
    std::uint16_t status = 0;  // 0: no response; `error` says why
    std::string error{};
    std::string body{};  // at most limits::body_max; if it was longer, `error` says so
    std::string content_type{};
    std::string location{};
    std::string nonce{};  // Replay-Nonce
    std::optional<std::chrono::seconds> retry_after{};
};

}  // namespace ferrotunnel::acme
