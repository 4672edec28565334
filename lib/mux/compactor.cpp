#include "mux/compactor.hpp"

#include <algorithm>

namespace ferrotunnel::mux {

// Usually true: most endpoints consume data as it arrives.
bool Compactor::all_taken() const noexcept {
    return std::none_of(received_.begin(), received_.end(), [](const Received& received) {
        return received.in_slab && !received.stream->side_.discarding && received.stream->waiting() != 0;
    });
}

// A full frame is copied only while much of the budget is in use; otherwise a full socket would cost bulk data a copy.
void Compactor::copy_remainders() {
    for_each_in_slabs(
        [](Stream&, StreamItem& item, std::uint64_t, ReadSlab& slab) { slab.alive += item.slice.size(); });
    const SessionShared& shared = *context_.shared;
    const bool is_much = shared.is_tight() || shared.ledger->bytes() > context_.settings.budget / 4;
    const std::uint64_t below = is_much ? limits::compact_below_tight : limits::compact_below;
    const bool worth_it = std::any_of(slabs_.begin(), slabs_.end(),
                                      [below](const ReadSlab& slab) { return slab.alive != 0 && slab.alive < below; });
    if (!worth_it) {
        return;
    }
    for_each_in_slabs([&](Stream& stream, StreamItem& item, std::uint64_t end, ReadSlab& slab) {
        if (slab.alive < below) {
            context_.stats.bytes_copied += item.slice.size();
            item.slice = stream.copy_together(item.slice, end);
        }
    });
}

template <typename Visit>
void Compactor::for_each_in_slabs(Visit visit) {
    for (const auto& [stream, fresh, in_slab] : received_) {
        if (!in_slab || stream->side_.discarding) {
            continue;
        }
        stream->for_each_fresh(fresh, [&, &to = *stream](StreamItem& item, std::uint64_t end) {
            if (ReadSlab* slab = slab_of(item)) {
                visit(to, item, end, *slab);
            }
        });
    }
}

// The slab that an item lies in. A round reads into a few slabs at most (Trunk::slabs_per_round_max).
Compactor::ReadSlab* Compactor::slab_of(const StreamItem& item) {
    auto found = std::find_if(slabs_.begin(), slabs_.end(),
                              [&item](const ReadSlab& read) { return read.slab == item.slice.slab(); });
    return found != slabs_.end() ? &*found : nullptr;
}

void Compactor::forget() {
    for (const Received& received : received_) {
        received.stream->side_.arrival = 0;
    }
    received_.clear();
    slabs_.clear();
}

}  // namespace ferrotunnel::mux
