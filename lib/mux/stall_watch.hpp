// Remembers which streams seemed to stand still: one that does so at two looks in a row, and has moved nothing in
// between, has lost a wake, its turn or credit. That is a bug of this program, and no peer or slow reader can cause it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::mux {

/// A stream that should have moved, and what there is to know about it.
struct Stall {
    enum class Why : std::uint8_t {
        unscheduled,   // it has bytes to send, and credit for them, but no turn
        no_room_told,  // everything was sent, and its endpoint still waits for room
        unread,        // bytes wait for its endpoint, which waits for a wake
        no_credit,     // everything was taken, but the peer may send nothing
    };

    wire::StreamId stream = 0;
    std::uint32_t service = 0;
    Why why = Why::unscheduled;
    std::uint64_t sent = 0;         // since the stream began
    std::uint64_t queued = 0;       // waits to be sent
    std::uint64_t credit = 0;       // that is left for it
    std::uint64_t taken = 0;        // by the endpoint, since the stream began
    std::uint64_t waiting = 0;      // for the endpoint
    std::uint64_t outstanding = 0;  // what the peer may still send
};

inline const char* name_of(Stall::Why why) noexcept {
    switch (why) {
        case Stall::Why::unscheduled:
            return "no turn to send";
        case Stall::Why::no_room_told:
            return "no wake to send more";
        case Stall::Why::unread:
            return "no wake to receive";
        case Stall::Why::no_credit:
            return "no credit for the peer";
    }
    return "";
}

class StallWatch {
public:
    /// A look walks over all streams.
    static constexpr Duration look_every = std::chrono::seconds(15);
    /// How many streams it remembers. Where more stand still, these are told first.
    static constexpr std::size_t suspects_max = 16;

    /// True: it was found like this by the look before as well.
    bool is_confirmed(const Stall& stall) {
        if (now_.size() < suspects_max) {
            now_.push_back(stall);
        }
        return std::any_of(before_.begin(), before_.end(), [&](const Stall& before) {
            return before.stream == stall.stream && before.why == stall.why && before.sent == stall.sent &&
                   before.taken == stall.taken;
        });
    }
    /// The end of a look.
    void end_look() noexcept {
        before_.swap(now_);
        now_.clear();
    }

private:
    std::vector<Stall> before_;
    std::vector<Stall> now_;
};

}  // namespace ferrotunnel::mux
