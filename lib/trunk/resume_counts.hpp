// Counters of lost connections whose sessions outlive them, and of the outcomes.
#pragma once

#include <atomic>
#include <cstdint>

#include "wire/code.hpp"

namespace ferrotunnel::trunk {

/// For all sessions of a client or server since its start; any thread.
struct ResumeCounts {
    using Count = std::atomic<std::uint64_t>;

    Count waits{0};     // connections that were lost while their session waited for another one
    Count resumed{0};   // of these, those whose session continued
    Count given_up{0};  // and those whose session ended: too late, refused, short of memory
    // Rejected requests to resume a session; on a client only final ones.
    Count refused_unknown{0};       // the session is over, or from before a restart of the server
    Count refused_unauthorized{0};  // it belongs to another client, or the token may not log in
    Count refused_superseded{0};    // a later request had arrived
    Count refused_otherwise{0};

    void count_refusal(wire::Code code) noexcept {
        Count& count = code == wire::Code::unknown_session ? refused_unknown
                       : code == wire::Code::unauthorized  ? refused_unauthorized
                       : code == wire::Code::superseded    ? refused_superseded
                                                           : refused_otherwise;
        count.fetch_add(1, std::memory_order_relaxed);
    }
};

}  // namespace ferrotunnel::trunk
