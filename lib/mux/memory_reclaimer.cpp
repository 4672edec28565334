#include "mux/memory_reclaimer.hpp"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

namespace ferrotunnel::mux {

std::uint64_t MemoryReclaimer::held_by(const Stream& stream) noexcept {
    return stream.side_.window.received() - stream.taken_.recent();
}

void MemoryReclaimer::note_progress(Stream& stream) noexcept {
    StreamSide& side = stream.side_;
    const auto taken = static_cast<std::uint32_t>(stream.taken_.recent());
    if (taken != side.taken_seen) {
        side.taken_seen = taken;
        side.taken_at = CoarseTime(context_.now);
    }
    if (side.sent != side.sent_seen && side.waits) {
        side.sent_seen = side.sent;
        side.sent_at = CoarseTime(context_.now);
    }
}

void MemoryReclaimer::set_idle_aside() {
    if (!budget_.start_idle_check(context_.now)) {
        return;
    }
    std::uint64_t held = 0;
    std::uint64_t held_idle = 0;
    std::uint64_t committed_idle = 0;
    table_.for_each_holding([&](Stream& stream) {
        note_progress(stream);
        const StreamSide& side = stream.side_;
        const std::uint64_t here = held_by(stream);
        held += here;
        if (side.taken_at.until(context_.now) >= limits::set_aside_after) {
            held_idle += here;
            committed_idle += side.committed(context_.window_rules);
        }
    });
    budget_.set_idle(held, held_idle, committed_idle);
}

void MemoryReclaimer::reset_most_stalled(std::uint64_t excess) {
    struct Stalled {
        double weight = 0;
        std::uint64_t held = 0;
        IntrusivePtr<Stream> stream;
    };
    SessionShared& shared = *context_.shared;
    const TimePoint now = context_.now;
    const bool asked = shared.reclaim_requested.exchange(0, std::memory_order_relaxed) != 0;
    const bool urgent = shared.ledger->bytes() / 2 > context_.settings.memory_hard;
    std::vector<Stalled> stalled;
    std::uint64_t all = 0;  // held by all streams, without the slack that their slabs pin
    table_.for_each_holding([&](Stream& stream) {
        note_progress(stream);
        const StreamSide& side = stream.side_;
        Stalled found;
        const std::uint64_t here = held_by(stream);
        all += here + (asked ? stream.queued_bytes() : 0);
        const auto add = [&](std::uint64_t held, Duration still) {
            if (held > 0 && (urgent || still >= limits::stalled_after)) {
                found.held += held;
                found.weight += static_cast<double>(held) * std::chrono::duration<double>(still).count();
            }
        };
        add(here, side.taken_at.until(now));
        add(asked && side.waits ? stream.queued_bytes() : 0, side.sent_at.until(now));
        if (found.held > 0) {
            found.stream = IntrusivePtr<Stream>(&stream);
            stalled.push_back(std::move(found));
        }
    });
    std::sort(stalled.begin(), stalled.end(), [](const Stalled& a, const Stalled& b) {
        return std::tie(a.weight, a.held) > std::tie(b.weight, b.held);
    });
    const std::uint64_t pinned = shared.ledger->bytes() + (asked ? shared.outbound->bytes() : 0);
    if (all < pinned) {
        const double share = static_cast<double>(all) / static_cast<double>(pinned);
        excess = static_cast<std::uint64_t>(static_cast<double>(excess) * share) + 1;
    }
    const std::size_t one_of = urgent ? 1 : limits::stalled_reset_one_of;
    std::uint64_t given_up = 0;
    for (std::size_t i = 0; i < (stalled.size() + one_of - 1) / one_of && given_up < excess; ++i) {
        table_.reset_stalled(*stalled[i].stream);
        given_up += stalled[i].held;
    }
}

}  // namespace ferrotunnel::mux
