#include "auth/verifier.hpp"

#include <algorithm>
#include <exception>
#include <set>
#include <string_view>
#include <utility>

#include "auth/password_hash.hpp"
#include "common/scope_exit.hpp"

namespace ferrotunnel::plugins {

using plugin::Decision;
using plugin::Exchange;

namespace {

Decision busy() {
    return Decision::reject(503, "auth_busy", {{"Retry-After", "1"}});
}

}  // namespace

Verifier::Verifier(std::shared_ptr<const AuthResponder> responder, std::shared_ptr<Lockout> lockout,
                   std::chrono::nanoseconds known_for, std::size_t pending_max)
    : responder_(std::move(responder)),
      lockout_(std::move(lockout)),
      known_for_(known_for),
      pending_max_(pending_max) {}

Digest Verifier::digest_of(const Attempt& attempt) const {
    return keyed_.of({attempt.user, attempt.password.text(), attempt.hash, attempt.is_user ? "user" : ""});
}

bool Verifier::is_known(const Attempt& attempt, Time now) {
    if (!attempt.is_user || known_for_.count() == 0) {
        return false;
    }
    const Digest digest = digest_of(attempt);
    const std::lock_guard lock(mutex_);
    return cache_.find(digest, now) != nullptr;
}

// One address must not fill the queue for all others, nor may one of many services.
bool Verifier::has_room(const std::string& address) const {
    if (pending_.size() >= pending_max_) {
        return false;
    }
    const std::string place = Lockout::pair_of({}, address);
    const auto begun = std::count_if(pending_.begin(), pending_.end(), [&](const auto& each) {
        const std::vector<Waiter>& waiters = each.second.waiters;
        return !waiters.empty() && Lockout::pair_of({}, waiters.front().address) == place;
    });
    return static_cast<std::size_t>(begun) < pending_of_address_max;
}

// Guesses are counted when they turn out wrong: pending ones must not exceed those that are left, or a burst of them
// would pass.
bool Verifier::has_guesses(const std::string& pair, Time now) const {
    const auto begun =
        std::count_if(pending_.begin(), pending_.end(), [&](const auto& each) { return each.second.pair == pair; });
    return static_cast<std::size_t>(begun) < lockout_->guesses_left(pair, now);
}

std::optional<Decision> Verifier::begin(const Digest& digest, WorkPool& pool, Share share, Attempt attempt,
                                        const std::string& address, std::function<void()>& displaced) {
    std::string pair = Lockout::pair_of(attempt.user, address);
    if (!has_guesses(pair, std::chrono::steady_clock::now())) {
        return Decision::reject(429, "auth_locked", {{"Retry-After", "1"}});
    }
    const auto work = [self = shared_from_this(), digest, kept = std::make_shared<Attempt>(std::move(attempt))] {
        self->check(digest, *kept);
    };
    if (!has_room(address)) {
        return busy();
    }
    WorkPool::Work submitted{work, [self = shared_from_this(), digest] { self->give_up(digest); }};
    // Stored before submit(): after that, no allocation may fail.
    pending_[digest].pair = std::move(pair);
    bool is_taken = false;
    const ScopeExit forget([&] {
        if (!is_taken) {
            pending_.erase(digest);
        }
    });
    WorkPool::Outcome outcome = pool.submit(share, std::move(submitted));
    displaced = std::move(outcome.displaced);
    is_taken = outcome.is_taken;
    return is_taken ? std::nullopt : std::optional(busy());
}

void Verifier::give_up(const Digest& digest) {
    std::unique_lock lock(mutex_);
    std::vector<Waiter> waiters = take(digest);
    lock.unlock();
    for (Waiter& waiter : waiters) {
        std::move(waiter.later).decide(busy());
    }
}

void Verifier::verify(WorkPool& pool, Share share, Attempt attempt, std::string address, plugin::Later later) {
    const Digest digest = digest_of(attempt);
    std::optional<Decision> refusal;
    std::function<void()> displaced;
    const ScopeExit tell_displaced([&displaced] {
        if (displaced) {
            displaced();
        }
    });
    {
        const std::lock_guard lock(mutex_);
        const auto found = pending_.find(digest);
        if (found == pending_.end()) {
            refusal = begin(digest, pool, share, std::move(attempt), address, displaced);
        } else if (found->second.waiters.size() >= waiters_max) {
            refusal = busy();
        }
        if (!refusal) {
            pending_[digest].waiters.push_back({std::move(address), std::move(later)});
        }
    }
    if (refusal) {
        std::move(later).decide(std::move(*refusal));
    }
}

std::vector<Verifier::Waiter> Verifier::take(const Digest& digest) {
    const auto found = pending_.find(digest);
    std::vector<Waiter> waiters;
    if (found != pending_.end()) {
        waiters = std::move(found->second.waiters);
        pending_.erase(found);
    }
    return waiters;
}

// Pending guesses are counted together with the removal, so that no further guess is let through in between.
std::vector<Verifier::Waiter> Verifier::finish(const Digest& digest, const std::string& user, bool is_right, Time now) {
    const std::lock_guard lock(mutex_);
    if (is_right && known_for_.count() > 0) {
        cache_.put(digest, true, now + known_for_);
    }
    std::vector<Waiter> waiters = take(digest);
    std::set<std::string_view> addresses;
    for (const Waiter& waiter : waiters) {
        if (!addresses.insert(waiter.address).second) {
            continue;
        }
        if (is_right) {
            lockout_->succeeded(user, waiter.address);
        } else {
            lockout_->failed(user, waiter.address, now);
        }
    }
    return waiters;
}

void Verifier::check(const Digest& digest, const Attempt& attempt) {
    bool is_right = false;
    try {
        is_right = verify_password(attempt.hash, attempt.password.text()) && attempt.is_user;
    } catch (const std::exception&) {  // no memory: fails for all who wait
        std::unique_lock lock(mutex_);
        const std::vector<Waiter> waiters = take(digest);
        lock.unlock();
        return;
    }
    for (Waiter& waiter : finish(digest, attempt.user, is_right, std::chrono::steady_clock::now())) {
        if (is_right) {
            std::move(waiter.later).resume([responder = responder_, user = attempt.user](Exchange& exchange) {
                return responder->admit(exchange, user, "Authorization");
            });
        } else {
            std::move(waiter.later).decide(responder_->refuse("auth_failed"));
        }
    }
}

}  // namespace ferrotunnel::plugins
