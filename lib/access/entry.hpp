// One request in the access log, in any format. Texts are as the visitor has sent them.
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
    visitor_left,  // before the end of the response
    cut,           // the response had begun, and could not be completed
};

struct Entry {
    std::chrono::system_clock::time_point time;  // when the head of the request was complete
    std::string_view visitor;
    std::string_view token;
    std::string_view service;
    std::string_view host;
    std::string_view method;  // empty if there was no readable head
    std::string_view target;  // path and query
    std::string_view protocol;
    std::string_view scheme;
    std::string_view referer;
    std::string_view user_agent;
    std::string_view request_id;
    std::string_view tls_group;  // in which the visitor's TLS agreed on its keys; empty without TLS
    std::string_view member;     // the last member, of a group or a cluster, that had the request; empty: none
    std::string_view cause;  // why the edge or a plugin has answered, as in X-FerroTunnel-Error; empty if neither has
    Outcome outcome = Outcome::complete;
    std::uint16_t status = 0;
    std::uint64_t received = 0;  // bytes of the bodies
    std::uint64_t sent = 0;
    // Durations since `time`. Empty if the event did not occur.
    std::optional<Duration> routed;  // the stages and plugins have accepted the request
    std::optional<Duration> connected;
    std::optional<Duration> first_byte;  // the head of the response
    Duration whole{};
};

}  // namespace ferrotunnel::access
