// Failures of a backend: what the visitor is answered, and whether the request may be sent again.
#pragma once

#include "directory/ejection.hpp"
#include "exchange/stages.hpp"
#include "http/method.hpp"
#include "wire/code.hpp"

namespace ferrotunnel::exchange {

/// Why a backend did not respond, and the page that the visitor gets.
struct Failure : Refusal {
    bool not_delivered = false;      // no part of the request reached the backend
    bool try_other_carrier = false;  // another carrier may have room
    bool lost = false;               // the path to the backend was lost, which shows nothing about the backend
    /// The outcome to record at the group member that had the request; `success` if the failure does not count.
    directory::MemberOutcome outcome = directory::MemberOutcome::success;
    bool not_here = false;  // the member of the cluster has no client with the service any more, or not yet
};

/// The progress of a request when its stream ended.
struct StreamFacts {
    bool connected = false;          // the backend had accepted the connection
    bool nothing_delivered = false;  // none of the request's bytes had reached the backend
    bool reused = false;             // the stream had carried an exchange before
    bool forwarded = false;          // it leads to another member of the cluster
};

/// The failure of a stream that was reset with this code.
Failure reset_failure(wire::Code code, const StreamFacts& stream) noexcept;
/// The failure of a stream whose trunk was lost: how much was delivered is unknown. A client that dies loses all of its
/// trunks, one after the other, so a request may have this failure several times.
inline constexpr unsigned lost_repeats_max = 3;
Failure lost_failure() noexcept;
/// What other members have is known a moment late. So a request that a member does not have the service for is sent to
/// two others at most; then it waits for a change, after which it is sent again, to so many members in all.
inline constexpr unsigned not_here_repeats_max = 2;
inline constexpr unsigned forwards_max = 8;
/// The failure of a backend that closed the connection without a response.
Failure closed_failure(bool not_delivered) noexcept;
/// The failure of a backend that sends 408 because it waited too long for a request, and closes the connection (RFC
/// 9110, 15.5.9): on an idle stream it has crossed the request and is not a response to it.
Failure idle_failure() noexcept;
/// The failures of a backend that was not connected, or did not respond, in time.
Failure connect_failure() noexcept;
Failure slow_failure() noexcept;

/// Whether a request that was sent once, and whose response has not begun, may be sent again: either it surely was not
/// acted on, or a second time does no harm, because its method may be repeated and the end was not a response to it:
/// the stream was an old one that the backend was probably about to close, or the path was lost.
bool may_repeat(const Failure& failure, const StreamFacts& stream, http::Method method) noexcept;

}  // namespace ferrotunnel::exchange
