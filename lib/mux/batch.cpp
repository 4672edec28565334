#include "mux/batch.hpp"

#include <cstring>

#include "base/check.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::mux {

void Batch::advance(std::size_t n) noexcept {
    bytes_ -= n;
    while (n > 0) {
        Bytes& piece = pieces_[first_];
        if (n < piece.size()) {
            piece = piece.subspan(n);
            return;
        }
        n -= piece.size();
        ++first_;
    }
    if (first_ == count_) {
        clear();
    }
}

void Batch::clear() noexcept {
    for (std::size_t i = 0; i < held_count_; ++i) {
        held_[i] = {};
    }
    scratch_.reset();
    first_ = count_ = held_count_ = bytes_ = scratch_used_ = 0;
}

std::uint8_t* Batch::scratch(std::size_t max) {
    if (!scratch_) {
        scratch_ = pool_.acquire();
        scratch_used_ = 0;
    }
    check(scratch_used_ + max <= scratch_->capacity(), "has_room() must hold before scratch is acquired");
    return scratch_->data() + scratch_used_;
}

void Batch::commit(std::size_t n) noexcept {
    add_piece({scratch_->data() + scratch_used_, n});
    scratch_used_ += n;
}

void Batch::append(buffer::Slice slice, std::size_t before) noexcept {
    add_piece({slice.data() - before, slice.size() + before});
    // Neighbouring slices usually come from one slab: one reference keeps them all.
    if (held_count_ == 0 || !(held_[held_count_ - 1].slab() == slice.slab())) {
        held_[held_count_++] = std::move(slice);
    }
}

void Batch::append_copy(Bytes bytes) {
    std::memcpy(scratch(bytes.size()), bytes.data(), bytes.size());
    commit(bytes.size());
    copied_ += bytes.size();
}

void Batch::add_piece(Bytes piece) noexcept {
    bytes_ += piece.size();
    if (count_ > first_) {
        Bytes& last = pieces_[count_ - 1];
        if (last.data() + last.size() == piece.data()) {
            last = {last.data(), last.size() + piece.size()};
            return;
        }
    }
    pieces_[count_++] = piece;
}

}  // namespace ferrotunnel::mux
