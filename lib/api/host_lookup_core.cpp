#include "api/host_lookup_core.hpp"

#include <algorithm>
#include <iterator>

namespace ferrotunnel::detail {

std::shared_ptr<const transport::LoadedCertificate> HostLookups::Core::find(std::string_view host) {
    const MutexLock lock(mutex_);
    auto found = cache_.find(host, Clock::now(), std::chrono::system_clock::now());
    return found ? std::move(found->certificate) : nullptr;
}

bool HostLookups::Core::is_unknown(const std::string& host) {
    const TimePoint now = Clock::now();
    const MutexLock lock(mutex_);
    const auto found = cache_.find(host, now, std::chrono::system_clock::now());
    return found ? found->is_due : !cache_.is_miss(host, now);
}

bool HostLookups::Core::ask(const std::string& host, HostUse use, Ready ready) {
    const TimePoint now = Clock::now();
    const MutexLock lock(mutex_);
    const auto found = cache_.find(host, now, std::chrono::system_clock::now());
    const bool is_due = found && found->is_due;
    if (has_stopped_ || use == HostUse::unknown || (found && !is_due) || (!found && cache_.is_miss(host, now))) {
        return false;
    }
    auto at = pending_.find(host);
    if (at == pending_.end()) {
        if (queue_.size() >= limits::host_lookups_queue_max ||
            (use == HostUse::pattern && !invented_.take(limits::host_lookups_rate, now))) {
            return false;
        }
        at = pending_.emplace(host, Pending{++last_id_}).first;
        queue_.push_back(host);
        changed_.notify_one();
    }
    at->second.is_exact = at->second.is_exact || use == HostUse::exact;
    if (is_due || !ready) {
        return false;  // the present certificate is used meanwhile
    }
    if (at->second.waiting.size() >= limits::host_lookup_waiting_max) {
        return false;
    }
    at->second.waiting.push_back(std::move(ready));
    return true;
}

void HostLookups::Core::forget(const std::string& host) {
    const MutexLock lock(mutex_);
    const bool had_any = host.empty() ? cache_.clear() : cache_.forget(host);
    has_forgotten_ = has_forgotten_ || had_any;
    for (const Called& one : called_) {
        if (host.empty() || one.host == host) {
            pending_.at(one.host).is_stale = true;
        }
    }
}

void HostLookups::Core::stop() {
    std::vector<Ready> released;
    {
        const MutexLock lock(mutex_);
        has_stopped_ = true;
        while (!pending_.empty()) {
            end(pending_.begin(), released);
        }
        queue_.clear();
        changed_.notify_one();
    }
    for (const Ready& ready : released) {
        ready();
    }
}

bool HostLookups::Core::next(Work& work) {
    work = {};
    std::vector<Ready> released;
    ReleasableLock lock(mutex_);
    while (true) {
        expire(Clock::now(), released);
        if (!released.empty()) {
            lock.unlock();
            for (const Ready& ready : std::exchange(released, {})) {
                ready();
            }
            lock.lock();
        } else if (has_work()) {
            break;
        } else {
            const Duration left =
                called_.empty() ? Duration(std::chrono::hours(1)) : called_.front().deadline - Clock::now();
            changed_.wait_for(lock, std::max<Duration>(left, std::chrono::milliseconds(1)),
                              [this]() REQUIRES(mutex_) { return has_work(); });
        }
    }
    work.has_change = std::exchange(certificates_changed_, false);
    work.failures.swap(failures_);
    if (!has_stopped_ && has_turn()) {
        work.due = begin_call();
    }
    return !has_stopped_;
}

HostLookups::Core::Due HostLookups::Core::begin_call() {
    Due due{std::move(queue_.front()), 0};
    queue_.pop_front();
    due.id = pending_.at(due.host).id;
    called_.push_back({due.host, due.id, Clock::now() + times_.timeout});
    return due;
}

void HostLookups::Core::settle(const std::string& host, std::uint64_t id, Answer answer) {
    std::vector<Ready> released;
    {
        const MutexLock lock(mutex_);
        const auto at = pending_.find(host);
        if (at == pending_.end() || at->second.id != id) {
            return;
        }
        note(host, std::move(answer), Clock::now());
        end(at, released);
        changed_.notify_one();
    }
    for (const Ready& ready : released) {
        ready();
    }
}

// Ends calls that were not answered in time.
void HostLookups::Core::expire(TimePoint now, std::vector<Ready>& released) {
    while (!called_.empty() && called_.front().deadline <= now) {
        const std::string host = called_.front().host;
        note(host, {nullptr, "the application has not answered in time"}, now);
        end(pending_.find(host), released);
    }
}

void HostLookups::Core::end(std::unordered_map<std::string, Pending>::iterator at, std::vector<Ready>& released) {
    std::move(at->second.waiting.begin(), at->second.waiting.end(), std::back_inserter(released));
    std::erase_if(called_, [id = at->second.id](const Called& one) { return one.id == id; });
    pending_.erase(at);
}

void HostLookups::Core::note(const std::string& host, Answer answer, TimePoint now) {
    const auto wall = std::chrono::system_clock::now();
    const Pending& pending = pending_.at(host);
    bool has_change = false;  // of whether the host has a certificate
    if (!answer.why.empty()) {
        const TimePoint retry = now + limits::host_lookup_retry_after;
        has_change = !cache_.postpone(host, retry, wall) && cache_.put_miss(host, retry);
        if (failures_.size() < limits::host_lookups_at_once_max) {
            failures_.push_back({host, std::move(answer.why)});
        }
    } else if (answer.credential) {
        has_change = !cache_.find(host, now, wall);
        cache_.put(host, std::move(answer.credential), pending.is_stale ? now : now + times_.kept_for);
    } else {
        has_change = cache_.put_miss(host, pending.is_stale ? now : now + times_.none_for) || has_forgotten_;
    }
    if (has_change && pending.is_exact) {
        certificates_changed_ = true;
        has_forgotten_ = false;
    }
}

}  // namespace ferrotunnel::detail
