// The codes that RESET, GOAWAY and the control message `refused` share.
#pragma once

#include <cstdint>
#include <string_view>

namespace ferrotunnel::wire {

enum class Code : std::uint16_t {
    none = 0,                // an orderly end
    refused = 1,             // the backend refused the connection
    timeout = 2,             // the backend, or the answer to OPEN, took too long
    unknown_service = 3,     // OPEN named a service that the client does not have
    busy = 4,                // a limit on streams or opens is reached; trying later may work
    cancelled = 5,           // ended by the application
    connection_reset = 6,    // the socket of this stream was reset
    going_away = 7,          // the peer drains and accepts nothing new
    superseded = 8,          // a newer session of the same client replaced this one
    unauthorized = 9,        // the proof was wrong, or the token is unknown
    version = 10,            // no common protocol version
    limit = 11,              // an announced limit was exceeded
    protocol = 12,           // an invalid frame or message
    flow_control = 13,       // more data than credit
    frame_size = 14,         // a frame longer or shorter than its type allows
    stream_id = 15,          // an invalid id: wrong parity, reused, out of order
    internal = 16,           // a bug of the sender of this code
    silent = 17,             // nothing was received for the dead interval
    handshake_timeout = 18,  // the handshake did not finish in time
    port_taken = 19,         // another client or program holds the public port
    port_forbidden = 20,     // the server's configuration does not allow this port
    name_taken = 21,         // another client holds the name
    unsupported = 22,        // a service kind or feature that this side does not have
    too_slow = 23,           // the stream held most of an exhausted budget without moving
    rotated = 24,            // ids run out: open a new session
    forbidden = 25,          // the token has no right to this host or kind of service
    unknown_session = 26,    // the session cannot be resumed: it has ended, or is unknown here
};

/// The name as the documentation and logs spell it; "unknown" for a number without a name.
std::string_view name_of(Code code) noexcept;

}  // namespace ferrotunnel::wire
