// What is known of one exchange between a visitor and a backend, or of one connection that is not valid HTTP: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace ferrotunnel::inspect {

/// A request or an answer, as it passed between the client and the backend. Secrets are masked in all of it.
struct Half {
    std::string head{};  // as it was written, to the empty line; empty: it has not come
    std::string body{};  // payload without its framing, as far as it is kept; empty until all of it has passed
    std::uint64_t body_bytes = 0;  // of the payload that has passed
    bool complete = false;         // its end has passed
    bool cut = false;              // more has passed than is kept
    bool masked = false;           // the head or the body had secrets
    bool head_masked = false;
    bool body_masked = false;
    bool decoded = false;  // the body is kept without its Content-Encoding, since secrets were looked for
    bool dropped = false;  // nothing of the body is kept: there was no room, or it could not be searched for secrets
};

/// A message of a WebSocket, or an event of an event stream.
struct Message {
    enum class Kind : std::uint8_t { text, binary, close, ping, pong, event };

    Duration at{};  // since the exchange began
    bool by_visitor = false;
    Kind kind = Kind::text;
    std::uint64_t bytes = 0;
    std::string text{};       // of text, events and reasons to close
    bool cut = false;         // there was more text
    bool compressed = false;  // nothing of the text is kept: it is compressed for the way
};

struct Exchange {
    enum class Kind : std::uint8_t { http, connection };
    enum class State : std::uint8_t {
        under_way,
        complete,
        visitor_left,  // before the answer was complete
        backend_left,  // likewise
        not_http,      // what was said is not HTTP, and was passed on as it was
        lost,          // the backend was not reached, or refused before it answered
    };

    std::uint64_t id = 0;
    Kind kind = Kind::http;
    State state = State::under_way;
    std::string service{};
    std::string backend{};
    std::string visitor{};        // its address, perhaps with a port
    std::uint64_t replay_of = 0;  // the exchange that this one repeats; 0: none
    std::string why{};            // of a state that is not an orderly end, where there is something to say
    TimePoint began{};
    // Since then; nothing: it has not come to that.
    std::optional<Duration> head_sent{};
    std::optional<Duration> request_sent{};
    std::optional<Duration> first_byte{};
    std::optional<Duration> end{};
    Half request{};
    Half answer{};
    unsigned edge_status = 0;  // of an exchange that is lost: what the server answers in the backend's place; 0: nobody
    bool upgraded = false;     // after the answer's head the bytes are no HTTP
    std::vector<Message> messages{};
    std::uint64_t messages_left_off = 0;  // older ones
    // Of a connection, or after an upgrade: bytes.
    std::uint64_t to_backend = 0;
    std::uint64_t from_backend = 0;
};

}  // namespace ferrotunnel::inspect
