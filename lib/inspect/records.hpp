// The recorded exchanges, the latest ones: bounded in number, and in the memory that they use together. Those in
// progress count too. A new one replaces the oldest.
//
// Any thread. Each record has a lock of its own, held as long as a value is changed or copied, so that reading a long
// list stops no connection.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "base/token_bucket.hpp"
#include "inspect/exchange.hpp"
#include "inspect/limits.hpp"

namespace ferrotunnel::inspect {

/// Original parts of a request that is masked in its record: what a replay sends. They are not part of an Exchange,
/// from which everything that shows recordings is made, and so appear in no list, archive, page or log.
struct Original {
    std::string head{};                 // empty if the record has it unmasked, or it is not kept (any more)
    std::optional<std::string> body{};  // likewise; with its Content-Encoding, and complete

    std::uint64_t bytes() const noexcept { return head.size() + (body ? body->size() : 0); }
};

class Record {
public:
    explicit Record(Exchange exchange) : id_(exchange.id), began_(exchange.began), exchange_(std::move(exchange)) {}

    std::uint64_t id() const noexcept { return id_; }
    Exchange copy() const {
        const MutexLock lock(mutex_);
        return exchange_;
    }
    /// Reads the exchange without a copy. `visit` is short, and reads nothing else that is locked.
    template <typename Visit>
    auto read(Visit visit) const {
        const MutexLock lock(mutex_);
        return visit(exchange_);
    }
    /// The original values that a replay sends in place of the masks; empty after limits::inspect_original_time.
    Original original(TimePoint now) const {
        const MutexLock lock(mutex_);
        return now - began_ < limits::inspect_original_time ? original_ : Original();
    }

    // --- for recording ---

    /// False if it was dropped, and cannot be recorded into.
    template <typename Change>
    bool change(Change change) {
        const MutexLock lock(mutex_);
        if (dropped_) {
            return false;
        }
        change(exchange_);
        return true;
    }
    /// A body on its way, which is not visible before it was searched for secrets.
    std::string take_waiting(bool of_request) {
        const MutexLock lock(mutex_);
        return std::exchange(of_request ? waiting_request_ : waiting_answer_, {});
    }
    bool append_waiting(bool of_request, std::string_view bytes) {
        const MutexLock lock(mutex_);
        if (!dropped_) {
            (of_request ? waiting_request_ : waiting_answer_).append(bytes);
        }
        return !dropped_;
    }

private:
    friend class Records;
    void drop() noexcept;

    const std::uint64_t id_;
    const TimePoint began_;
    mutable Mutex mutex_;
    Exchange exchange_ GUARDED_BY(mutex_);
    std::string waiting_request_ GUARDED_BY(mutex_);
    std::string waiting_answer_ GUARDED_BY(mutex_);
    Original original_ GUARDED_BY(mutex_);
    bool dropped_ GUARDED_BY(mutex_) = false;
    std::uint64_t counted_ = 0;  // bytes; under the lock of the records
    bool kept_ = false;          // likewise
};

class Records {
public:
    /// `keeps_originals`: a user may send a request again.
    Records(std::uint64_t bytes_max, std::size_t entries_max = limits::inspect_entries_max, bool keeps_originals = true)
        : bytes_max_(bytes_max), entries_max_(entries_max), keeps_originals_(keeps_originals) {}

    /// A number for an exchange that is yet to begin.
    std::uint64_t next_id() noexcept { return last_id_.fetch_add(1, std::memory_order_relaxed) + 1; }
    /// Whether another exchange should be recorded. False if they arrive too fast, and it is only counted.
    bool admits(TimePoint now);
    /// Adds an exchange that begins; it gets a number, unless it has one. Its texts are counted.
    std::shared_ptr<Record> begin(Exchange exchange);
    /// Counts `bytes` more of `record`; older records are dropped to make room. False if there is no room, or if
    /// `record` was dropped itself.
    bool grow(Record& record, std::uint64_t bytes);
    /// `record` uses `bytes` less.
    void shrink(Record& record, std::uint64_t bytes);
    /// Keep the head or the body of a request for a replay (Record::original), if there is room: they are counted.
    void keep_original_head(Record& record, std::string_view head);
    void keep_original_body(Record& record, std::string body);
    /// Deletes the originals of exchanges that began before `began_before`. Their visible form stays.
    void forget_originals(TimePoint began_before);

    /// The newest first.
    std::vector<std::shared_ptr<const Record>> all() const;
    /// Null if there is none, or no longer.
    std::shared_ptr<const Record> find(std::uint64_t id) const;
    /// Deletes all, including those in progress.
    void clear();

    std::uint64_t bytes() const;
    /// Exchanges that were not recorded because they arrived too fast.
    std::uint64_t not_recorded() const;

private:
    template <typename Keep>
    void keep_original(Record& record, std::uint64_t bytes, Keep keep);
    void make_room(std::uint64_t bytes) REQUIRES(mutex_);
    void drop_oldest() REQUIRES(mutex_);

    const std::uint64_t bytes_max_;
    const std::size_t entries_max_;
    const bool keeps_originals_;
    std::atomic<std::uint64_t> last_id_{0};
    mutable Mutex mutex_;  // may be held while a record's is taken, never the other way round
    std::deque<std::shared_ptr<Record>> kept_ GUARDED_BY(mutex_);  // the oldest first
    std::uint64_t bytes_ GUARDED_BY(mutex_) = 0;
    TokenBucket rate_ GUARDED_BY(mutex_);
    std::uint64_t not_recorded_ GUARDED_BY(mutex_) = 0;
};

}  // namespace ferrotunnel::inspect
