#include "etcd_store/name_queues.hpp"

#include <algorithm>
#include <utility>

namespace ferrotunnel::etcd_store {

std::vector<Operation*> NameQueues::next_claims(TimePoint now) {
    end_pauses(now);
    std::vector<Operation*> claims;
    if (claim_calls_ == limits::claim_calls_max) {
        return claims;
    }
    const auto fits = [&claims](const Operation& next) {
        return claims.empty() ||
               (!next.is_alone && !claims.front()->is_alone && claims.size() < limits::claims_per_call &&
                std::none_of(claims.begin(), claims.end(), [&next](const Operation* other) {
                    return other->claimed.name.root() == next.claimed.name.root() &&
                           other->claimed.owner.token != next.claimed.owner.token;
                }));
    };
    while (!ready_claims_.empty()) {
        Operation& next = names_.find(ready_claims_.front())->second.front();
        if (!fits(next)) {
            break;
        }
        claims.push_back(&next);
        ready_claims_.pop_front();
    }
    claim_calls_ += claims.empty() ? 0U : 1U;
    return claims;
}

Operation* NameQueues::next_release(TimePoint now) {
    end_pauses(now);
    if (ready_releases_.empty() || releases_running_ == limits::releases_running_max) {
        return nullptr;
    }
    ++releases_running_;
    Operation* const release = &names_.find(ready_releases_.front())->second.front();
    ready_releases_.pop_front();
    return release;
}

Operation NameQueues::finished(const cluster::Name& name) {
    const auto of = names_.find(key_of(name));
    Operation operation = std::move(of->second.front());
    of->second.pop_front();
    ended(operation);
    --size_;
    if (of->second.empty()) {
        names_.erase(of);
    } else {
        make_ready(of->first);
    }
    return operation;
}

bool NameQueues::is_released(const cluster::Name& name) const {
    const std::deque<Operation>& of = names_.find(key_of(name))->second;
    return std::any_of(of.begin() + 1, of.end(), [&of](const Operation& behind) {
        return !behind.is_claim && behind.claimed == of.front().claimed;
    });
}

void NameQueues::again_behind(const cluster::Name& name, TimePoint when) {
    std::deque<Operation>& of = names_.find(key_of(name))->second;
    if (of.size() == 1) {
        return again_at(name, when);
    }
    ended(of.front());
    of.push_back(std::move(of.front()));
    of.pop_front();
    make_ready(key_of(name));
}

// The first of a name may be running or paused, then it is left where it is: its own answer comes soon.
std::vector<std::uint64_t> NameQueues::take_waiting_claims() {
    std::vector<std::uint64_t> requests;
    for (auto& [name, of] : names_) {
        std::deque<Operation> kept;
        for (Operation& operation : of) {
            if (operation.is_claim && !kept.empty()) {
                requests.push_back(operation.request);
                --size_;
            } else {
                kept.push_back(std::move(operation));
            }
        }
        of = std::move(kept);
    }
    for (std::deque<std::string> ready = std::exchange(ready_claims_, {}); const std::string& name : ready) {
        const cluster::Name of = names_.find(name)->second.front().claimed.name;
        requests.push_back(finished(of).request);
    }
    return requests;
}

void NameQueues::make_ready(std::string name) {
    (names_.find(name)->second.front().is_claim ? ready_claims_ : ready_releases_).push_back(std::move(name));
}

void NameQueues::end_pauses(TimePoint now) {
    while (!paused_.empty() && paused_.begin()->first <= now) {
        make_ready(std::move(paused_.extract(paused_.begin()).mapped()));
    }
}

}  // namespace ferrotunnel::etcd_store
