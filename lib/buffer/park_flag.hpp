// Wake-up protocol between two threads: a flag, or a counter with a mark, as in Dekker's algorithm.
//
// One side waits for a condition on a word that the other side changes:
//
//   waiter:   raise the flag   (A)      changer:   change the word    (C)
//             read the word    (B)                 read the flag      (D)
//
// All four are sequentially consistent, so they have one order in which A is before B and C before D. If D does not see
// A, then D is before A, hence C before B: the waiter sees the change and does not park. If B does not see C, then B is
// before C, hence A before D: the changer sees the flag and wakes. At least one of them sees the other, so no wake is
// lost. Both may: then the exchange of the flag lets one changer wake once, and the waiter gets a spurious wake, which
// it must tolerate.
//
// The words on both sides must be written and read with std::memory_order_seq_cst, or the proof is void.
#pragma once

#include <atomic>
#include <cstdint>

namespace ferrotunnel::buffer {

/// A waiter's flag for a condition on words that others change. Any thread changes; one at a time waits.
class ParkFlag {
public:
    /// Waiter: true when it is parked, and the next unpark() wakes it. False when `is_ready()`, which reads the words
    /// sequentially consistent, finds that there is nothing to wait for.
    template <typename IsReady>
    [[nodiscard]] bool park(IsReady is_ready) noexcept {
        parked_.exchange(true, std::memory_order_seq_cst);
        if (is_ready()) {
            parked_.store(false, std::memory_order_seq_cst);
            return false;
        }
        return true;
    }
    /// Changer, after a sequentially consistent change: true when a waiter had parked, which the caller now wakes.
    [[nodiscard]] bool unpark() noexcept { return parked_.exchange(false, std::memory_order_seq_cst); }
    /// Like unpark(), but only if `is_enough()`. Costs a plain read while no waiter is parked.
    template <typename IsEnough>
    [[nodiscard]] bool unpark_if(IsEnough is_enough) noexcept {
        return parked_.load(std::memory_order_seq_cst) && is_enough() && unpark();
    }

    /// Whether a waiter is parked, or was a moment ago: for observers.
    bool is_parked() const noexcept { return parked_.load(std::memory_order_relaxed); }

private:
    std::atomic<bool> parked_{false};
};

/// A count that one side increases, with a mark at which the other side is notified.
class MarkedCount {
public:
    /// Increasing side: true if the count has reached the mark: notify the other side.
    [[nodiscard]] bool add(std::uint64_t n) noexcept {
        const std::uint64_t count = count_.fetch_add(n, std::memory_order_seq_cst) + n;
        return count >= mark_.load(std::memory_order_seq_cst);
    }
    /// Other side: false if the count has already reached `mark`; then the increasing side may not notify it.
    [[nodiscard]] bool set_mark(std::uint64_t mark) noexcept {
        mark_.store(mark, std::memory_order_seq_cst);
        return count_.load(std::memory_order_seq_cst) < mark;
    }
    /// The count, in the one order of all of these operations.
    std::uint64_t count() const noexcept { return count_.load(std::memory_order_seq_cst); }
    /// Like count(), if a stale value is sufficient.
    std::uint64_t recent() const noexcept { return count_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> count_{0};
    std::atomic<std::uint64_t> mark_{0};
};

}  // namespace ferrotunnel::buffer
