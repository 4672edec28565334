// Values that all members of a cluster share: kicked clients, revoked tokens, certificates, counts of quotas. A server
// alone has none of this.
//
//   kicks, tokens, certificates, quotas --set, remove--> ClusterValues (peers) --> the other members
//                                       <--watch-------
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace ferrotunnel::directory {

/// A map of short texts, which every member has as a whole. Of two changes of one key, all members keep the later one;
/// a change reaches the linked members within a second, and others when they are linked. It is in memory only: when all
/// members have ended, it is empty. Thread-safe. Outlives all sessions.
class ClusterValues {
public:
    virtual ~ClusterValues() = default;

    /// `key`: "KIND/..." (docs/architecture/cluster.md lists the kinds). `lifetime`: the value ends by itself after it;
    /// zero: it does not. False, and nothing has changed: key or value is too long, or this member has as many values
    /// as it may have.
    virtual bool set(const std::string& key, std::string value, Duration lifetime) = 0;
    virtual void remove(const std::string& key) = 0;
    virtual std::optional<std::string> get(const std::string& key) const = 0;
    /// Keys that begin so, in order, with their values.
    virtual std::vector<std::pair<std::string, std::string>> all(const std::string& prefix) const = 0;

    /// Called for each change of a key that begins with `prefix`, by this member or another, and once for each that
    /// exists when it is added; in the order of changes of each key, on the first worker, without a lock. No value: it
    /// was removed, or its lifetime is over. To be added before links exist; never removed.
    using Watcher = std::function<void(const std::string& key, const std::optional<std::string>& value)>;
    virtual void watch(std::string prefix, Watcher watcher) = 0;

    /// The name of this member, and of the linked members.
    virtual std::string own_member() const = 0;
    virtual std::vector<std::string> linked_members() const = 0;
};

}  // namespace ferrotunnel::directory
