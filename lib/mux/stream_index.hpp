// The live streams of a session by their id: an open table of pointers, without nodes.
//
// A stream is in the first free slot at or behind its home, which a hash of its id gives; behind the last slot the walk
// continues with the first one. When a stream leaves, those behind it move up, so that no slot is marked as "was used".
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/intrusive_ptr.hpp"
#include "mux/stream.hpp"

namespace ferrotunnel::mux {

/// Holds a reference to each stream. Lives on the session's worker.
///
/// Memory: `slot_bytes` for each slot. A table that grows, or shrinks, gets two slots for each stream, grows when three
/// quarters are used, and shrinks when less than a third is: 11 to 16 bytes a stream while streams are only added, and
/// never more than 24, beyond a least table of `capacity_min` slots, which stays when all have ended. Only if memory
/// for a smaller table runs out, the larger one stays, until the next stream ends.
///
/// Time: peers choose ids, but not the key, and each table of another size has another one. So ids that are chosen to
/// share a home in one table do not in the next, and neither do the streams that remain after others have ended in the
/// order of their slots. The hash multiplies the square of an id: with the id itself, one key in some thousands would
/// crowd ids that rise in equal steps, as they usually do, into a part of the table.
class StreamIndex {
public:
    static constexpr std::size_t capacity_min = 16;
    static constexpr std::size_t slot_bytes = sizeof(void*);

    /// `key`: a random number, which peers do not know.
    explicit StreamIndex(std::uint64_t key) noexcept : key_(key | 1) {}
    /// `other` is empty afterwards, and can be used.
    StreamIndex(StreamIndex&& other) noexcept
        : slots_(std::move(other.slots_)),
          capacity_(std::exchange(other.capacity_, 0)),
          size_(std::exchange(other.size_, 0)),
          key_(other.key_) {}
    StreamIndex& operator=(StreamIndex&&) = delete;
    ~StreamIndex() {
        for_each([](const Stream& stream) { stream.release(); });
    }

    bool empty() const noexcept { return size_ == 0; }
    std::size_t size() const noexcept { return size_; }
    /// Slots; 0 until the first stream is added.
    std::size_t capacity() const noexcept { return capacity_; }

    /// Null if it is not here.
    Stream* find(wire::StreamId id) const noexcept {
        Stream* const* const first = slots_.get();
        if (first == nullptr) {
            return nullptr;
        }
        for (Stream* const* slot = first + home(id);; ++slot) {
            Stream* stream = *slot;
            if (stream == nullptr) [[unlikely]] {
                if (slot != first + capacity_ || (stream = *first) == nullptr) {
                    return nullptr;
                }
                slot = first;
            }
            if (stream->id() == id) {
                return stream;
            }
        }
    }
    /// Adds a stream whose id is not here. If memory runs out, nothing has changed.
    void add(Stream& stream);
    /// Removes the stream with this id, if it is here.
    void remove(wire::StreamId id) noexcept;

    /// Calls `visit(Stream&)` for each stream, in the order of their slots. It must not add or remove any.
    template <typename Visit>
    void for_each(Visit visit) const {
        for (std::size_t at = 0; at < capacity_; ++at) {
            if (slots_[at] != nullptr) {
                visit(*slots_[at]);
            }
        }
    }
    /// The slots that a find() of any stream here reads at most. It visits all of them.
    std::size_t longest_walk() const noexcept;

private:
    __extension__ using Wide = unsigned __int128;

    std::size_t home(wire::StreamId id) const noexcept {
        const std::uint64_t hash = std::uint64_t{id} * id * key_;
        return static_cast<std::size_t>(static_cast<Wide>(hash) * capacity_ >> 64U);
    }
    std::size_t after(std::size_t at) const noexcept { return at + 1 < capacity_ ? at + 1 : 0; }
    /// The steps from one slot to another.
    std::size_t steps(std::size_t from, std::size_t to) const noexcept {
        return to >= from ? to - from : to + capacity_ - from;
    }
    void place(Stream& stream) noexcept;
    void close_gap(std::size_t gap) noexcept;
    void resize();
    void shrink() noexcept;

    /// With one more slot, always free: there a walk continues with the first one.
    std::unique_ptr<Stream*[]> slots_;
    std::size_t capacity_ = 0;
    std::size_t size_ = 0;
    std::uint64_t key_;
};

}  // namespace ferrotunnel::mux
