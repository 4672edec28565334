#include "simulation/cluster/cluster_etcd.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ferrotunnel::simulation {

using namespace std::chrono_literals;

namespace {

// Keys of the range: [first, last).
template <typename Keys>
auto in_range(Keys& keys, const etcd::KeyRange& range) {
    const auto first = keys.lower_bound(range.key);
    return std::pair(
        first, range.end.empty() ? keys.upper_bound(range.key) : keys.lower_bound(std::max(range.key, range.end)));
}

std::int64_t number_of(const etcd::KeyValue& key, etcd::Compare::Target target) {
    switch (target) {
        case etcd::Compare::Target::version:
            return key.version;
        case etcd::Compare::Target::created:
            return key.created;
        case etcd::Compare::Target::modified:
            return key.modified;
        case etcd::Compare::Target::lease:
            return key.lease;
        case etcd::Compare::Target::value:
            break;
    }
    throw ClusterFailure("the simulated etcd compares no values");
}

bool compares(std::int64_t number, const etcd::Compare& condition) {
    switch (condition.result) {
        case etcd::Compare::Result::equal:
            return number == condition.number;
        case etcd::Compare::Result::greater:
            return number > condition.number;
        case etcd::Compare::Result::less:
            return number < condition.number;
        case etcd::Compare::Result::not_equal:
            break;
    }
    return number != condition.number;
}

}  // namespace

// --- leases ----------------------------------------------------------------------------------------------------------

// Never early, and a little late.
TimePoint ClusterEtcd::end_of(std::chrono::seconds time) {
    return context_.events.now() + time + context_.between(0s, 1s);
}

ClusterEtcd::Result<etcd::LeaseAnswer> ClusterEtcd::grant(LeaseId lease, std::chrono::seconds time) {
    expire();
    if (!present_.leases.try_emplace(lease, Lease{time, end_of(time)}).second) {
        return etcd::Fault{etcd::Fault::Kind::lease_exists, "lease already exists"};
    }
    return etcd::LeaseAnswer{header(), time};
}

ClusterEtcd::Result<etcd::LeaseAnswer> ClusterEtcd::renew(LeaseId lease) {
    expire();
    const auto found = present_.leases.find(lease);
    if (found == present_.leases.end()) {
        return etcd::LeaseAnswer{header(), 0s};
    }
    found->second.ends = end_of(found->second.time);
    return etcd::LeaseAnswer{header(), found->second.time};
}

void ClusterEtcd::expire() {
    std::vector<LeaseId> ended;
    for (const auto& [id, lease] : present_.leases) {
        if (lease.ends <= context_.events.now()) {
            ended.push_back(id);
        }
    }
    for (const LeaseId id : ended) {
        end_lease(id);
    }
}

void ClusterEtcd::end_lease(LeaseId lease) {
    present_.leases.erase(lease);
    std::vector<etcd::KeyValue> gone;
    for (const auto& [name, key] : present_.keys) {
        if (key.lease == lease) {
            gone.push_back(key);
        }
    }
    present_.revision += gone.empty() ? 0 : 1;
    for (const etcd::KeyValue& key : gone) {
        present_.keys.erase(key.key);
        on_gone_(key, true);
    }
}

void ClusterEtcd::extend_leases() {
    for (auto& [id, lease] : present_.leases) {
        lease.ends = end_of(lease.time);
    }
}

void ClusterEtcd::end_leases(std::chrono::seconds longest) {
    const auto leases = present_.leases;
    for (const auto& [id, lease] : leases) {
        if (lease.time <= longest) {
            end_lease(id);
        }
    }
}

void ClusterEtcd::restore(bool is_other) {
    const State before = std::exchange(present_, saved_);
    cluster_ += is_other ? 1 : 0;
    extend_leases();
    for (const auto& [name, key] : before.keys) {
        if (!present_.keys.contains(name)) {
            on_gone_(key, true);
        }
    }
}

// --- transactions ----------------------------------------------------------------------------------------------------

bool ClusterEtcd::holds(const etcd::Compare& condition) const {
    const auto [first, last] = in_range(present_.keys, condition.keys);
    if (first == last) {
        return compares(0, condition);
    }
    return std::all_of(first, last, [&condition](const auto& entry) {
        return compares(number_of(entry.second, condition.target), condition);
    });
}

ClusterEtcd::Result<etcd::TransactionAnswer> ClusterEtcd::transact(const etcd::Transaction& request) {
    expire();
    etcd::TransactionAnswer answer;
    answer.succeeded = std::all_of(request.conditions.begin(), request.conditions.end(),
                                   [this](const etcd::Compare& condition) { return holds(condition); });
    const std::vector<etcd::Operation>& operations = answer.succeeded ? request.then : request.otherwise;
    bool writes = false;
    for (const etcd::Operation& operation : operations) {
        const auto* const put = std::get_if<etcd::Put>(&operation);
        if (put != nullptr && put->lease != 0 && !has_lease(put->lease)) {
            return etcd::Fault{etcd::Fault::Kind::lease_missing, "requested lease not found"};
        }
        const auto* const deletion = std::get_if<etcd::Delete>(&operation);
        const auto found = in_range(present_.keys, deletion != nullptr ? deletion->keys : etcd::KeyRange{});
        writes = writes || put != nullptr || (deletion != nullptr && found.first != found.second);
    }
    present_.revision += writes ? 1 : 0;
    for (const etcd::Operation& operation : operations) {
        answer.answers.push_back(carry_out(operation, present_.revision));
    }
    answer.header = header();
    return answer;
}

etcd::OperationAnswer ClusterEtcd::carry_out(const etcd::Operation& operation, etcd::Revision revision) {
    if (const auto* const put = std::get_if<etcd::Put>(&operation)) {
        etcd::KeyValue& key = present_.keys[put->key];
        key.key = put->key;
        key.value = put->value;
        key.created = key.version == 0 ? revision : key.created;
        key.modified = revision;
        ++key.version;
        key.lease = put->lease;
        context_.tell([&] { return "    etcd: " + key.key + " is put, lease " + std::to_string(key.lease % 10'000); });
        return etcd::PutAnswer{header()};
    }
    if (const auto* const read = std::get_if<etcd::Read>(&operation)) {
        return carry_out(*read);
    }
    const auto [first, last] = in_range(present_.keys, std::get<etcd::Delete>(operation).keys);
    const std::map<std::string, etcd::KeyValue> gone(first, last);
    present_.keys.erase(first, last);
    for (const auto& [name, key] : gone) {
        on_gone_(key, false);
    }
    return etcd::DeleteAnswer{header(), static_cast<std::int64_t>(gone.size())};
}

etcd::OperationAnswer ClusterEtcd::carry_out(const etcd::Read& read) const {
    etcd::ReadAnswer answer;
    answer.header = header();
    const auto [first, last] = in_range(present_.keys, read.keys);
    for (auto at = first; at != last && !answer.has_more; ++at) {
        answer.pairs.push_back(at->second);
        answer.has_more = answer.pairs.size() == static_cast<std::size_t>(read.limit) && std::next(at) != last;
    }
    return answer;
}

}  // namespace ferrotunnel::simulation
