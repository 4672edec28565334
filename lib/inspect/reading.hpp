// Looking at what was recorded: heads taken apart, bodies as they were before they were compressed, which exchanges are
// meant, and a request as a command of curl.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inspect/exchange.hpp"

namespace ferrotunnel::inspect {

/// A kept head, taken apart. The views point into it.
struct HeadView {
    std::string_view line;
    std::vector<std::pair<std::string_view, std::string_view>> fields;

    explicit HeadView(std::string_view head);
    /// The value of the first field of that name; empty where there is none.
    std::string_view value(std::string_view name) const;
};

std::string_view method_of(const Exchange& exchange);
/// As the backend was asked for it.
std::string_view target_of(const Exchange& exchange);
/// What the visitor was answered by the backend, or in its place by the server; 0: there is no answer.
unsigned status_of(const Exchange& exchange);
/// What has gone wrong, as a part of a sentence; empty: nothing, or it is under way.
std::string problem_of(const Exchange& exchange);
/// The visitor's address as far as it is known; of a request as X-Forwarded-For has it.
std::string visitor_of(const Exchange& exchange);
/// The URL by which the visitor has asked.
std::string url_of(const Exchange& exchange);

/// The body without its Content-Encoding. Nothing: that is unknown here, or the body is none of it.
std::optional<std::string> plain_body(const Half& half);

/// Which exchanges are meant. What is empty does not matter.
struct Filter {
    std::string method{};
    std::string status{};  // "404", or "4xx"
    std::string path{};    // a part of the target
    std::string service{};
    std::string text{};  // in heads, bodies and messages, whatever the case
};
bool matches(const Exchange& exchange, const Filter& filter);

/// A command for a shell that sends the request again, to where the visitor has sent it. Nothing: it is not a request,
/// or its body is not whole.
std::optional<std::string> curl_command(const Exchange& exchange);

/// As RFC 4648 has it, with '='.
std::string base64(std::string_view bytes);

}  // namespace ferrotunnel::inspect
