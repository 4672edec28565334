// Rules and limits of an HTTP service as registered by a client: the maps `rules` and `limits` of its `http` part,
// defined in docs/protocol.md. This file checks only their types and bounds; the server's http::check_rules checks the
// values and their combinations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wire/cbor.hpp"

namespace ferrotunnel::wire {

class FieldReader;

/// A rule for a header field. On the wire it is an array: [0, name, value] adds, [1, name, value] sets, [2, name]
/// removes.
struct HttpFieldRule {
    enum class Action : std::uint8_t { add = 0, set = 1, remove = 2 };

    Action action = Action::set;
    std::string name;
    std::string value;  // empty for `remove`

    friend bool operator==(const HttpFieldRule&, const HttpFieldRule&) = default;
};

struct HttpRulesPart {
    struct Redirect {
        std::string to;
        std::uint16_t status = 302;

        friend bool operator==(const Redirect&, const Redirect&) = default;
    };
    struct HttpsRedirect {
        std::uint16_t status = 308;  // 0: none
        std::uint16_t port = 0;      // 0: the server's own

        friend bool operator==(const HttpsRedirect&, const HttpsRedirect&) = default;
    };
    struct Hsts {
        std::uint64_t max_age = 0;  // seconds
        bool include_subdomains = false;
        bool preload = false;

        friend bool operator==(const Hsts&, const Hsts&) = default;
    };

    std::optional<std::string> prefix;  // replacement of the path's prefix; empty: none
    std::string host;                   // Host for the backend; empty: the visitor's
    bool map_back = true;
    std::vector<HttpFieldRule> request_headers;
    std::vector<HttpFieldRule> response_headers;
    std::optional<Redirect> redirect;
    std::optional<HttpsRedirect> https_redirect;
    std::optional<Hsts> hsts;
    /// The first key unknown to this version: the service must not be served without that rule. Never sent.
    std::string unknown;

    /// The size limited by limits::http_rules_bytes_max: all texts, and the overhead of each rule.
    std::size_t bytes() const noexcept;

    friend bool operator==(const HttpRulesPart&, const HttpRulesPart&) = default;
};

/// Limits of a service; for missing ones the server's apply.
struct HttpLimitsPart {
    std::optional<std::uint64_t> connect_ms;
    std::optional<std::uint64_t> first_byte_ms;
    std::optional<std::uint64_t> upgraded_idle_ms;
    std::optional<std::uint64_t> body_rate;  // bytes a second
    std::optional<std::uint64_t> body_max;   // bytes
    bool upgrades = true;

    friend bool operator==(const HttpLimitsPart&, const HttpLimitsPart&) = default;
};

/// Writes the keys `rules` and `limits`, if they differ from the default. `count_http_rules` returns the number of
/// pairs that `write_http_rules` writes.
std::size_t count_http_rules(const HttpRulesPart& rules, const HttpLimitsPart& limits) noexcept;
void write_http_rules(cbor::Writer& writer, const HttpRulesPart& rules, const HttpLimitsPart& limits);

/// Reads both keys. `http` is the map that may contain them.
void read_http_rules(FieldReader& http, HttpRulesPart& rules, HttpLimitsPart& limits);

}  // namespace ferrotunnel::wire
