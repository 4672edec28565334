// Copies small remainders, so that they do not pin the slabs that they were read into.
#pragma once

#include <cstdint>
#include <vector>

#include "mux/session_context.hpp"
#include "mux/stream.hpp"

namespace ferrotunnel::mux {

/// Slices that an endpoint on this thread has not consumed yet pin the slabs that they arrived in. If little of a slab
/// is still in use, copies are cheaper to keep. Only slices received since the last forget() are visited, so the work
/// for each item is constant, however long the queues are. Lives on the session's worker.
class Compactor {
public:
    explicit Compactor(SessionContext& context) noexcept : context_(context) {}

    /// A slab that is being read into.
    void add_slab(const buffer::SlabPtr& slab) {
        if (slabs_.empty() || slabs_.back().slab != slab) {
            slabs_.push_back({slab});
        }
    }
    /// Data of this cost was queued for the stream at `place`; `in_slab`: as a part of an added slab.
    void add_data(Stream& stream, Stream::Queue::Place place, std::uint64_t cost, bool in_slab) {
        StreamSide& side = stream.side_;
        if (side.arrival == 0) {
            received_.push_back({IntrusivePtr<Stream>(&stream), {place}});
            side.arrival = static_cast<std::uint32_t>(received_.size());
        }
        Received& received = received_[side.arrival - 1];
        received.fresh.cost += cost;
        received.in_slab = received.in_slab || in_slab;
    }
    /// Whether something from before the current receive() still waits: the endpoint is behind.
    bool is_behind(const Stream& stream) const noexcept {
        const std::uint32_t at = stream.side_.arrival;
        return stream.waiting() > (at != 0 ? received_[at - 1].fresh.cost : 0);
    }
    /// Copies the remainders that are cheaper to copy than to pin.
    void compact() {
        if (!all_taken()) {
            copy_remainders();
        }
    }
    /// Forgets what was added, also after a failure in the middle: a closed session must not keep streams, and with
    /// them slabs, alive.
    void forget();

private:
    struct ReadSlab {
        buffer::SlabPtr slab;
        std::uint64_t alive = 0;  // bytes not consumed yet
    };

    struct Received {
        IntrusivePtr<Stream> stream;
        Stream::Arrival fresh;
        bool in_slab = false;  // some of it lies in an added slab
    };

    bool all_taken() const noexcept;
    void copy_remainders();
    ReadSlab* slab_of(const StreamItem& item);
    template <typename Visit>
    void for_each_in_slabs(Visit visit);

    SessionContext& context_;
    std::vector<Received> received_;
    std::vector<ReadSlab> slabs_;
};

}  // namespace ferrotunnel::mux
