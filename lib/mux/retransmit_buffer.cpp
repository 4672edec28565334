#include "mux/retransmit_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "mux/mutant.hpp"

namespace ferrotunnel::mux {
namespace {

// The first slab for copies: an idle session keeps a few frames.
constexpr std::uint64_t copies_least = 1_KiB;

// Two pieces of one slab count it once if they are no further apart than this: the frames of as many streams.
constexpr std::size_t same_slab_within = 32;

}  // namespace

RetransmitBuffer::RetransmitBuffer(std::uint64_t skip, std::uint64_t most, IntrusivePtr<buffer::SlabLedger> ledger)
    : skip_(skip), most_(most), ledger_(std::move(ledger)) {}

void RetransmitBuffer::keep(const Batch& batch) {
    batch.for_each_piece([this](Bytes piece, const buffer::SlabPtr* slab) {
        const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, piece.size()));
        skip_ -= skipped;
        piece = piece.subspan(skipped);
        if (piece.empty() || mutant(Mutant::forgotten_piece)) {
            return;
        }
        if (given_up_) {
            sent_ += piece.size();
            return;
        }
        if (slab != nullptr && piece.size() >= limits::keep_copied_below) {
            reference(piece, *slab);
        } else {
            copy(piece);
        }
        sent_ += piece.size();
    });
}

void RetransmitBuffer::reference(Bytes bytes, const buffer::SlabPtr& slab) {
    const auto last = pieces_.rbegin() + static_cast<std::ptrdiff_t>(std::min(pieces_.size(), same_slab_within));
    const bool counted = std::any_of(pieces_.rbegin(), last, [&](const Piece& piece) { return piece.slab == slab; });
    const std::uint32_t pins = counted ? 0 : buffer::slab_footprint(slab->capacity());
    pieces_.push_back({slab, bytes.data(), static_cast<std::uint32_t>(bytes.size()), pins});
    held_ += pins;
}

void RetransmitBuffer::copy(Bytes bytes) {
    while (!bytes.empty()) {
        if (!copies_ || copies_used_ == copies_->capacity()) {
            copies_ = buffer::make_slab(
                static_cast<std::uint32_t>(std::clamp<std::uint64_t>(held_, copies_least, buffer::slab_bytes)),
                ledger_.get());
            copies_used_ = 0;
        }
        const auto n =
            static_cast<std::uint32_t>(std::min<std::size_t>(bytes.size(), copies_->capacity() - copies_used_));
        std::uint8_t* const to = copies_->data() + copies_used_;
        std::memcpy(to, bytes.data(), n);
        copies_used_ += n;
        if (!pieces_.empty() && pieces_.back().data + pieces_.back().size == to && pieces_.back().slab == copies_) {
            pieces_.back().size += n;
        } else {
            reference({to, n}, copies_);
        }
        bytes = bytes.subspan(n);
    }
}

bool RetransmitBuffer::confirm(std::uint64_t count) {
    if (count > sent_ - unsent_) {
        return false;
    }
    // A resent piece may be older than the count that the peer reported when it resumed.
    if (count > confirmed_ && !mutant(Mutant::unconfirmed)) {
        drop_front(count - confirmed_);
    }
    return true;
}

void RetransmitBuffer::give_up() noexcept {
    check(!has_unsent(), "bytes to be resent are kept until they are sent");
    given_up_ = true;
    pieces_.clear();
    copies_.reset();
    held_ = 0;
}

bool RetransmitBuffer::rewind(std::uint64_t count) {
    if (!can_rewind(count)) {
        return false;
    }
    drop_front(count - confirmed_);
    unsent_ = sent_ - confirmed_;
    unsent_ -= unsent_ > 0 && mutant(Mutant::resent_too_late) ? 1 : 0;
    return true;
}

void RetransmitBuffer::drop_front(std::uint64_t bytes) {
    confirmed_ += bytes;
    while (bytes > 0 && !given_up_) {
        Piece& front = pieces_.front();
        if (bytes < front.size) {
            front.data += bytes;
            front.size -= static_cast<std::uint32_t>(bytes);
            return;
        }
        bytes -= front.size;
        const Piece gone = std::move(front);
        pieces_.pop_front();
        const auto last = pieces_.begin() + static_cast<std::ptrdiff_t>(std::min(pieces_.size(), same_slab_within));
        const auto next = std::find_if(pieces_.begin(), last, [&](const Piece& one) { return one.slab == gone.slab; });
        if (next != last) {
            next->pins = gone.pins;
        } else {
            held_ -= gone.pins;
        }
    }
    if (pieces_.empty()) {
        copies_.reset();  // an idle session holds nothing
    }
}

void RetransmitBuffer::retransmit(Batch& batch) {
    std::uint64_t skip = sent_ - confirmed_ - unsent_;
    for (const Piece& piece : pieces_) {
        if (skip >= piece.size) {
            skip -= piece.size;
            continue;
        }
        if (!batch.has_room()) {
            return;
        }
        const auto from = static_cast<std::uint32_t>(skip);
        const auto offset = static_cast<std::uint32_t>(piece.data - piece.slab->data());
        batch.append({piece.slab, offset + from, piece.size - from}, 0);
        unsent_ -= piece.size - from;
        skip = 0;
    }
}

}  // namespace ferrotunnel::mux
