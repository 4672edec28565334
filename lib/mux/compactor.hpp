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
    /// Data was queued for the stream at `place`; `in_slab`: as a part of an added slab.
    void add_data(Stream& stream, Stream::Queue::Place place, bool in_slab) {
        StreamSide& side = stream.side_;
        if (!side.received) {
            side.received = true;
            received_.emplace_back(&stream);
            stream.fresh_from_ = place;
        }
        side.in_slab = side.in_slab || in_slab;
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

    bool all_taken() const noexcept;
    void copy_remainders();
    ReadSlab* slab_of(const StreamItem& item);
    template <typename Visit>
    void for_each_in_slabs(Visit visit);

    SessionContext& context_;
    std::vector<IntrusivePtr<Stream>> received_;
    std::vector<ReadSlab> slabs_;
};

}  // namespace ferrotunnel::mux
