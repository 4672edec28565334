// The sums of what the sessions of a Client or a Server move, for readers on other threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>

#include "base/counter.hpp"
#include "buffer/slab.hpp"
#include "mux/session.hpp"

namespace ferrotunnel::trunk {

/// The sums over all sessions, present and past. Answers at any time, without asking a worker, even while sessions end
/// and after the last one has ended. Any thread.
class TrafficBook {
public:
    class Account;

    /// Totals over all sessions that ever were; counts of what exists now; the shortest round trip of the open
    /// sessions.
    mux::SessionStats sum() const;

private:
    mutable std::mutex mutex_;
    std::set<const Account*> open_;
    mux::SessionStats past_;
};

/// One session's page in the book. Its worker writes, any thread reads.
class TrafficBook::Account {
public:
    /// `book` may be null: then nothing is kept.
    Account(std::shared_ptr<TrafficBook> book, const mux::Session& session);
    ~Account();
    Account(const Account&) = delete;
    Account& operator=(const Account&) = delete;

    /// Updates the page; to be called on the worker, whenever the session has done something.
    void update() noexcept {
        const mux::SessionStats& counted = session_.counted();
        payload_received_.set(counted.payload_received);
        payload_sent_.set(counted.payload_sent);
        bytes_copied_.set(counted.bytes_copied);
        streams_opened_.set(counted.streams_opened);
        streams_refused_.set(counted.streams_refused);
        streams_.set(session_.stream_count());
        rtt_min_.store(session_.rtt_min(), std::memory_order_relaxed);
    }

private:
    friend class TrafficBook;
    void add_totals(mux::SessionStats& to) const noexcept;

    const std::shared_ptr<TrafficBook> book_;
    const mux::Session& session_;
    const IntrusivePtr<buffer::SlabLedger> ledger_;
    Counter payload_received_;
    Counter payload_sent_;
    Counter bytes_copied_;
    Counter streams_opened_;
    Counter streams_refused_;
    Counter streams_;
    std::atomic<Duration> rtt_min_{Duration::zero()};
};

}  // namespace ferrotunnel::trunk
