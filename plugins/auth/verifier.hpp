// Checks passwords outside of the workers: correct ones are remembered for a while, and concurrent equal ones are
// checked once.
//
//   is_known --yes--> accepted  verify --> pending --pool--> correct: remembered, accepted
//                                  |--too many wait: 503       |-> wrong: counted, 401
//                                  |                           '-> displaced by a smaller share: 503
//                                  '--as many guesses of this user are pending as are left: 429
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "auth/auth_responder.hpp"
#include "auth/lockout.hpp"
#include "auth/password.hpp"
#include "common/digest.hpp"
#include "common/expiring_cache.hpp"
#include "common/work_pool.hpp"

namespace ferrotunnel::plugins {

/// Thread-safe. The work that it submits to a pool holds a reference to it.
class Verifier : public std::enable_shared_from_this<Verifier> {
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::size_t known_max = 16'384;
    static constexpr std::size_t pending_of_address_max = 32;  // of the pool's 256; IPv6: of one /64
    static constexpr std::size_t pending_of_client_max = 32;  // of one service that a client guards, of that pool's 256
    static constexpr std::size_t pending_as_pool_has_room = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t waiters_max = 1'024;  // for one check

    struct Attempt {
        std::string user;
        Password password;
        std::string hash;  // the user's, or another one for an unknown user
        bool is_user = false;
    };

    /// `known_for`: how long a correct password is remembered; 0: not at all. `pending_max`: its limit of checks on the
    /// pool, which it shares with others.
    Verifier(std::shared_ptr<const AuthResponder> responder, std::shared_ptr<Lockout> lockout,
             std::chrono::nanoseconds known_for, std::size_t pending_max = pending_as_pool_has_room);

    /// Whether `attempt` was found correct a short while ago. With another hash of the user it is another attempt.
    bool is_known(const Attempt& attempt, Time now);
    /// Checks `attempt` on the pool, and then decides.
    void verify(WorkPool& pool, Share share, Attempt attempt, std::string address, plugin::Later later);

private:
    struct Waiter {
        std::string address;
        plugin::Later later;
    };

    struct Check {
        std::string pair;  // the user and the address of the first attempt, as Lockout combines them
        std::vector<Waiter> waiters;
    };

    Digest digest_of(const Attempt& attempt) const;
    bool has_room(const std::string& address) const;
    bool has_guesses(const std::string& pair, Time now) const;
    /// Starts a check, or returns the rejection. `displaced` must be called without the lock.
    std::optional<plugin::Decision> begin(const Digest& digest, WorkPool& pool, Share share, Attempt attempt,
                                          const std::string& address, std::function<void()>& displaced);
    void give_up(const Digest& digest);
    std::vector<Waiter> take(const Digest& digest);
    std::vector<Waiter> finish(const Digest& digest, const std::string& user, bool is_right, Time now);
    void check(const Digest& digest, const Attempt& attempt);

    const std::shared_ptr<const AuthResponder> responder_;
    const std::shared_ptr<Lockout> lockout_;
    const std::chrono::nanoseconds known_for_;
    const std::size_t pending_max_;
    const KeyedDigest keyed_;
    std::mutex mutex_;  // guards what follows
    ExpiringCache<Digest, bool, DigestHash> cache_{known_max};
    std::unordered_map<Digest, Check, DigestHash> pending_;
};

}  // namespace ferrotunnel::plugins
