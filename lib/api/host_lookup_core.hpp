// The state of HostLookups, which answers that come late refer to weakly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "api/host_certificate_cache.hpp"
#include "api/host_lookups.hpp"
#include "api/limits.hpp"
#include "base/mutex.hpp"
#include "base/token_bucket.hpp"

namespace ferrotunnel::detail {

/// Thread-safe. Calls nothing of others with its lock held.
class HostLookups::Core {
public:
    using Ready = std::function<void()>;

    explicit Core(const HostCertificateTimes& times) : times_(times) {}

    std::shared_ptr<const transport::LoadedCertificate> find(std::string_view host);
    /// Whether nothing is known of the host now.
    bool is_unknown(const std::string& host);
    /// Queues the host unless that is known or queued. `ready` is called when it is settled; it may be empty. False if
    /// there is nothing to wait for: `ready` was dropped.
    bool ask(const std::string& host, HostUse use, Ready ready);
    void forget(const std::string& host);

    /// The end: nothing is asked any more, and everyone who waits is released.
    void stop();

    struct Due {
        std::string host;
        std::uint64_t id;
    };
    struct Failure {
        std::string host;
        std::string why;
    };
    struct Work {
        std::optional<Due> due{};         // a call that may be made
        bool has_change = false;          // of a certificate of an exact host
        std::vector<Failure> failures{};  // for the log
    };
    /// For the thread: waits until there is something to do. False: the end.
    bool next(Work& work);

    /// The answer to a call. Without a credential: `why` it failed, or empty, and there is none.
    struct Answer {
        std::shared_ptr<transport::CredentialState> credential{};
        std::string why{};
    };
    /// Ends a call; nothing happens if it has ended already.
    void settle(const std::string& host, std::uint64_t id, Answer answer);

private:
    struct Pending {
        std::uint64_t id = 0;
        bool is_exact = false;
        bool is_stale = false;  // the host was forgotten since the call: the answer is used once
        std::vector<Ready> waiting{};
    };
    struct Called {
        std::string host;
        std::uint64_t id;
        TimePoint deadline;
    };

    Due begin_call() REQUIRES(mutex_);
    void expire(TimePoint now, std::vector<Ready>& released) REQUIRES(mutex_);
    bool has_turn() const REQUIRES(mutex_) {
        return !queue_.empty() && called_.size() < limits::host_lookups_at_once_max;
    }
    void end(std::unordered_map<std::string, Pending>::iterator at, std::vector<Ready>& released) REQUIRES(mutex_);
    void note(const std::string& host, Answer answer, TimePoint now) REQUIRES(mutex_);
    bool has_work() const REQUIRES(mutex_) {
        return has_stopped_ || certificates_changed_ || !failures_.empty() || has_turn();
    }

    const HostCertificateTimes times_;
    Mutex mutex_;
    ConditionVariable changed_;
    bool has_stopped_ GUARDED_BY(mutex_) = false;
    bool certificates_changed_ GUARDED_BY(mutex_) = false;  // of exact hosts: their addresses have to be announced
    bool has_forgotten_ GUARDED_BY(mutex_) = false;         // a certificate was, since addresses were announced
    HostCertificateCache cache_ GUARDED_BY(mutex_){limits::host_certificates_max, limits::host_misses_max};
    std::unordered_map<std::string, Pending> pending_ GUARDED_BY(mutex_);
    std::deque<std::string> queue_ GUARDED_BY(mutex_);  // of `pending_`, not called yet
    std::vector<Called> called_ GUARDED_BY(mutex_);     // not answered yet; the first deadline in front
    std::vector<Failure> failures_ GUARDED_BY(mutex_);  // to be logged; others are dropped
    TokenBucket invented_ GUARDED_BY(mutex_);           // names that only a pattern covers
    std::uint64_t last_id_ GUARDED_BY(mutex_) = 0;
};

}  // namespace ferrotunnel::detail
