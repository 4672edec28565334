// One stream's bytes in one direction, limited by the rates of visitor, service and token.
//
//     idle --acquire: a quantum is taken--> granted --all of it has passed, or settle--> idle
//       \--acquire: it lies ahead--> waiting --its turn has come--^
//
// Bytes that were taken and have not passed are returned, in whatever state the lane ends.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

#include "base/clock.hpp"
#include "buffer/waker.hpp"
#include "shaping/shapes.hpp"
#include "shaping/turn_queue.hpp"

namespace ferrotunnel::shaping {

/// Lives on the visitor's worker. Used only while ServiceShape::is_on() of the visitor's service is true.
class Lane final : private Turn {
public:
    static constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

    /// `owner`, which owns the lane, is woken when its turn comes.
    Lane(std::shared_ptr<VisitorShape> visitor, Direction direction, buffer::Waker& owner) noexcept
        : visitor_(std::move(visitor)), owner_(owner), direction_(direction) {}
    ~Lane() { settle(); }

    /// How many bytes may pass now. 0: the owner is woken when some may.
    std::size_t acquire(TurnQueue& queue, TimePoint now);
    /// Like acquire() above, for callers that do not wait, but call again whenever there is data. A lane uses only one
    /// of the two functions.
    std::size_t acquire(TimePoint now) noexcept;
    /// Reports that bytes have passed; bytes beyond the grant count, too.
    void passed(std::size_t bytes, TimePoint now) noexcept;
    /// Returns bytes that were taken and are not needed now, and the place in the queue.
    void settle() noexcept;

    bool is_waiting() const noexcept { return state_ == State::waiting; }

private:
    enum class State : std::uint8_t { idle, waiting, granted };
    static constexpr std::size_t levels = 3;  // visitor, service, token

    TimePoint turn_at(TimePoint now) noexcept override;
    void on_turn() noexcept override;
    std::array<Bucket*, levels> buckets(TimePoint now) noexcept;
    bool take(TimePoint now) noexcept;
    void grant() noexcept;
    template <typename Action>
    void for_each_taken(Action action) noexcept {
        for (Bucket* bucket : from_) {
            if (bucket != nullptr) {
                action(*bucket);
            }
        }
    }

    const std::shared_ptr<VisitorShape> visitor_;
    buffer::Waker& owner_;
    std::array<Bucket*, levels> from_{};  // from which bytes were taken; null: not this one
    std::array<std::int64_t, levels> positions_{};
    std::size_t left_ = 0;  // of the taken bytes
    const Direction direction_;
    State state_ = State::idle;
};

/// The lanes of a visitor's only stream, one for each direction.
class Lanes {
public:
    Lanes(const std::shared_ptr<VisitorShape>& visitor, buffer::Waker& owner) noexcept
        : up_(visitor, Direction::up, owner), down_(visitor, Direction::down, owner) {}

    Lane& of(Direction direction) noexcept { return direction == Direction::up ? up_ : down_; }

private:
    Lane up_;
    Lane down_;
};

}  // namespace ferrotunnel::shaping
