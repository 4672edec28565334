// Answers of the control API: an HTTP status and JSON; metrics are text.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/socket.hpp"

namespace ferrotunnel::admin {

/// Keeps the order of its members, since people read the answers too.
using Json = nlohmann::ordered_json;

inline constexpr std::string_view json_type = "application/json";

/// A field of the response head.
struct Field {
    std::string_view name;
    std::string_view value;
};

struct Answer {
    std::uint16_t status = 200;
    Json body{};
    std::string text{};                 // replaces `body`, if `type` is another one
    std::string_view type = json_type;  // a constant
    std::span<const Field> fields{};    // further header fields; constants
    std::string cookie{};               // to be set; empty: none
    bool is_secret = false;  // `text` replaces `body` though it is JSON; it, and what is sent of it, is wiped
    bool has_right = false;  // for endpoints open to everybody: the caller has proved its right
    /// If set, the body has no end: after `text`, this is called repeatedly for more, and returns an empty text if
    /// there is nothing yet.
    std::function<std::string(std::chrono::steady_clock::time_point now)> more{};
    /// If set, this is not the answer yet, and everything else is ignored, except `fields` and `has_right`: it is
    /// called repeatedly until it returns the answer. The connection ends after it.
    std::function<std::optional<Answer>(std::chrono::steady_clock::time_point now)> later{};
    int watched = -1;  // with `later`: called at once if this descriptor is readable; negative: at intervals only
    /// Sent with the answer's first byte to a caller on a Unix socket: at most runtime::sockets_sent_max.
    std::shared_ptr<const std::vector<runtime::Fd>> sockets{};
};

/// A refusal: {"error": {"code": "not_found", "message": "There is no service of that name."}}.
inline Answer refusal(std::uint16_t status, std::string_view code, std::string message) {
    return {status, Json{{"error", Json{{"code", code}, {"message", std::move(message)}}}}};
}

/// Refusals shared by most resources.
inline Answer wrong_method(std::string_view allowed) {
    return refusal(405, "wrong_method", "Allowed methods: " + std::string(allowed) + '.');
}
inline Answer invalid(std::string message) {
    return refusal(400, "invalid", std::move(message));
}

/// As text, with a line end. Bytes that are not UTF-8, which clients may send in names, are replaced, and characters
/// that a terminal would not show literally (ferrotunnel/detail/shown_text.hpp) are escaped.
std::string text_of(const Json& json);

}  // namespace ferrotunnel::admin
