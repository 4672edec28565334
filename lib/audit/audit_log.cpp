#include "audit/audit_log.hpp"

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include "audit/limits.hpp"
#include "base/clock.hpp"
#include "base/iso_time.hpp"

namespace ferrotunnel::audit {

AuditLog::AuditLog() : lanes_(std::make_shared<access::Lanes>(1, queue_bytes_max)), lane_(lanes_->assign_lane()) {}

std::string AuditLog::body_of(const std::string& record) {
    std::string body = "\"time\":\"";
    append_iso_time(body, std::chrono::system_clock::now());
    body += "\",";
    body += record;
    return body;
}

void AuditLog::put(const std::string& record) noexcept {
    try {
        lanes_->put(lane_, body_of(record) + '\n');
    } catch (const std::exception&) {  // no memory for it
        lanes_->drop(lane_);
    }
}

void AuditLog::write(const Record& record) noexcept {
    if (is_on()) {
        put(record.text());
    }
}

void AuditLog::refuse(const Record& record, const std::string& address) noexcept {
    if (!is_on()) {
        return;
    }
    try {
        bool may_write = false;
        bool is_first = false;
        {
            const MutexLock lock(mutex_);
            const bool was_idle = !limiter_.has_counted();
            may_write = limiter_.may_write(address, record.text(), Clock::now());
            is_first = was_idle && !may_write;
        }
        if (may_write) {
            put(record.text());
        } else if (is_first) {
            lanes_->wake();  // the writer sleeps until it is due
        }
    } catch (const std::exception&) {
        lanes_->drop(lane_);
    }
}

Status AuditLog::status() const {
    const MutexLock lock(mutex_);
    Status status = status_;
    status.is_on = is_on();
    return status;
}

void AuditLog::take_counted(std::string& bodies, bool all) {
    std::vector<RefusalLimiter::Counted> taken;
    {
        const MutexLock lock(mutex_);
        taken = limiter_.take(Clock::now(), all);
    }
    for (const RefusalLimiter::Counted& one : taken) {
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(Clock::now() - one.since).count();
        bodies += body_of(one.record) + ",\"count\":" + std::to_string(one.count) +
                  ",\"seconds\":" + std::to_string(seconds) +
                  (one.has_other_addresses ? ",\"other_addresses\":true" : "") + '\n';
    }
}

std::optional<std::chrono::milliseconds> AuditLog::due_in() const {
    std::optional<TimePoint> due;
    {
        const MutexLock lock(mutex_);
        due = limiter_.due();
    }
    if (!due) {
        return std::nullopt;
    }
    return std::max(std::chrono::ceil<std::chrono::milliseconds>(*due - Clock::now()), std::chrono::milliseconds(0));
}

void AuditLog::set_file(std::string file) {
    const MutexLock lock(mutex_);
    status_.file = std::move(file);
}

void AuditLog::note_written(const Head& head, std::uint64_t lines) {
    const MutexLock lock(mutex_);
    status_.head = head;
    status_.lines += lines;
    status_.is_failing = false;
}

void AuditLog::note_lost(std::uint64_t lines) {
    const MutexLock lock(mutex_);
    status_.lost += lines;
}

void AuditLog::note_failing(bool is_failing) {
    const MutexLock lock(mutex_);
    status_.is_failing = is_failing;
}

}  // namespace ferrotunnel::audit
