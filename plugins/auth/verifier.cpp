#include "auth/verifier.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <exception>
#include <set>
#include <utility>

#include "auth/password_hash.hpp"

namespace ferrotunnel::plugins {

using plugin::Decision;
using plugin::Exchange;

Verifier::Verifier(std::shared_ptr<const Gate> gate, std::shared_ptr<Lockout> lockout,
                   std::chrono::nanoseconds known_for, std::size_t pending_max)
    : gate_(std::move(gate)), lockout_(std::move(lockout)), known_for_(known_for), pending_max_(pending_max) {}

Digest Verifier::digest_of(const Attempt& attempt) const {
    return keyed_.of({attempt.user, attempt.password, attempt.hash, attempt.is_user ? "user" : ""});
}

bool Verifier::is_known(const Attempt& attempt, Time now) {
    if (!attempt.is_user || known_for_.count() == 0) {
        return false;
    }
    const Digest digest = digest_of(attempt);
    const std::lock_guard lock(mutex_);
    return known_.find(digest, now) != nullptr;
}

// One address must not fill the queue for all others, and neither must one service of many.
bool Verifier::may_begin(const std::string& address) const {
    if (pending_.size() >= pending_max_) {
        return false;
    }
    const auto begun = std::count_if(pending_.begin(), pending_.end(), [&](const auto& each) {
        return !each.second.empty() && each.second.front().address == address;
    });
    return static_cast<std::size_t>(begun) < pending_of_address_max;
}

void Verifier::verify(WorkPool& pool, Attempt attempt, std::string address, plugin::Later later) {
    const Digest digest = digest_of(attempt);
    const auto work = [self = shared_from_this(), digest, kept = std::make_shared<Attempt>(std::move(attempt))] {
        self->check(digest, *kept);
    };
    bool is_taken = false;
    {
        const std::lock_guard lock(mutex_);
        const auto found = pending_.find(digest);
        is_taken =
            found != pending_.end() ? found->second.size() < waiters_max : may_begin(address) && pool.submit(work);
        if (is_taken) {
            pending_[digest].push_back({std::move(address), std::move(later)});
        }
    }
    if (!is_taken) {
        std::move(later).decide(Decision::reject(503, "auth_busy", {{"Retry-After", "1"}}));
    }
}

std::vector<Verifier::Waiter> Verifier::take(const Digest& digest) {
    const std::lock_guard lock(mutex_);
    const auto found = pending_.find(digest);
    std::vector<Waiter> waiters;
    if (found != pending_.end()) {
        waiters = std::move(found->second);
        pending_.erase(found);
    }
    return waiters;
}

void Verifier::check(const Digest& digest, Attempt& attempt) {
    bool is_right = false;
    try {
        is_right = verify_password(attempt.hash, attempt.password) && attempt.is_user;
    } catch (const std::exception&) {  // no memory: a failure for all who wait
        (void)take(digest);
        return;
    }
    OPENSSL_cleanse(attempt.password.data(), attempt.password.size());
    const Time now = std::chrono::steady_clock::now();
    if (is_right && known_for_.count() > 0) {
        const std::lock_guard lock(mutex_);
        known_.put(digest, true, now + known_for_);
    }
    std::set<std::string> addresses;
    for (Waiter& waiter : take(digest)) {
        const bool is_new = addresses.insert(waiter.address).second;
        if (is_right) {
            if (is_new) {
                lockout_->succeeded(attempt.user, waiter.address);
            }
            std::move(waiter.later).resume([gate = gate_, user = attempt.user](Exchange& exchange) {
                return gate->admit(exchange, user, "Authorization");
            });
        } else {
            if (is_new) {
                lockout_->failed(attempt.user, waiter.address, now);
            }
            std::move(waiter.later).decide(gate_->refuse("auth_failed"));
        }
    }
}

}  // namespace ferrotunnel::plugins
