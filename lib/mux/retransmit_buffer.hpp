// Sent bytes that the peer has not confirmed, kept so that a resumed session can resend them.
//
//        confirmed                 sent - unsent              sent
//   ---------|------- on the way ---------|---- to be resent ---|--- produced next
//            '---------------- kept -----------------------------'
//
// Offsets count the plain bytes of one direction of the trunk: frames of all streams and of the session itself, in
// sending order, so that one number identifies what has arrived and the stream may be cut at any byte. Large pieces are
// kept by a reference to the slab that they were sent from; small ones are copied together.
#pragma once

#include <cstdint>
#include <deque>

#include "base/bytes.hpp"
#include "buffer/slab.hpp"
#include "mux/batch.hpp"

namespace ferrotunnel::mux {

/// Lives on the session's worker.
class RetransmitBuffer {
public:
    /// `skip`: how many of the first bytes belong to the login and do not count. `most`: the memory beyond which
    /// is_full() holds. Copies are charged to `ledger`; slabs of referenced pieces are charged already.
    RetransmitBuffer(std::uint64_t skip, std::uint64_t most, IntrusivePtr<buffer::SlabLedger> ledger);

    /// Keeps all of a batch that was just filled.
    void keep(const Batch& batch);
    /// The peer confirms all bytes before `count`. A lower count than an earlier one is ignored. Returns false if
    /// `count` is beyond what was sent.
    [[nodiscard]] bool confirm(std::uint64_t count);
    /// The connection is lost and the peer has all bytes before `count`: the rest is to be resent. Returns false and
    /// changes nothing if `count` is out of range, or after give_up().
    [[nodiscard]] bool rewind(std::uint64_t count);
    /// Whether rewind(count) would succeed.
    bool can_rewind(std::uint64_t count) const noexcept { return !given_up_ && count >= confirmed_ && count <= sent_; }
    /// Drops what is kept and keeps nothing more: there will be no rewind. Counting continues. Must not be called while
    /// has_unsent().
    void give_up() noexcept;

    bool has_unsent() const noexcept { return unsent_ != 0; }
    /// Adds what is to be resent to `batch`, as far as it has room. Until has_unsent() is false nothing else may be
    /// sent.
    void retransmit(Batch& batch);

    std::uint64_t sent() const noexcept { return sent_; }
    std::uint64_t confirmed() const noexcept { return confirmed_; }
    /// Memory in use, including what slabs pin.
    std::uint64_t held() const noexcept { return held_; }
    bool is_full() const noexcept { return held_ >= most_; }
    bool is_half_full() const noexcept { return held_ >= most_ / 2; }
    /// Far beyond the limit: the peer does not confirm although it was requested to.
    bool is_beyond() const noexcept { return held_ >= 2 * most_ + 2 * limits::urgent_bytes_max; }

private:
    struct Piece {
        buffer::SlabPtr slab;
        const std::uint8_t* data = nullptr;
        std::uint32_t size = 0;
        std::uint32_t pins = 0;  // memory of its slab; 0: an earlier piece counts it
    };

    void reference(Bytes bytes, const buffer::SlabPtr& slab);
    void copy(Bytes bytes);
    void drop_front(std::uint64_t bytes);

    std::uint64_t skip_;
    const std::uint64_t most_;
    const IntrusivePtr<buffer::SlabLedger> ledger_;
    std::deque<Piece> pieces_;
    buffer::SlabPtr copies_;  // being filled
    std::uint32_t copies_used_ = 0;
    std::uint64_t held_ = 0;
    std::uint64_t confirmed_ = 0;
    std::uint64_t sent_ = 0;
    std::uint64_t unsent_ = 0;
    bool given_up_ = false;
};

}  // namespace ferrotunnel::mux
