// The audit log as those who report events see it: a bounded queue to the writer thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "access/lanes.hpp"
#include "audit/line.hpp"
#include "audit/record.hpp"
#include "audit/refusal_limiter.hpp"
#include "base/mutex.hpp"

namespace ferrotunnel::audit {

/// State for the status and for metrics.
struct Status {
    bool is_on = false;
    std::string file{};
    Head head{};              // the last line that the file has
    std::uint64_t lines = 0;  // written since the start
    std::uint64_t lost = 0;
    bool is_failing = false;  // the file cannot be written at the moment
};

/// Thread-safe. No call waits.
class AuditLog {
public:
    AuditLog();
    AuditLog(const AuditLog&) = delete;
    AuditLog& operator=(const AuditLog&) = delete;

    /// Whether events are recorded. Callers need not create a record otherwise.
    bool is_on() const noexcept { return is_on_.load(std::memory_order_relaxed); }
    void switch_on(bool on) noexcept { is_on_.store(on); }

    void write(const Record& record) noexcept;
    /// A refusal that a stranger may cause at any rate: written within the limits, and counted beyond. `address`: its
    /// network.
    void refuse(const Record& record, const std::string& address) noexcept;

    Status status() const;

    // --- the writer ---

    const std::shared_ptr<access::Lanes>& lanes() const noexcept { return lanes_; }
    /// Appends the counted refusals that are due, or all, as bodies of lines.
    void take_counted(std::string& bodies, bool all);
    /// How long until take_counted() has something; empty: unknown.
    std::optional<std::chrono::milliseconds> due_in() const;
    void set_file(std::string file);
    void note_written(const Head& head, std::uint64_t lines);
    void note_lost(std::uint64_t lines);
    void note_failing(bool is_failing);

    /// The body of a line: the time, and the record.
    static std::string body_of(const std::string& record);

private:
    void put(const std::string& record) noexcept;

    const std::shared_ptr<access::Lanes> lanes_;
    access::Lane& lane_;
    std::atomic<bool> is_on_{false};
    mutable Mutex mutex_;
    RefusalLimiter limiter_ GUARDED_BY(mutex_);
    Status status_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::audit
