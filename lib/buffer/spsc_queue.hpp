// A lock-free queue between exactly one producer and one consumer. It is unbounded in itself (credit bounds it) and
// owns no memory while it is empty and its consumer is parked.
//
// It is a chain of segments of 16 slots. The producer fills the last one, the consumer empties the first. An empty
// queue must hold no segment, yet the producer must never write into a segment that the consumer frees: so the pointer
// to the last segment is a token. The producer takes it (exchange) while it writes; a parking consumer may take it only
// when it points to the segment that it has read to the end. The consumer can still read what was published in between,
// and the producer, finding no token, begins a new chain in `first_`.
//
//   producer:  tail_ --take--> write slot, filled_++ --give back--> tail_ ; then wake if `unpark()` returns true
//   consumer:  pop() until empty; try_park() = set flag, check again, release the last segment
//
// No wake is lost because both sides change `parked_` only by read-modify-write: of an unpark() and a try_park() the
// later one reads what the other wrote, so either the producer learns that the consumer parked, or the consumer sees
// everything that was pushed before. Clearing the flag after a failed try_park() needs it too: a plain store there
// could hide a publication whose unpark() had just returned false.
//
// Each role may move to another thread if the caller orders the move (release/acquire). A wake does not order it: it
// may arrive while the consumer is still inside try_park().
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "buffer/slab_ledger.hpp"
#include "buffer/spare_segments.hpp"

namespace ferrotunnel::buffer {

/// The source of a queue's segments: the allocator, or a free list of each thread (spare_segments.hpp). The latter
/// needs values that hold nothing after they were moved from.
enum class Spares : std::uint8_t { none, per_thread };

template <typename T, Spares spares = Spares::none>
class SpscQueue {
    static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>,
                  "a value is moved while the producer holds the token: nothing may throw there");
    struct Segment;

public:
    static constexpr std::uint32_t segment_slots = 16;

    /// The position of a value. Valid until the consumer takes that value.
    class Place {
    public:
        Place() = default;

    private:
        friend class SpscQueue;
        Place(Segment* segment, std::uint32_t index) noexcept : segment_(segment), index_(index) {}

        Segment* segment_ = nullptr;
        std::uint32_t index_ = 0;
    };

    SpscQueue() = default;
    SpscQueue(const SpscQueue&) = delete;
    SpscQueue& operator=(const SpscQueue&) = delete;

    /// Neither role may be active during destruction.
    ~SpscQueue() {
        while (pop()) {
        }
        release_segment(head_);
    }

    /// Producer: publishes `value` and returns its place; one or several pushes must be followed by `unpark()`. When
    /// there is no memory for a segment, it throws std::bad_alloc and leaves the queue as it was. Segments beyond the
    /// first, which most queues never need, are charged to `ledger`, if there is one: the charge keeps it alive.
    Place push(T value, SlabLedger* ledger = nullptr) {
        Segment* segment = tail_.exchange(nullptr, std::memory_order_acquire);
        std::uint32_t index = 0;
        if (segment == nullptr) {
            segment = make_segment();
            segment->put(std::move(value));
            first_.store(segment, std::memory_order_release);
        } else if (segment->full()) {
            Segment* next = make_segment_after(segment);
            next->charge_to(ledger);
            next->put(std::move(value));
            segment->next.store(next, std::memory_order_release);
            segment = next;
        } else {
            index = segment->put(std::move(value));
        }
        tail_.store(segment, std::memory_order_release);
        return Place(segment, index);
    }

    /// Producer: true if the consumer had parked and must be woken by the caller.
    bool unpark() noexcept { return parked_.exchange(false, std::memory_order_acq_rel); }

    /// Any thread: whether the consumer is parked, or about to park.
    bool is_parked() const noexcept { return parked_.load(std::memory_order_acquire); }

    /// Consumer: removes and returns the oldest value; empty if there is none.
    std::optional<T> pop() noexcept {
        T* slot = front();
        if (slot == nullptr) {
            return std::nullopt;
        }
        std::optional<T> value(std::move(*slot));
        ++index_;
        return value;
    }

    /// Consumer: the oldest value in place, or null. The value may be changed there.
    T* front() noexcept {
        while (true) {
            if (head_ == nullptr) {
                if (first_.load(std::memory_order_relaxed) == nullptr) {
                    return nullptr;
                }
                head_ = first_.exchange(nullptr, std::memory_order_acquire);
                index_ = 0;
            }
            if (index_ < head_->filled.load(std::memory_order_acquire)) {
                return &head_->slots[index_];
            }
            if (!advance()) {
                return nullptr;
            }
        }
    }

    /// Consumer: drops the value that `front()` returned.
    void drop_front() noexcept {
        head_->slots[index_] = T{};
        ++index_;
    }

    /// Consumer, after `pop` has returned nothing: sets the parked flag and checks again. True: the consumer is parked,
    /// and the next `unpark()` returns true. False: a value has arrived, so continue popping. A wake may happen even if
    /// this returns false.
    bool try_park() noexcept {
        parked_.exchange(true, std::memory_order_acq_rel);
        if (front() != nullptr || !release_last_segment()) {
            parked_.exchange(false, std::memory_order_acq_rel);  // not a store: see the top
            return false;
        }
        return true;
    }

