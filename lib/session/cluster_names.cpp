#include "session/cluster_names.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace ferrotunnel::session {

ClusterNames::Use::Use(std::shared_ptr<ClusterNames> names, directory::ClusterClaims& claims,
                       const directory::ClientId& owner)
    : of_(std::move(names)), claims_(claims), owner_(owner) {}

ClusterNames::Use::~Use() {
    {
        const MutexLock lock(of_->mutex_);
        count_out();
        std::erase_if(entries_, [this](const Entries::iterator at) REQUIRES(of_->mutex_) {
            const bool is_last = --at->second.uses == 0;
            if (is_last) {
                of_->entries_.erase(at);
            }
            return is_last;
        });
        try {
            queue_reports();
        } catch (const std::exception&) {  // without memory others prefer this server for longer, or for a shorter time
        }
    }
    of_->report(claims_);
}

std::vector<directory::ClaimName> ClusterNames::Use::names() const {
    std::vector<directory::ClaimName> names;
    for (const Entries::iterator entry : entries_) {
        names.push_back(std::get<0>(entry->first));
    }
    return names;
}

void ClusterNames::Use::set_readiness(Readiness readiness) {
    {
        const MutexLock lock(of_->mutex_);
        if (readiness_ == readiness) {
            return;
        }
        count_out();
        for (const Entries::iterator at : entries_) {
            ++at->second.ready.at(static_cast<std::size_t>(readiness));
        }
        readiness_ = readiness;
        queue_reports();
    }
    of_->report(claims_);
}

void ClusterNames::Use::count_out() noexcept {
    for (const Entries::iterator at : entries_) {
        if (readiness_) {
            --at->second.ready.at(static_cast<std::size_t>(*readiness_));
        }
    }
    readiness_.reset();
}

void ClusterNames::Use::queue_reports() {
    for (const Entries::iterator at : entries_) {
        Entry& entry = at->second;
        const auto best = std::find_if(entry.ready.begin(), entry.ready.end(), [](std::size_t uses) { return uses; });
        const auto readiness = static_cast<Readiness>(best - entry.ready.begin());
        if (best != entry.ready.end() && entry.reported != readiness) {
            of_->reports_.emplace_back(std::get<0>(at->first), readiness);
            entry.reported = readiness;
        }
    }
}

// The cluster may have other things to do in the call, so the lock is not held.
void ClusterNames::report(directory::ClusterClaims& claims) noexcept {
    ReleasableLock lock(mutex_);
    if (is_reporting_) {
        return;  // that thread reports these, too
    }
    is_reporting_ = true;
    while (!reports_.empty()) {
        const auto [name, readiness] = std::move(reports_.front());
        reports_.pop_front();
        lock.unlock();
        try {
            claims.set_readiness({name}, readiness);
        } catch (const std::exception&) {  // as in ~Use
        }
        lock.lock();
    }
    is_reporting_ = false;
}

std::vector<std::unique_ptr<ClusterNames::Use>> ClusterNames::use(directory::ClusterClaims& claims,
                                                                  const std::vector<directory::ClaimName>& names,
                                                                  const directory::ClientId& own, std::uint64_t terms) {
    std::vector<std::unique_ptr<Use>> uses;
    const MutexLock lock(mutex_);
    for (const directory::ClaimName& name : names) {
        const auto at = entries_.try_emplace({name, own.first, terms}, Entry{own}).first;
        auto part =
            std::find_if(uses.begin(), uses.end(), [&](const auto& one) { return one->owner_ == at->second.owner; });
        if (part == uses.end()) {
            part = uses.insert(part, std::make_unique<Use>(shared_from_this(), claims, at->second.owner));
        }
        (*part)->entries_.push_back(at);
        ++at->second.uses;
    }
    return uses;
}

std::size_t ClusterNames::size() const {
    const MutexLock lock(mutex_);
    return entries_.size();
}

}  // namespace ferrotunnel::session
