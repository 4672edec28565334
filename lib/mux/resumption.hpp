// Lets a session outlive its connection: bytes are counted and confirmed, kept until confirmed, and resent.
//
//   attached --detach--> detached --reattach--> attached: the end of the login, the missed bytes, then new ones
//       \---------------------\---- give_up: the loss of the connection ends the session
//
// docs/architecture/resume.md describes the whole protocol.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "mux/batch.hpp"
#include "mux/retransmit_buffer.hpp"

namespace ferrotunnel::mux {

/// Handles bytes, counts and times; CONFIRM is the only frame it reads or writes. Lives on the session's worker.
class Resumption {
public:
    struct Start {
        std::uint64_t login_bytes = 0;  // bytes at the start of the output that belong to the login
        std::size_t login_end = 0;      // bytes at the start of the present input that belong to the login
        std::uint64_t memory = 0;       // limit for kept bytes
        Duration window{};              // how long after the last byte the session may be resumed
    };
    /// Copies are charged to `ledger`.
    Resumption(const Start& start, IntrusivePtr<buffer::SlabLedger> ledger, TimePoint now);

    // --- the connection ----------------------------------------------------------------------------------------------

    bool is_detached() const noexcept { return detached_; }
    bool is_given_up() const noexcept { return given_up_; }
    /// When a detached session should be given up. A connection on which no byte arrives does not move this.
    TimePoint until() const noexcept { return given_up_ ? TimePoint{} : heard_at_ + window_; }
    /// Keeps nothing more, once everything to be resent was sent. False if it was given up before.
    bool give_up() noexcept;
    /// Gives up if the process asks for memory and the peer has not confirmed anything for a while, which costs nothing
    /// unless the connection is lost later. A peer that confirms hardly anything gets no grace. Returns the bytes that
    /// were kept, or 0 if it continues.
    std::uint64_t give_up_for(std::uint64_t asked, TimePoint now) noexcept;
    /// The connection is lost: everything sent and not confirmed counts as unsent.
    void detach();
    /// Whether the peer can have received `peer_received` bytes.
    bool can_reattach(std::uint64_t peer_received) const noexcept {
        return detached_ && retransmit_.can_rewind(peer_received);
    }
    /// There is a new connection; `login` is sent first and does not count.
    void reattach(std::uint64_t peer_received, Bytes login, TimePoint now);

    // --- sending -----------------------------------------------------------------------------------------------------

    /// Nothing new may be sent except session frames, which may make room.
    bool is_full() const noexcept { return retransmit_.is_full(); }
    /// Memory in use.
    std::uint64_t held() const noexcept { return retransmit_.held(); }
    /// The next batch contains bytes that were sent before, or that belong to a login.
    bool is_retransmitting() const noexcept { return retransmit_.has_unsent() || !login_.empty(); }
    /// Whether begin_batch() has something to write.
    bool has_output() const noexcept { return is_retransmitting() || confirm_due_; }

    enum class Begun : std::uint8_t {
        complete,   // the batch is complete as it is
        fresh,      // new frames may follow
        confirmed,  // a CONFIRM was written, and new frames may follow
    };
    /// Fills an empty batch with what precedes anything new. `has_more`: new frames wait, with which a CONFIRM costs
    /// next to nothing. Must not be called while detached.
    Begun begin_batch(Batch& batch, bool has_more, TimePoint now);
    /// Stores the finished batch for retransmission until the peer confirms it. Must not be called after
    /// Begun::complete: that batch is stored already, or does not count.
    void end_batch(const Batch& batch, TimePoint now);

    /// What to do about a peer that does not confirm: see end_batch() and check_pong().
    enum class Need : std::uint8_t { nothing, ping, fail };
    Need need() const noexcept;
    /// When a peer has not confirmed for too long, while sending waits for its confirmation.
    TimePoint confirm_deadline() const noexcept {
        const bool waits = retransmit_.is_full() && !retransmit_.has_unsent();
        return waits ? confirmed_at_ + limits::resume_confirm_timeout : never;
    }
    /// A ping is about to be sent. A peer confirms before it answers: everything sent before the ping has arrived. A
    /// CONFIRM costs little with a ping, so that an idle peer keeps nothing.
    void note_ping(std::uint64_t opaque) noexcept {
        confirm_due_ = confirm_due_ || received_ != confirmed_to_peer_;
        pings_[opaque % pings_.size()] = {opaque, retransmit_.sent()};
    }
    /// The answer to a ping. False if a CONFIRM should have come before it.
    [[nodiscard]] bool check_pong(std::uint64_t opaque) const noexcept {
        const Ping& ping = pings_[opaque % pings_.size()];
        return ping.opaque != opaque || opaque == 0 || retransmit_.confirmed() >= ping.sent;
    }

    // --- receiving ---------------------------------------------------------------------------------------------------

    /// Received bytes of the session; fixed while it is detached.
    std::uint64_t received() const noexcept { return received_; }
    /// A read that began before the session was resumable contains bytes of the login.
    std::size_t login_end() const noexcept { return login_end_; }
    /// Counts bytes that were read. True if so many are unconfirmed that a CONFIRM has become due.
    [[nodiscard]] bool count_received(std::size_t bytes, TimePoint now) noexcept;
    /// A CONFIRM is due: the peer has requested it, or another frame is sent anyway.
    void confirm_soon() noexcept { confirm_due_ = true; }

    enum class Confirmed : std::uint8_t { ok, has_room, impossible };
    /// Handles the peer's CONFIRM. `has_room`: new frames may be sent again. `impossible`: it cannot have received so
    /// much.
    Confirmed on_confirm(std::uint64_t count, TimePoint now);

private:
    struct Ping {
        std::uint64_t opaque = 0;
        std::uint64_t sent = 0;  // bytes sent before the ping
    };

    RetransmitBuffer retransmit_;
    const Duration window_;
    const std::uint64_t confirm_at_;  // unconfirmed bytes for which a CONFIRM is sent by itself
    const std::size_t login_end_;
    std::uint64_t received_ = 0;           // bytes, since the session is resumable
    std::uint64_t confirmed_to_peer_ = 0;  // the part of these that was reported to the peer
    bool detached_ = false;
    bool confirm_due_ = false;
    bool given_up_ = false;
    std::vector<std::uint8_t> login_;  // to be written before anything else
    TimePoint heard_at_;               // the last byte of the session
    TimePoint confirmed_at_;           // time when kept bytes were last confirmed, or nothing was kept
    std::array<Ping, 4> pings_{};      // as many as may wait for their answers, by the lowest bits
};

}  // namespace ferrotunnel::mux
