#include "issuance/status_board.hpp"

#include <algorithm>
#include <utility>

#include "fetch/message.hpp"

namespace ferrotunnel::issuance {

std::string host_of_ca(std::string_view directory_url) {
    const auto url = fetch::read_url(directory_url);
    return url ? url->at.host : std::string(directory_url);
}

NameStatus status_of(const NameEntry& entry) {
    NameStatus status;
    status.name = entry.name;
    status.state = entry.is_running || !entry.ordered_by.empty() ? NameStatus::State::ordering
                   : entry.chain && entry.failures == 0          ? NameStatus::State::valid
                   : entry.is_hint                               ? NameStatus::State::optional
                                                                 : NameStatus::State::waiting;
    if (entry.chain) {
        status.certificate_authority = host_of_ca(entry.saved.directory);
        status.way = entry.saved.way;
        status.not_after = entry.chain->not_after;
        status.member = entry.saved.member;
    }
    if (!entry.ordered_by.empty()) {
        status.member = entry.ordered_by;
    }
    const bool is_put_away = !entry.is_ready && entry.due > std::min(entry.next, entry.window_next);
    if (!entry.is_running && !is_put_away && entry.next != wall_never) {
        status.next = entry.next;
    }
    status.failures = entry.failures;
    status.attempts = entry.attempts;
    status.problem = entry.problem;
    status.is_at_staging = entry.is_at_staging;
    return status;
}

// A name that is neither ordered nor has a certificate, as another one serves it, is not shown.
void StatusBoard::set(const NameEntry& entry) {
    const bool is_idle = entry.is_new() && !entry.is_running && !entry.is_ready && entry.due == wall_never;
    if ((is_idle && entry.failures == 0) || (entry.is_new() && entry.is_served)) {
        remove(entry.name);
        return;
    }
    NameStatus status = status_of(entry);
    const MutexLock lock(mutex_);
    names_.insert_or_assign(entry.name, std::move(status));
}

void StatusBoard::remove(const std::string& name) {
    const MutexLock lock(mutex_);
    names_.erase(name);
}

void StatusBoard::set_accounts(std::vector<AccountStatus> accounts) {
    const MutexLock lock(mutex_);
    accounts_ = std::move(accounts);
}

void StatusBoard::count(std::uint64_t orders, std::uint64_t failures) {
    const MutexLock lock(mutex_);
    orders_ += orders;
    failures_ += failures;
}

Status StatusBoard::status() const {
    Status status;
    const MutexLock lock(mutex_);
    status.names.reserve(names_.size());
    for (const auto& [name, one] : names_) {
        status.names.push_back(one);
    }
    status.accounts = accounts_;
    status.orders = orders_;
    status.failures = failures_;
    return status;
}

std::string StatusBoard::known_name(std::string_view name) const {
    const std::string wildcard = "*." + std::string(name);
    const MutexLock lock(mutex_);
    return names_.contains(name) ? std::string(name) : names_.contains(wildcard) ? wildcard : std::string();
}

}  // namespace ferrotunnel::issuance
