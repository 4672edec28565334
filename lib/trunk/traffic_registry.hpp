// Traffic sums over the sessions of a Client or a Server, for readers on other threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <set>

#include "base/counter.hpp"
#include "base/mutex.hpp"
#include "buffer/slab.hpp"
#include "metrics/histogram.hpp"
#include "mux/session.hpp"

namespace ferrotunnel::trunk {

/// The activity of all sessions together.
struct TrafficSums : mux::SessionStats {
    metrics::WorkTimes::Sums decode;  // time to process the frames of a read, for one read in sixteen
    metrics::WorkTimes::Sums encode;  // time to make a batch of frames
};

/// The sums over all sessions, present and past. Available at any time, without waiting for a worker, even while
/// sessions end and after the last one has ended. Thread-safe.
class TrafficRegistry {
public:
    class Account;

    /// Totals over all sessions that ever existed; counts of present objects; the shortest round trip of the open
    /// sessions.
    TrafficSums sum() const;

private:
    mutable Mutex mutex_;
    std::set<const Account*> open_ GUARDED_BY(mutex_);
    TrafficSums past_ GUARDED_BY(mutex_);
};

/// One session's entry in the registry. Its worker writes, any thread reads.
class TrafficRegistry::Account {
public:
    /// `registry` may be null: then nothing is recorded.
    Account(std::shared_ptr<TrafficRegistry> registry, const mux::Session& session);
    ~Account();
    Account(const Account&) = delete;
    Account& operator=(const Account&) = delete;

    /// Updates the entry; call it on the worker, whenever the session has done something.
    void update() noexcept {
        const mux::SessionStats& counted = session_.counted();
        payload_received_.set(counted.payload_received);
        payload_sent_.set(counted.payload_sent);
        bytes_copied_.set(counted.bytes_copied);
        frames_received_.set(counted.frames_received);
        frames_sent_.set(counted.frames_sent);
        resets_.set(counted.resets);
        credit_stalls_.set(counted.credit_stalls);
        streams_opened_.set(counted.streams_opened);
        streams_refused_.set(counted.streams_refused);
        streams_.set(session_.stream_count());
        bytes_kept_.set(session_.kept_bytes());
        rtt_min_.store(session_.rtt_min(), std::memory_order_relaxed);
    }

    /// Runs work on frames. One time in sixteen it is timed: reading the clock costs more than a small frame.
    template <typename Work>
    auto timed(metrics::WorkTimes Account::*times, Work work) {
        if (++works_ % one_timed_of != 0) {
            return work();
        }
        const Timed timed(this->*times);
        return work();
    }
    metrics::WorkTimes decode;
    metrics::WorkTimes encode;

private:
    friend class TrafficRegistry;
    static constexpr std::uint32_t one_timed_of = 16;
    class Timed {
    public:
        explicit Timed(metrics::WorkTimes& times) noexcept : times_(times) {}
        ~Timed() { times_.count(Clock::now() - began_); }
        Timed(const Timed&) = delete;
        Timed& operator=(const Timed&) = delete;

    private:
        metrics::WorkTimes& times_;
        const TimePoint began_ = Clock::now();
    };
    void add_totals(TrafficSums& to) const noexcept;

    const std::shared_ptr<TrafficRegistry> registry_;
    const mux::Session& session_;
    const IntrusivePtr<mux::SessionShared> shared_;
    std::uint32_t works_ = 0;
    Counter payload_received_;
    Counter payload_sent_;
    Counter bytes_copied_;
    Counter frames_received_;
    Counter frames_sent_;
    Counter resets_;
    Counter credit_stalls_;
    Counter streams_opened_;
    Counter streams_refused_;
    Counter streams_;
    Counter bytes_kept_;
    std::atomic<Duration> rtt_min_{Duration::zero()};
};

}  // namespace ferrotunnel::trunk
