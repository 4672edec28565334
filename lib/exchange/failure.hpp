// Why a backend did not answer, what the visitor is told of it, and whether the request may be sent again.
#pragma once

#include "directory/ejection.hpp"
#include "exchange/stages.hpp"
#include "http/method.hpp"
#include "wire/code.hpp"

namespace ferrotunnel::exchange {

/// Why a backend did not answer, and the page that tells the visitor.
struct Failure : Refusal {
    bool not_delivered = false;  // nothing of the request has reached the backend
    bool elsewhere = false;      // another carrier may have room
    bool lost = false;           // the way to the backend was lost, which says nothing of the backend
    /// What that says of the member of a group that had the request; `well`: nothing.
    directory::Fared fared = directory::Fared::well;
};

/// How far a request had come when its stream ended.
struct StreamFacts {
    bool connected = false;          // the backend had taken the connection
    bool nothing_delivered = false;  // none of the request's bytes had reached the backend
    bool reused = false;             // the stream had carried an exchange before
};

/// The failure of a stream that was reset with this code.
Failure reset_failure(wire::Code code, const StreamFacts& stream) noexcept;
/// The failure of a stream whose trunk was lost: nobody knows what was delivered. A client that dies takes all of its
/// trunks with it, one after the other: so often may a request meet that.
inline constexpr unsigned lost_repeats_max = 3;
Failure lost_failure() noexcept;
/// The failure of a backend that has closed the connection without an answer.
Failure closed_failure(bool not_delivered) noexcept;
/// The failure of a backend whose 408 says that it has waited too long for a request, and closes the connection
/// (RFC 9110, 15.5.9): on a stream that was idle it has crossed the request and is no answer to it.
Failure idle_failure() noexcept;
/// The failures of a backend that was not connected, or has not answered, in time.
Failure connect_failure() noexcept;
Failure slow_failure() noexcept;

/// Whether a request that was sent once, and of whose answer nothing has come, may be sent again: it surely was not
/// acted on, or a second time does no harm, since its method may be repeated and what has ended was no answer to it:
/// the stream was an old one that the backend was probably about to close, or the way was lost.
bool may_repeat(const Failure& failure, const StreamFacts& stream, http::Method method) noexcept;

}  // namespace ferrotunnel::exchange
