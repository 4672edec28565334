// Why a backend did not answer, what the visitor is told of it, and whether the request may be sent once more.
#pragma once

#include "exchange/stages.hpp"
#include "http/method.hpp"
#include "wire/code.hpp"

namespace ferrotunnel::exchange {

struct Failure : Refusal {
    bool not_delivered = false;  // nothing of the request has reached the backend
    bool elsewhere = false;      // another carrier may have room
};

/// How far a request had come when its stream ended.
struct StreamFacts {
    bool connected = false;          // the backend had taken the connection
    bool nothing_delivered = false;  // none of the request's bytes had reached it
    bool reused = false;             // the stream had carried an exchange before
};

/// A stream was reset with this code.
Failure reset_failure(wire::Code code, const StreamFacts& stream) noexcept;
/// The stream's trunk was lost, and nobody knows what was delivered.
Failure lost_failure() noexcept;
/// The backend has closed the connection without an answer.
Failure closed_failure(bool not_delivered) noexcept;
/// There was no connection, or no answer, in time.
Failure connect_failure() noexcept;
Failure slow_failure() noexcept;

/// Whether a request that was sent once, and of whose answer nothing has come, may be sent once more: surely nothing of
/// it was acted on, or its method may be repeated and the stream was an old one, which the backend was about to close.
bool may_repeat(const Failure& failure, const StreamFacts& stream, http::Method method) noexcept;

}  // namespace ferrotunnel::exchange
