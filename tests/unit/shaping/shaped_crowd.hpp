// Visitors of one token who always have bytes to move, on workers whose time is moved by hand.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/random.hpp"
#include "shaping/lane.hpp"
#include "shaping/shapes.hpp"
#include "shaping/turn_queue.hpp"

namespace ferrotunnel::shaping {

class ShapedVisitor final : public buffer::Waker {
public:
    ShapedVisitor(TurnQueue& queue, const TimePoint& now, std::shared_ptr<VisitorShape> shape,
                  Direction direction = Direction::down)
        : queue_(queue), now_(now), lane_(std::move(shape), direction, *this) {}

    /// Moves what it may, in pieces of at most `piece` bytes, until it has to wait.
    void wake() noexcept override {
        while (const std::size_t granted = lane_.acquire(queue_, now_)) {
            if (granted == Lane::any_number) {
                unbounded = true;
                return;
            }
            const std::size_t bytes = std::min(granted, piece);
            lane_.passed(bytes, now_);
            lane_.settle();
            moved += bytes;
            ++turns;
        }
    }
    bool is_waiting() const noexcept { return lane_.is_waiting(); }

    std::size_t piece = 64 * 1024;
    std::uint64_t moved = 0;
    std::uint64_t turns = 0;
    bool unbounded = false;

private:
    TurnQueue& queue_;
    const TimePoint& now_;
    Lane lane_;
};

/// One worker, or several that share the rates.
class ShapedCrowd {
public:
    explicit ShapedCrowd(const TokenRates& rates, std::size_t workers = 1) : queues_(workers) { set(rates); }
    ~ShapedCrowd() { visitors.clear(); }

    void set(const TokenRates& rates) {
        token->buckets.set(rates.all, now);
        service->set(rates, now);
        for (TurnQueue& queue : queues_) {
            queue.reschedule(now);
        }
    }
    IntrusivePtr<ShapedVisitor> add(std::size_t worker = 0, Direction direction = Direction::down) {
        visitors.push_back(
            make_intrusive<ShapedVisitor>(queues_[worker], now, std::make_shared<VisitorShape>(service), direction));
        return visitors.back();
    }
    void wake_all() {
        for (const auto& visitor : visitors) {
            visitor->wake();
        }
    }
    /// Lets time pass in steps of a millisecond, as workers wake; with a random, by up to five, which they come late.
    void run(Duration time, Random* late = nullptr) {
        for (const TimePoint until = now + time; now < until;) {
            now += std::chrono::milliseconds(1) * (late != nullptr ? 1 + late->next() % 5 : 1);
            for (TurnQueue& queue : queues_) {
                queue.call(now, 1'000'000);
            }
        }
    }
    std::uint64_t moved() const {
        std::uint64_t sum = 0;
        for (const auto& visitor : visitors) {
            sum += visitor->moved;
        }
        return sum;
    }
    /// Jain's index of what each has moved: 1 if all the same, 1/n if one has everything.
    double fairness() const {
        double sum = 0;
        double squares = 0;
        for (const auto& visitor : visitors) {
            const auto moved = static_cast<double>(visitor->moved);
            sum += moved;
            squares += moved * moved;
        }
        return sum * sum / (squares * static_cast<double>(visitors.size()));
    }
    void forget_moved() {
        for (const auto& visitor : visitors) {
            visitor->moved = visitor->turns = 0;
        }
    }
    std::size_t waiting() const {
        std::size_t sum = 0;
        for (const TurnQueue& queue : queues_) {
            sum += queue.size();
        }
        return sum;
    }

    TimePoint now{std::chrono::hours(1)};
    std::shared_ptr<TokenShape> token = std::make_shared<TokenShape>();
    std::shared_ptr<ServiceShape> service = std::make_shared<ServiceShape>(token);
    std::vector<IntrusivePtr<ShapedVisitor>> visitors;

private:
    std::vector<TurnQueue> queues_;
};

}  // namespace ferrotunnel::shaping
