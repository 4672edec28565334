// Counts visitors of public ports that wait for a client to reconnect, over all ports of a server. Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/limits.hpp"

namespace ferrotunnel::directory {

class HoldLimiter {
public:
    struct Settings {
        std::size_t visitors_max = limits::visitors_held_max;
        std::size_t datagram_bytes_max = limits::held_datagram_bytes_max;
    };
    struct Counts {
        std::uint64_t waiting = 0;   // visitors that wait now
        std::uint64_t held = 0;      // visitors that waited, in total
        std::uint64_t given_up = 0;  // connections reset: no client in time, or no room
    };

    HoldLimiter() : HoldLimiter(Settings{}) {}
    explicit HoldLimiter(const Settings& settings) noexcept : settings_(settings) {}

    Counts counts() const noexcept {
        return {waiting_.load(std::memory_order_relaxed), held_.load(std::memory_order_relaxed),
                given_up_.load(std::memory_order_relaxed)};
    }
    /// Counts a visitor whose connection was reset, since there was no room.
    void count_rejected() noexcept { given_up_.fetch_add(1, std::memory_order_relaxed); }

private:
    friend class HoldSlot;
    friend class HeldBytes;

    // Adds to a gauge, if it stays within `most`.
    static bool add(std::atomic<std::uint64_t>& to, std::uint64_t count, std::uint64_t most) noexcept {
        if (to.fetch_add(count, std::memory_order_relaxed) + count <= most) {
            return true;
        }
        to.fetch_sub(count, std::memory_order_relaxed);
        return false;
    }

    const Settings settings_;
    std::atomic<std::uint64_t> waiting_{0};
    std::atomic<std::uint64_t> bytes_{0};
    std::atomic<std::uint64_t> held_{0};
    std::atomic<std::uint64_t> given_up_{0};
};

/// The slot of a waiting visitor, which counts as given up if this is destroyed before served().
class HoldSlot {
public:
    /// False afterwards, and a visitor counted as given up, if there was no room: in the port's queue, or in the
    /// server.
    HoldSlot(const std::shared_ptr<HoldLimiter>& limiter, bool queue_has_room) noexcept {
        if (!queue_has_room || !HoldLimiter::add(limiter->waiting_, 1, limiter->settings_.visitors_max)) {
            limiter->count_rejected();
            return;
        }
        limiter_ = limiter;
        limiter_->held_.fetch_add(1, std::memory_order_relaxed);
    }
    HoldSlot(HoldSlot&&) noexcept = default;
    HoldSlot& operator=(HoldSlot&&) = delete;
    ~HoldSlot() {
        if (limiter_) {
            limiter_->count_rejected();
            served();
        }
    }

    explicit operator bool() const noexcept { return limiter_ != nullptr; }
    void served() noexcept { std::exchange(limiter_, nullptr)->waiting_.fetch_sub(1, std::memory_order_relaxed); }

private:
    std::shared_ptr<HoldLimiter> limiter_;
};

/// Room for the datagrams of one port's waiting visitors.
class HeldBytes {
public:
    HeldBytes() noexcept = default;
    /// False afterwards if there was no room.
    explicit HeldBytes(const std::shared_ptr<HoldLimiter>& limiter) noexcept
        : limiter_(HoldLimiter::add(limiter->bytes_, limits::udp_unopened_bytes_per_port_max,
                                    limiter->settings_.datagram_bytes_max)
                       ? limiter
                       : nullptr) {}
    HeldBytes(HeldBytes&&) noexcept = default;
    HeldBytes& operator=(HeldBytes&& other) noexcept {
        HeldBytes gone(std::move(other));
        limiter_.swap(gone.limiter_);
        return *this;
    }
    ~HeldBytes() {
        if (limiter_) {
            limiter_->bytes_.fetch_sub(limits::udp_unopened_bytes_per_port_max, std::memory_order_relaxed);
        }
    }

    explicit operator bool() const noexcept { return limiter_ != nullptr; }

private:
    std::shared_ptr<HoldLimiter> limiter_;
};

}  // namespace ferrotunnel::directory
