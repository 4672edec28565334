// One recorded exchange between a visitor and a backend, or one connection that is not valid HTTP: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace ferrotunnel::inspect {

/// A request or a response, as it passed between the client and the backend. Secrets are masked in all of it.
struct RecordedMessage {
    std::string head{};  // as sent, up to the empty line; empty if it has not arrived
    std::string body{};  // payload without its framing, as far as it is kept; empty until all of it has passed
    std::uint64_t body_bytes = 0;  // of the payload that has passed
    bool complete = false;         // the end of the message has passed
    bool cut = false;              // more has passed than is kept
    bool masked = false;           // the head or the body contained secrets
    bool head_masked = false;
    bool body_masked = false;
    bool decoded = false;  // the body is kept without its Content-Encoding, since it was searched for secrets
    bool dropped = false;  // no part of the body is kept: there was no room, or it could not be searched for secrets
};

/// A message of a WebSocket, or an event of an event stream.
struct Message {
    enum class Kind : std::uint8_t { text, binary, close, ping, pong, event };

    Duration at{};  // since the exchange began
    bool by_visitor = false;
    Kind kind = Kind::text;
    std::uint64_t bytes = 0;
    std::string text{};       // of text, events and close reasons
    bool cut = false;         // there was more text
    bool compressed = false;  // the text is not kept: it is compressed
};

struct Exchange {
    enum class Kind : std::uint8_t { http, connection };
    enum class State : std::uint8_t {
        under_way,
        complete,
        visitor_left,  // before the response was complete
        backend_left,  // likewise
        not_http,      // the bytes are not HTTP, and were passed on unchanged
        lost,          // the backend was not reached, or refused before it responded
    };

    std::uint64_t id = 0;
    Kind kind = Kind::http;
    State state = State::under_way;
    std::string service{};
    std::string backend{};
    std::string visitor{};        // its address, possibly with a port
    std::uint64_t replay_of = 0;  // the exchange that this one repeats; 0 if none
    std::string why{};            // for a state that is not an orderly end, if there is a reason
    TimePoint began{};
    // Since the begin; empty if not reached.
    std::optional<Duration> head_sent{};
    std::optional<Duration> request_sent{};
    std::optional<Duration> first_byte{};
    std::optional<Duration> end{};
    RecordedMessage request{};
    RecordedMessage answer{};
    unsigned edge_status = 0;  // for a lost exchange: the server's status in the backend's place; 0 if none
    bool upgraded = false;     // after the response's head the bytes are not HTTP
    std::vector<Message> messages{};
    std::uint64_t messages_left_off = 0;  // older ones that were dropped
    // For a connection, or after an upgrade: bytes.
    std::uint64_t to_backend = 0;
    std::uint64_t from_backend = 0;
};

}  // namespace ferrotunnel::inspect
