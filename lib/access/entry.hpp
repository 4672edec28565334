// What the access log says of one request, whatever its format. Texts are as the visitor has sent them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace ferrotunnel::access {

/// How an exchange has ended.
enum class Outcome : std::uint8_t {
    complete,
    visitor_left,  // before the end of the answer
    cut,           // the answer had begun, and could not be completed
};

struct Entry {
    std::chrono::system_clock::time_point time;  // when the head of the request was there
    std::string_view visitor;
    std::string_view token;
    std::string_view service;
    std::string_view host;
    std::string_view method;  // empty: there was no head that could be read
    std::string_view target;  // path and query
    std::string_view protocol;
    std::string_view scheme;
    std::string_view referer;
    std::string_view user_agent;
    std::string_view request_id;
    std::string_view member;  // of a group: who had the request last; empty: nobody, or there is no group
    std::string_view cause;   // why the edge or a plugin has answered, as in X-FerroTunnel-Error; empty: neither has
    Outcome outcome = Outcome::complete;
    std::uint16_t status = 0;
    std::uint64_t received = 0;  // bytes of the bodies
    std::uint64_t sent = 0;
    // All since `time`. Nothing: it has not come to that.
    std::optional<Duration> routed;  // the stages and plugins have let the request pass
    std::optional<Duration> connected;
    std::optional<Duration> first_byte;  // the head of the answer
    Duration whole{};
};

}  // namespace ferrotunnel::access
