#include "directory/offline_hosts.hpp"

#include <iterator>

namespace ferrotunnel::directory {

void OfflineHosts::add(Entry entry) {
    const auto [added, is_new] = entries_.insert(std::move(entry));
    if (is_new) {
        OfOwner& its = owners_[added->owner];
        its.insert(&*added);
        count_changes(added->owner, its.size() - 1, its.size());
    }
}

void OfflineHosts::remove(const Entry& entry) {
    if (auto found = entries_.find(entry); found != entries_.end()) {
        take(*found);
    }
}

std::optional<OfflineHosts::Entry> OfflineHosts::take_since(TimePoint then) {
    if (entries_.empty() || entries_.begin()->since > then) {
        return std::nullopt;
    }
    return take(*entries_.begin());
}

std::optional<OfflineHosts::Entry> OfflineHosts::evict_surplus(std::size_t most, const login::TokenId& comer) {
    if (entries_.size() <= most) {
        return std::nullopt;
    }
    const auto& [largest, owner] = *std::prev(counts_.end());
    const auto its = owners_.find(counts_.contains({largest, comer}) ? comer : owner);
    return take(**its->second.begin());
}

OfflineHosts::Entry OfflineHosts::take(const Entry& entry) {
    const auto owner = owners_.find(entry.owner);
    OfOwner& its = owner->second;
    its.erase(&entry);
    count_changes(entry.owner, its.size() + 1, its.size());
    if (its.empty()) {
        owners_.erase(owner);
    }
    return std::move(entries_.extract(entry).value());
}

void OfflineHosts::count_changes(const login::TokenId& owner, std::size_t from, std::size_t to) {
    counts_.erase({from, owner});
    if (to > 0) {
        counts_.insert({to, owner});
    }
}

void AssignedHosts::remember(const login::TokenId& token, const std::string& service, const std::string& host) {
    const Key key{token, service};
    forget(host);
    if (auto before = hosts_.find(key); before != hosts_.end()) {
        services_.erase(before->second);
    }
    hosts_.insert_or_assign(key, host);
    services_.insert_or_assign(host, key);
}

void AssignedHosts::forget(const std::string& host) {
    if (auto found = services_.find(host); found != services_.end()) {
        hosts_.erase(found->second);
        services_.erase(found);
    }
}

const std::string* AssignedHosts::find(const login::TokenId& token, const std::string& service) const {
    const auto found = hosts_.find({token, service});
    return found == hosts_.end() ? nullptr : &found->second;
}

}  // namespace ferrotunnel::directory
