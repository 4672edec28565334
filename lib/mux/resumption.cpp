#include "mux/resumption.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "mux/mutant.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::mux {
namespace {

// With other frames a CONFIRM costs next to nothing; by itself it wakes the peer for 16 bytes. Credit for bulk data
// flows more often than every `confirm_alone_most`.
constexpr std::uint64_t confirm_along = limits::confirm_every / 2;
constexpr std::uint64_t confirm_alone_most = 4 * limits::confirm_every;
// A fraction of this side's own limit, since the peer, which must keep unconfirmed bytes, may have the same.
constexpr std::uint64_t confirm_alone_part = 16;

}  // namespace

Resumption::Resumption(const Start& start, IntrusivePtr<buffer::SlabLedger> ledger, TimePoint now)
    : retransmit_(start.login_bytes, start.memory, std::move(ledger)),
      window_(start.window),
      confirm_at_(std::clamp(start.memory / confirm_alone_part, limits::confirm_every, confirm_alone_most)),
      login_end_(start.login_end),
      heard_at_(now),
      confirmed_at_(now) {}

// --- the connection ---

// Bytes to be resent must still be sent: they are kept until then.
bool Resumption::give_up() noexcept {
    if (std::exchange(given_up_, true)) {
        return false;
    }
    if (!detached_ && !retransmit_.has_unsent()) {
        retransmit_.give_up();
    }
    return true;
}

std::uint64_t Resumption::give_up_for(std::uint64_t asked, TimePoint now) noexcept {
    const std::uint64_t held = retransmit_.held();
    if (asked < limits::resume_give_up_least || held < limits::resume_give_up_least || given_up_ ||
        retransmit_.has_unsent() || now < confirmed_at_ + limits::stalled_after) {
        return 0;
    }
    (void)give_up();
    return held;
}

void Resumption::detach() {
    detached_ = true;
    login_.clear();
    check(retransmit_.rewind(retransmit_.confirmed()), "confirmed bytes are not resent");
}

void Resumption::reattach(std::uint64_t peer_received, Bytes login, TimePoint now) {
    check(detached_, "only a detached session is reattached");
    check(retransmit_.rewind(peer_received), "can_reattach() must hold before reattach()");
    detached_ = false;
    login_.assign(login.begin(), login.end());
    confirmed_to_peer_ = received_;
    confirm_due_ = false;
    confirmed_at_ = now;
}

// --- sending ---

Resumption::Begun Resumption::begin_batch(Batch& batch, bool has_more, TimePoint now) {
    if (!login_.empty()) {
        batch.append_copy(login_);
        login_.clear();
    }
    if (retransmit_.has_unsent() && !mutant(Mutant::fresh_first)) {
        retransmit_.retransmit(batch);
        confirmed_at_ = now;
        if (given_up_ && !retransmit_.has_unsent()) {
            // The batch holds the remaining bytes.
            retransmit_.give_up();
        }
        return Begun::complete;
    }
    if (!batch.empty()) {
        return Begun::complete;  // the login's bytes do not count: they have a batch of their own
    }
    confirm_due_ = confirm_due_ || (has_more && received_ - confirmed_to_peer_ >= confirm_along);
    if (!std::exchange(confirm_due_, false)) {
        return Begun::fresh;
    }
    confirmed_to_peer_ = received_;
    const std::uint64_t count = received_ + (mutant(Mutant::early_confirm) ? 1U : 0U);
    batch.commit(wire::encode_confirm(count, batch.scratch(wire::confirm_frame_bytes)));
    return Begun::confirmed;
}

void Resumption::end_batch(const Batch& batch, TimePoint now) {
    if (retransmit_.sent() == retransmit_.confirmed()) {
        confirmed_at_ = now;
    }
    retransmit_.keep(batch);
}

Resumption::Need Resumption::need() const noexcept {
    if (!retransmit_.is_half_full() || mutant(Mutant::silent_bound)) {
        return Need::nothing;
    }
    return retransmit_.is_beyond() ? Need::fail : Need::ping;
}

// --- receiving ---

bool Resumption::count_received(std::size_t bytes, TimePoint now) noexcept {
    received_ += bytes;
    if (bytes > 0) {
        heard_at_ = now;
    }
    return received_ - confirmed_to_peer_ >= confirm_at_ && !std::exchange(confirm_due_, true);
}

Resumption::Confirmed Resumption::on_confirm(std::uint64_t count, TimePoint now) {
    const bool was_full = retransmit_.is_full();
    const std::uint64_t before = retransmit_.confirmed();
    if (!retransmit_.confirm(count)) {
        return Confirmed::impossible;
    }
    if (retransmit_.confirmed() != before) {
        confirmed_at_ = now;
    }
    return was_full && !retransmit_.is_full() ? Confirmed::has_room : Confirmed::ok;
}

}  // namespace ferrotunnel::mux
