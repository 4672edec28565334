// What the sessions of a Client or a Server move, for those who look from other threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>

#include "buffer/slab.hpp"
#include "mux/session.hpp"

namespace ferrotunnel::tunnel {

/// The sums over all sessions, present and past. Answers at any time, without asking a worker: also while sessions end,
/// and after the last one has. Any thread.
class TrafficBook {
public:
    class Account;

    /// Totals over all sessions that ever were; what exists now; the shortest round trip of those that are open.
    mux::SessionStats sum() const;

private:
    mutable std::mutex mutex_;
    std::set<const Account*> open_;
    mux::SessionStats past_;
};

/// One session's page. Its worker writes, any thread reads.
class TrafficBook::Account {
public:
    /// `book` may be null: then nothing is kept.
    Account(std::shared_ptr<TrafficBook> book, const mux::Session& session);
    ~Account();
    Account(const Account&) = delete;
    Account& operator=(const Account&) = delete;

    /// On the worker, whenever the session has done something.
    void update() noexcept {
        const mux::SessionStats& counted = session_.counted();
        set(payload_received_, counted.payload_received);
        set(payload_sent_, counted.payload_sent);
        set(bytes_copied_, counted.bytes_copied);
        set(streams_opened_, counted.streams_opened);
        set(streams_refused_, counted.streams_refused);
        set(streams_, session_.stream_count());
        rtt_min_.store(session_.rtt_min(), std::memory_order_relaxed);
    }

private:
    friend class TrafficBook;
    using Count = std::atomic<std::uint64_t>;

    static void set(Count& count, std::uint64_t to) noexcept { count.store(to, std::memory_order_relaxed); }
    void add_totals(mux::SessionStats& to) const noexcept;

    const std::shared_ptr<TrafficBook> book_;
    const mux::Session& session_;
    const IntrusivePtr<buffer::SlabLedger> ledger_;
    Count payload_received_{0};
    Count payload_sent_{0};
    Count bytes_copied_{0};
    Count streams_opened_{0};
    Count streams_refused_{0};
    Count streams_{0};
    std::atomic<Duration> rtt_min_{Duration::zero()};
};

}  // namespace ferrotunnel::tunnel
