// Rate limits of a token, of each of its services, and of each of their visitors.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/clock.hpp"
#include "shaping/bucket.hpp"

namespace ferrotunnel::shaping {

/// From the point of view of the service's visitors, which are the clients of its protocol.
enum class Direction : std::uint8_t { up, down };

/// Bytes per second in each direction; 0: unlimited.
struct Rates {
    std::uint64_t up = 0;
    std::uint64_t down = 0;

    std::uint64_t of(Direction direction) const noexcept { return direction == Direction::up ? up : down; }
    bool any() const noexcept { return up != 0 || down != 0; }
    friend bool operator==(const Rates&, const Rates&) = default;
};

/// The rates of a token: its own, that of each service, and that of each visitor of a service.
struct TokenRates {
    Rates all;
    Rates service;
    Rates visitor;

    bool any() const noexcept { return all.any() || service.any() || visitor.any(); }
    friend bool operator==(const TokenRates&, const TokenRates&) = default;
};

/// A pair of buckets, one for each direction.
class Buckets {
public:
    Bucket& of(Direction direction) noexcept { return direction == Direction::up ? up_ : down_; }
    void set(const Rates& rates, TimePoint now) noexcept {
        up_.set_rate(rates.up, now);
        down_.set_rate(rates.down, now);
    }

private:
    Bucket up_;
    Bucket down_;
};

/// Shared by the visitors of a token. Thread-safe, like its buckets.
struct TokenShape {
    Buckets buckets;
};

/// Shared by the visitors of a service, on all trunks and workers.
class ServiceShape {
public:
    explicit ServiceShape(std::shared_ptr<TokenShape> token) noexcept : token_(std::move(token)) {}

    /// Sets the rates of the service and its visitors; the token's own rates are in TokenShape. One thread at a time.
    void set(const TokenRates& rates, TimePoint now) noexcept {
        buckets.set(rates.service, now);
        visitor_up_.store(rates.visitor.up, std::memory_order_relaxed);
        visitor_down_.store(rates.visitor.down, std::memory_order_relaxed);
        is_on_.store(rates.any(), std::memory_order_release);
    }
    /// Whether any rate applies to its visitors. Callable on any thread, before every byte: without one nothing else is
    /// checked.
    bool is_on() const noexcept { return is_on_.load(std::memory_order_relaxed); }
    std::uint64_t visitor_rate(Direction direction) const noexcept {
        return (direction == Direction::up ? visitor_up_ : visitor_down_).load(std::memory_order_relaxed);
    }
    TokenShape& token() const noexcept { return *token_; }

    Buckets buckets;

private:
    const std::shared_ptr<TokenShape> token_;
    std::atomic<std::uint64_t> visitor_up_{0};
    std::atomic<std::uint64_t> visitor_down_{0};
    std::atomic<bool> is_on_{false};
};

/// Shared by the streams of a visitor, on one worker: it adopts the present rate for visitors.
class VisitorShape {
public:
    explicit VisitorShape(std::shared_ptr<ServiceShape> service) noexcept : service_(std::move(service)) {}

    Bucket& bucket(Direction direction, TimePoint now) noexcept {
        Bucket& bucket = buckets_.of(direction);
        bucket.set_rate(service_->visitor_rate(direction), now);
        return bucket;
    }
    ServiceShape& service() const noexcept { return *service_; }
    const std::shared_ptr<ServiceShape>& owner() const noexcept { return service_; }

private:
    const std::shared_ptr<ServiceShape> service_;
    Buckets buckets_;
};

}  // namespace ferrotunnel::shaping
