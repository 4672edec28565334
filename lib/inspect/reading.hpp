// Views of recorded exchanges: parsed heads, decompressed bodies, filters, and a request as a curl command.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inspect/exchange.hpp"

namespace ferrotunnel::inspect {

/// A kept head, parsed. The views point into it.
struct HeadView {
    std::string_view line;
    std::vector<std::pair<std::string_view, std::string_view>> fields;

    explicit HeadView(std::string_view head);
    /// The value of the first field of that name; empty if there is none.
    std::string_view value(std::string_view name) const;
};

std::string_view method_of(const Exchange& exchange);
/// The target as the backend received it.
std::string_view target_of(const Exchange& exchange);
/// The visitor's status, from the backend or in its place from the server; 0 if there is no response.
unsigned status_of(const Exchange& exchange);
/// What went wrong, as a part of a sentence; empty if nothing did, or if the exchange is in progress.
std::string problem_of(const Exchange& exchange);
/// The visitor's address, empty if unknown: of an HTTP request, the first entry of X-Forwarded-For; of a connection,
/// its source.
std::string visitor_of(const Exchange& exchange);
/// The URL that the visitor requested.
std::string url_of(const Exchange& exchange);

/// The body without its Content-Encoding. Empty if that is unknown here, or the body does not match it.
std::optional<std::string> plain_body(const RecordedMessage& half);

/// Which exchanges to select. Empty members match everything.
struct Filter {
    std::string method{};
    std::string status{};  // "404", or "4xx"
    std::string path{};    // a part of the target
    std::string service{};
    std::string text{};  // in heads, bodies and messages, ignoring case
};
bool matches(const Exchange& exchange, const Filter& filter);

/// A shell command that sends the request again, to the visitor's destination. Empty if it is not a request, or its
/// body is incomplete.
std::optional<std::string> curl_command(const Exchange& exchange);

/// As in RFC 4648, with '='.
std::string base64(std::string_view bytes);

}  // namespace ferrotunnel::inspect
