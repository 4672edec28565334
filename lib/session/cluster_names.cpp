#include "session/cluster_names.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace ferrotunnel::session {

ClusterNames::Use::Use(std::shared_ptr<ClusterNames> names, directory::ClusterClaims& claims,
                       const directory::ClientId& owner)
    : of_(std::move(names)), claims_(claims), owner_(owner) {}

ClusterNames::Use::~Use() {
    const MutexLock lock(of_->mutex_);
    count_out();
    std::erase_if(entries_, [this](const Entries::iterator at) {
        const bool is_last = --at->second.uses == 0;
        if (is_last) {
            of_->entries_.erase(at);
        }
        return is_last;
    });
    try {
        report();
    } catch (const std::exception&) {  // without memory others prefer this server for longer, or for a shorter time
    }
}

std::vector<directory::ClaimName> ClusterNames::Use::names() const {
    std::vector<directory::ClaimName> names;
    for (const Entries::iterator entry : entries_) {
        names.push_back(std::get<0>(entry->first));
    }
    return names;
}

void ClusterNames::Use::set_readiness(Readiness readiness) {
    const MutexLock lock(of_->mutex_);
    if (readiness_ == readiness) {
        return;
    }
    count_out();
    for (const Entries::iterator at : entries_) {
        ++at->second.ready.at(static_cast<std::size_t>(readiness));
    }
    readiness_ = readiness;
    report();
}

void ClusterNames::Use::count_out() noexcept {
    for (const Entries::iterator at : entries_) {
        if (readiness_) {
            --at->second.ready.at(static_cast<std::size_t>(*readiness_));
        }
    }
    readiness_.reset();
}

// The lock is held: two changes at the same time are reported in their order.
void ClusterNames::Use::report() {
    for (const Entries::iterator at : entries_) {
        Entry& entry = at->second;
        const auto best = std::find_if(entry.ready.begin(), entry.ready.end(), [](std::size_t uses) { return uses; });
        const auto readiness = static_cast<Readiness>(best - entry.ready.begin());
        if (best != entry.ready.end() && std::exchange(entry.reported, readiness) != readiness) {
            claims_.set_readiness({std::get<0>(at->first)}, readiness);
        }
    }
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
