// A request and its response as recorded by a client's inspector.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace ferrotunnel {

/// A request of a visitor with its response, or a connection that is not HTTP, recorded by a client with
/// Client::Builder::inspect. Secrets are masked. A value; see Client::exchanges.
struct RecordedExchange {
    std::uint64_t id = 0;  ///< increases with each exchange
    std::string service;
    std::string visitor;  ///< its address, if known
    std::string method;   ///< empty: not HTTP
    std::string target;   ///< the path, with its query
    unsigned status = 0;  ///< the backend's, or 502 of the server in its place; 0: no response, or not HTTP
    std::chrono::system_clock::time_point began;
    std::optional<std::chrono::microseconds> first_byte{};  ///< time from the start to the first byte of the response
    std::optional<std::chrono::microseconds> duration{};    ///< empty if it is not over
    std::uint64_t bytes_received = 0;                       ///< from the visitor: the body, or all of a connection
    std::uint64_t bytes_sent = 0;                           ///< to the visitor, likewise
    std::string problem{};  ///< what went wrong, such as "the backend was not reached: Connection refused"
};

}  // namespace ferrotunnel