    /// Consumer: calls `visit(T&)` for each value that is published now, oldest first. If `visit` returns a bool, false
    /// ends the walk.
    template <typename Visit>
    void for_each(Visit visit) {
        front();
        walk(head_, index_, visit);
    }

    /// Consumer: like `for_each`, but from `place` on, whose value must not have been taken yet.
    template <typename Visit>
    void for_each_from(Place place, Visit visit) {
        walk(place.segment_, place.index_, visit);
    }

    /// Consumer's role: true if the queue holds memory; for tests.
    bool holds_memory() const noexcept { return head_ != nullptr || first_.load(std::memory_order_acquire) != nullptr; }

private:
    template <typename Visit>
    void walk(Segment* segment, std::uint32_t index, Visit& visit) const {
        while (segment != nullptr) {
            // The next segment is read first: if it appeared only after this segment's end was read, the values that
            // filled this segment up in the meantime would be skipped.
            Segment* next = after(segment);
            std::uint32_t filled = segment->filled.load(std::memory_order_acquire);
            for (; index < filled; ++index) {
                if constexpr (std::is_same_v<std::invoke_result_t<Visit&, T&>, bool>) {
                    if (!visit(segment->slots[index])) {
                        return;
                    }
                } else {
                    visit(segment->slots[index]);
                }
            }
            index = 0;
            segment = next;
        }
    }

    struct Segment {
        std::array<T, segment_slots> slots;    // no braces: with them gcc 12 takes a throwing T for a nothrow one
        std::atomic<std::uint32_t> filled{0};  // written only by the producer
        std::atomic<Segment*> next{nullptr};
        SlabLedger* ledger = nullptr;  // if it is charged; written by the producer before it publishes the segment

        void charge_to(SlabLedger* to) noexcept {
            ledger = to;
            if (ledger != nullptr) {
                ledger->add(segment_footprint);
            }
        }
        void end_charge() noexcept {
            if (ledger != nullptr) {
                std::exchange(ledger, nullptr)->subtract(segment_footprint);
            }
        }
        bool full() const noexcept { return filled.load(std::memory_order_relaxed) == segment_slots; }
        std::uint32_t put(T&& value) noexcept {
            std::uint32_t at = filled.load(std::memory_order_relaxed);
            slots[at] = std::move(value);
            filled.store(at + 1, std::memory_order_release);
            return at;
        }
    };

public:
    /// Bytes that a ledger counts for each segment.
    static constexpr std::uint32_t segment_footprint = sizeof(Segment) + allocation_overhead;

private:
    static Segment* make_segment() {
        if constexpr (spares == Spares::per_thread) {
            if (Segment* spare = SpareSegments<Segment>::take()) {
                spare->filled.store(0, std::memory_order_relaxed);
                return spare;
            }
        }
        return new Segment;
    }

    // Frees or keeps a segment, all of whose values were read.
    static void release_segment(Segment* segment) noexcept {
        if constexpr (spares == Spares::per_thread) {
            if (segment != nullptr && SpareSegments<Segment>::keep(segment)) {
                return;
            }
        }
        delete segment;
    }

    // Makes the segment after `last`. Returns the token if there is no memory: without the token the producer
    // would begin a new chain, which a consumer that waits for the end of this one never finds.
    Segment* make_segment_after(Segment* last) {
        try {
            return make_segment();
        } catch (...) {
            tail_.store(last, std::memory_order_release);
            throw;
        }
    }

    // The segment after `segment`; after a detached one, the chain that the producer may have begun since.
    Segment* after(Segment* segment) const noexcept {
        bool end_of_chain = detached_ && segment == head_;
        return (end_of_chain ? first_ : segment->next).load(std::memory_order_acquire);
    }

    // Leaves a segment that was read to its end. False if nothing newer is published.
    bool advance() noexcept {
        if (detached_) {
            release_segment(std::exchange(head_, nullptr));
            detached_ = false;
            return true;
        }
        if (index_ < segment_slots) {
            return false;
        }
        Segment* next = head_->next.load(std::memory_order_acquire);
        if (next == nullptr) {
            return false;
        }
        release_segment(std::exchange(head_, next));
        index_ = 0;
        head_->end_charge();
        return true;
    }

    // Frees the segment that was read to its end. False when the producer has published in the meantime. If the
    // producer is writing just now, the segment stays: the unpark() that follows brings the consumer back here.
    bool release_last_segment() noexcept {
        if (head_ == nullptr) {
            return first_.load(std::memory_order_acquire) == nullptr;
        }
        Segment* expected = head_;
        if (!tail_.compare_exchange_strong(expected, nullptr, std::memory_order_acq_rel, std::memory_order_relaxed)) {
            return true;
        }
        detached_ = true;
        if (index_ < head_->filled.load(std::memory_order_acquire)) {
            return false;
        }
        release_segment(std::exchange(head_, nullptr));
        detached_ = false;
        return true;
    }

    std::atomic<Segment*> tail_{nullptr};   // the producer's token
    std::atomic<Segment*> first_{nullptr};  // a chain begun without a token, until the consumer takes it
    std::atomic<bool> parked_{false};
    bool detached_ = false;    // consumer: nothing will be added to *head_
    std::uint32_t index_ = 0;  // consumer: next slot of *head_
    Segment* head_ = nullptr;  // consumer
};

}  // namespace ferrotunnel::buffer
