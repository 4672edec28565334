// Data of one write: pieces of memory in order, and the slabs that keep them alive until the write is done.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "buffer/slab.hpp"

namespace ferrotunnel::mux {

/// One write's data, filled by Session::produce and emptied by the driver after the write. Not shared between threads.
///
/// Small frames, and headers that have no headroom in a slab, are written into `scratch`: one slab, which the batch
/// acquires on first use and releases when it is cleared. Neighbouring pieces are merged, so that frames which are
/// contiguous in memory are sent as one piece.
class Batch {
public:
    static constexpr std::size_t pieces_max = limits::batch_pieces_max;

    explicit Batch(buffer::SlabPool& pool) : pool_(pool) {}

    bool empty() const noexcept { return count_ == 0; }
    std::size_t bytes() const noexcept { return bytes_; }
    /// The pieces in order. A driver that wrote part of them calls `advance`.
    std::span<const Bytes> pieces() const noexcept { return {pieces_.data() + first_, count_ - first_}; }
    /// To be called when the first `n` bytes of what remains were written.
    void advance(std::size_t n) noexcept;
    /// To be called when everything was written, or never will be written.
    void clear() noexcept;

    /// True when another frame of any size fits: the batch is not full, and two pieces, a slab and scratch for it are
    /// left.
    bool has_room() const noexcept {
        return count_ + 2 <= pieces_max && held_count_ < pieces_max && bytes_ < full_at_ &&
               scratch_used_ + limits::frame_header_bytes + limits::control_payload_max <= buffer::slab_bytes;
    }
    /// Sets how many bytes make the batch full, initially limits::batch_bytes_max; one frame may exceed it.
    void set_full_at(std::size_t bytes) noexcept { full_at_ = bytes; }
    /// Returns scratch memory for a small frame of at most `max` bytes; `commit` sets the actual length.
    std::uint8_t* scratch(std::size_t max);
    void commit(std::size_t n) noexcept;
    /// Appends the bytes of `slice`, beginning `before` bytes ahead of it in its slab (its header).
    void append(buffer::Slice slice, std::size_t before) noexcept;
    /// Calls `visit(Bytes piece, const buffer::SlabPtr* slab)` for each piece of an unwritten batch. A null slab means
    /// that the piece lies in scratch, which is reused.
    template <typename Visit>
    void for_each_piece(Visit visit) const {
        std::size_t held = 0;
        for (const Bytes& piece : pieces()) {
            std::size_t at = held;
            while (at < held_count_ && !lies_in(piece, held_[at].slab())) {
                ++at;
            }
            held = at < held_count_ ? at : held;
            visit(piece, at < held_count_ ? &held_[at].slab() : nullptr);
        }
    }
    /// Number of payload bytes that were copied into scratch; for the counter of copied bytes.
    std::uint64_t copied() const noexcept { return copied_; }
    void append_copy(Bytes bytes);

private:
    void add_piece(Bytes piece) noexcept;
    static bool lies_in(Bytes piece, const buffer::SlabPtr& slab) noexcept {
        const auto from = reinterpret_cast<std::uintptr_t>(slab->data());
        const auto at = reinterpret_cast<std::uintptr_t>(piece.data());
        return at >= from && at + piece.size() <= from + slab->capacity();
    }

    buffer::SlabPool& pool_;
    std::array<Bytes, pieces_max> pieces_{};
    std::array<buffer::Slice, pieces_max> held_{};
    std::size_t first_ = 0;
    std::size_t count_ = 0;
    std::size_t held_count_ = 0;
    std::size_t bytes_ = 0;
    std::size_t full_at_ = limits::batch_bytes_max;
    buffer::SlabPtr scratch_;
    std::size_t scratch_used_ = 0;
    std::uint64_t copied_ = 0;
};

}  // namespace ferrotunnel::mux
