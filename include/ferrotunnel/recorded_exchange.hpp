// RecordedExchange: what a client's inspector knows of one request and its answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace ferrotunnel {

/// A request of a visitor with its answer, or a connection that is not valid HTTP, as a client that has
/// Client::Builder::inspect keeps it. Secrets are masked. A value; see Client::exchanges.
struct RecordedExchange {
    std::uint64_t id = 0;  ///< each later one has a greater one
    std::string service;
    std::string visitor;  ///< its address, as far as it is known
    std::string method;   ///< empty: no HTTP
    std::string target;   ///< the path, with its query
    unsigned status = 0;  ///< the backend's, or 502 of the server in its place; 0: there is no answer, or no HTTP
    std::chrono::system_clock::time_point began;
    std::optional<std::chrono::microseconds> first_byte{};  ///< of the answer, since it began
    std::optional<std::chrono::microseconds> duration{};    ///< nothing: it is not over
    std::uint64_t bytes_received = 0;                       ///< from the visitor: the body, or all of a connection
    std::uint64_t bytes_sent = 0;                           ///< to the visitor, alike
    std::string problem{};  ///< what has gone wrong, such as "the backend was not reached: Connection refused"
};

}  // namespace ferrotunnel
