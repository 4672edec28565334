// What goes out in one write: pieces of memory in order, and the slabs that keep them alive until it is done.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "buffer/slab.hpp"

namespace ferrotunnel::mux {

/// Filled by Session::produce, emptied by the driver after the write. Not shared between threads.
///
/// Small frames and headers that have no place of their own are written into `scratch`, which is one slab that the
/// batch takes when it first needs it and gives back when it is cleared. Neighbouring pieces are merged, so that frames
/// which are contiguous in memory leave as one piece.
class Batch {
public:
    static constexpr std::size_t pieces_max = limits::batch_pieces_max;

    explicit Batch(buffer::SlabPool& pool) : pool_(pool) {}

    bool empty() const noexcept { return count_ == 0; }
    std::size_t bytes() const noexcept { return bytes_; }
    /// Pieces in order. A driver that wrote part of them calls `advance`.
    std::span<const Bytes> pieces() const noexcept { return {pieces_.data() + first_, count_ - first_}; }
    /// The first `n` bytes of what remains were written.
    void advance(std::size_t n) noexcept;
    /// Everything was written, or never will be.
    void clear() noexcept;

    /// True when another frame of up to `frame_bytes` fits: two pieces, two slabs and scratch for it are left.
    bool has_room() const noexcept {
        return count_ + 2 <= pieces_max && held_count_ < pieces_max && bytes_ < full_at_ &&
               scratch_used_ + limits::frame_header_bytes + limits::control_payload_max <= buffer::slab_bytes;
    }
    /// How many bytes make it full, limits::batch_bytes_max at first; one frame may go beyond.
    void set_full_at(std::size_t bytes) noexcept { full_at_ = bytes; }
    /// Scratch for a small frame of at most `max` bytes; `commit` says how long it became.
    std::uint8_t* scratch(std::size_t max);
    void commit(std::size_t n) noexcept;
    /// Appends bytes that live in `slice`'s slab, beginning `before` bytes ahead of it (its header).
    void append(buffer::Slice slice, std::size_t before) noexcept;
    /// Bytes that were copied into scratch although they were payload; for the counter of copied bytes.
    std::uint64_t copied() const noexcept { return copied_; }
    void append_copy(Bytes bytes);

private:
    void add_piece(Bytes piece) noexcept;

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
