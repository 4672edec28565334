// Limits the memory for the bytes of all visitors, over all sessions of a client or server, in addition to each
// session's own budget.
//
//   beyond half of the limit    all sessions are tight: no window grows, new streams begin with small ones, send queues
//                               are short
//   beyond the limit            the token that holds most has to release the excess: its sessions reset the
//                               streams that held most for longest without progress
//   one token beyond its share  the same, only for its sessions; if there is one token, its share is the whole
//
// Nothing is counted here: sessions count the memory that they hold, and a check sums that up at intervals.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/log.hpp"
#include "base/mutex.hpp"
#include "mux/stream.hpp"
#include "runtime/timer.hpp"

namespace ferrotunnel::trunk {

/// Sums up the memory of all sessions and reclaims some of it; any thread.
class MemoryGovernor {
public:
    class Member;

    /// `tokens`: the number of tokens whose sessions may be here.
    explicit MemoryGovernor(std::uint64_t limit, std::size_t tokens = 1) noexcept
        : limit_(limit), share_(share_of(limit, tokens)) {}
    /// Sets the number of tokens, which determines the share of each.
    void set_tokens(std::size_t tokens) {
        const MutexLock lock(mutex_);
        share_ = share_of(limit_, tokens);
    }

    /// The result of a check, for the log.
    struct Survey {
        std::uint64_t held = 0;   // by all
        std::uint64_t asked = 0;  // bytes that `owner` has to release; 0: none
        std::string owner;        // the token that holds most
        bool busy = false;        // there are visitors: check again soon
    };
    /// Sums up what all sessions hold, and reclaims the excess.
    Survey survey();

    std::uint64_t limit() const noexcept { return limit_; }
    /// The bytes that all sessions hold now.
    std::uint64_t held() const;

private:
    struct Owner {
        std::size_t sessions = 0;
        std::uint64_t held = 0;  // as found by the last check
        bool tight = false;
    };
    using Owners = std::map<std::string, Owner>;

    static std::uint64_t share_of(std::uint64_t limit, std::size_t tokens) noexcept {
        return tokens > 1 ? limit / limits::memory_token_share : limit;
    }
    static bool is_tight(std::uint64_t held, std::uint64_t of, bool was) noexcept {
        return held > (was ? of / 8 * 3 : of / 2);
    }
    void sum_up() REQUIRES(mutex_);
    void request_reclaim(const Owner& owner, std::uint64_t excess) REQUIRES(mutex_);

    const std::uint64_t limit_;
    std::uint64_t share_;
    mutable Mutex mutex_;
    std::set<Member*> members_ GUARDED_BY(mutex_);
    Owners owners_ GUARDED_BY(mutex_);
    bool tight_ GUARDED_BY(mutex_) = false;
};

/// One session, which counts as long as this lives.
class MemoryGovernor::Member {
public:
    /// `owner`: the name of the session's token.
    Member(std::shared_ptr<MemoryGovernor> governor, IntrusivePtr<mux::SessionShared> session,
           const std::string& owner);
    ~Member();
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

private:
    friend class MemoryGovernor;

    const std::shared_ptr<MemoryGovernor> governor_;
    const IntrusivePtr<mux::SessionShared> session_;
    Owners::iterator owner_;
    std::uint64_t held_ = 0;  // as found by the last check
};

/// Makes a governor check all sessions at intervals, and logs when memory is short. Created on its worker; destroyed
/// there, or after the worker has stopped.
class MemoryWatch {
public:
    MemoryWatch(runtime::Worker& worker, std::shared_ptr<MemoryGovernor> governor, Logger& log);

private:
    void survey();

    runtime::Worker& worker_;
    const std::shared_ptr<MemoryGovernor> governor_;
    Logger& log_;
    TimePoint reported_at_{};
    bool reported_ = false;
    runtime::Timer timer_;
};

}  // namespace ferrotunnel::trunk
