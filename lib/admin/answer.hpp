// Answers of the control API: a status of HTTP, and JSON; metrics are texts.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/socket.hpp"

namespace ferrotunnel::admin {

/// Keeps the order of its members: people read the answers too.
using Json = nlohmann::ordered_json;

inline constexpr std::string_view json_type = "application/json";

/// A field of a head.
struct Field {
    std::string_view name;
    std::string_view value;
};

struct Answer {
    std::uint16_t status = 200;
    Json body{};
    std::string text{};                 // in the place of `body`, where `type` is another one
    std::string_view type = json_type;  // a constant
    std::span<const Field> fields{};    // more for the head; constants
    std::string cookie{};               // that is set; empty: none
    bool has_right = false;             // at a door for everybody: the caller has shown that it may
    /// Where it is set, the body has no end: after `text`, it is asked for more again and again, and returns an empty
    /// text where there is nothing yet.
    std::function<std::string(std::chrono::steady_clock::time_point now)> more{};
    /// Goes with the answer's first byte to who asks by a Unix socket: limits::admin_sockets_max at the most.
    std::shared_ptr<const std::vector<runtime::Fd>> sockets{};
};

/// A refusal: {"error": {"code": "not_found", "message": "There is no service of that name."}}.
inline Answer refusal(std::uint16_t status, std::string_view code, std::string message) {
    return {status, Json{{"error", Json{{"code", code}, {"message", std::move(message)}}}}};
}

/// The refusals that most resources have.
inline Answer wrong_method(std::string_view allowed) {
    return refusal(405, "wrong_method", "Allowed methods: " + std::string(allowed) + '.');
}
inline Answer invalid(std::string message) {
    return refusal(400, "invalid", std::move(message));
}

/// As text, with a line end. Bytes that are not UTF-8, which clients may send in names, are replaced, and characters
/// that a terminal would not show as they are (ferrotunnel/detail/shown_text.hpp) are escaped.
std::string text_of(const Json& json);

}  // namespace ferrotunnel::admin
