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

struct ClusterValue {
    std::string text;
    std::string member{};  // that has set it
    Duration left{};       // until it ends by itself, from now; zero: it does not
};

/// A map of short texts, which every member has as a whole. Of two changes of one key, all members keep the later one;
/// a change reaches the linked members within a second, and others when they are linked. It is in memory only: when all
/// members have ended, it is empty. A value does not end with the member that has set it, also if that is removed from
/// the list of members. Thread-safe. Outlives all sessions.
class ClusterValues {
public:
    virtual ~ClusterValues() = default;

    /// `key`: "KIND/..." (docs/architecture/cluster.md lists the kinds), printable. `text`: any bytes. `lifetime`: the
    /// value ends by itself after it; zero: it does not. The same text again is a change too: it counts the lifetime
    /// from now. False, and nothing has changed: key or text is too long, or this member has set as much as it may.
    virtual bool set(const std::string& key, std::string text, Duration lifetime) = 0;
    /// Also a key that is not known here: another member may have it, and be out of reach. False: as above.
    virtual bool remove(const std::string& key) = 0;
    virtual std::optional<ClusterValue> get(const std::string& key) const = 0;
    /// Keys that begin so, in order, with their values.
    virtual std::vector<std::pair<std::string, ClusterValue>> all(const std::string& prefix) const = 0;

    /// Called for each change of a key that begins with `prefix`, by this member or another, and once for each that
    /// exists when it is added; in the order of changes of each key, on the first worker, without a lock. No value: it
    /// was removed, or its lifetime is over. Of changes that follow each other quickly, only the last may be reported.
    /// Never removed: it should hold its objects weakly.
    using Watcher = std::function<void(const std::string& key, const std::optional<ClusterValue>& value)>;
    virtual void watch(std::string prefix, Watcher watcher) = 0;

    /// The name of this member, and of the linked members.
    virtual std::string own_member() const = 0;
    virtual std::vector<std::string> linked_members() const = 0;
};

}  // namespace ferrotunnel::directory
