// Load of a trunk, by which new visitors find the least busy one.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/clock.hpp"
#include "trunk/traffic.hpp"

namespace ferrotunnel::session {

/// Thread-safe.
class TrunkLoad {
    using Counter = std::atomic<std::uint32_t>;

public:
    /// A stream or a visitor that counts as load as long as this lives. It may outlive the trunk.
    class Count {
    public:
        explicit Count(std::shared_ptr<Counter> counter) noexcept : counter_(std::move(counter)) {
            counter_->fetch_add(1, std::memory_order_relaxed);
        }
        Count(Count&& other) noexcept = default;
        Count& operator=(Count&&) = delete;
        ~Count() { end(); }
        /// Stops counting.
        void end() noexcept {
            if (const auto counter = std::exchange(counter_, nullptr)) {
                counter->fetch_sub(1, std::memory_order_relaxed);
            }
        }

    private:
        std::shared_ptr<Counter> counter_;
    };

    /// For streams that the edge or the application opens.
    Count count_stream() const { return Count(streams_); }
    /// For visitors on their way to the trunk's worker.
    Count count_arrival() const { return Count(arrivals_); }
    bool has_arrivals() const noexcept { return arrivals_->load(std::memory_order_relaxed) != 0; }

    /// Visitors and the bytes that they move, since a new visitor should not wait behind a bulk transfer. A visitor
    /// that will send nothing more is about to end, or moves bytes, which count.
    std::uint64_t visitors(TimePoint now) const noexcept {
        return traffic_->sending_now.load(std::memory_order_relaxed) + arrivals_->load(std::memory_order_relaxed) +
               streams_->load(std::memory_order_relaxed) + recent_->lately(now) / recent_bytes_as_a_visitor;
    }

    const IntrusivePtr<trunk::Traffic>& traffic() const noexcept { return traffic_; }
    const std::shared_ptr<trunk::RecentTraffic>& recent() const noexcept { return recent_; }

private:
    // A trunk that moves this much counts as having one visitor more.
    static constexpr std::uint64_t recent_bytes_as_a_visitor = 102'400;  // about 1 MiB/s

    const IntrusivePtr<trunk::Traffic> traffic_ = make_intrusive<trunk::Traffic>();
    const std::shared_ptr<trunk::RecentTraffic> recent_ = std::make_shared<trunk::RecentTraffic>();
    const std::shared_ptr<Counter> streams_ = std::make_shared<Counter>(0);
    const std::shared_ptr<Counter> arrivals_ = std::make_shared<Counter>(0);
};

}  // namespace ferrotunnel::session
