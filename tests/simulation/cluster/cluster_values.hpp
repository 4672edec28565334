// Shared values of a simulated cluster: members set and remove them, and what each one has is checked.
//
//   - what a member has replaced, removed or seen end does not come back there while its process runs, unless the
//     process that has set it sets it again
//   - watchers are told of each change
//   - in the end all members have the same values, and none whose lifetime is over
//   - a key that is only ever set is not lost while a process that has set it runs
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "simulation/cluster/cluster_member.hpp"

namespace ferrotunnel::simulation {

class ClusterValues {
public:
    using Index = ClusterMember::Index;
    using MemberList = std::vector<std::unique_ptr<ClusterMember>>;

    ClusterValues(ClusterContext& context, const MemberList& members) : context_(context), members_(members) {}

    /// Some member changes some value.
    void act();
    /// The member reports that the key has changed.
    void changed(const ClusterMember& member, const std::string& key);

    /// When faults have ended and every link was good for some time.
    void check() const;
    /// A day later: what is kept is what is present.
    void check_kept() const;

private:
    using Incarnation = std::uint64_t;
    /// What one process has seen of one key.
    struct Seen {
        std::string present;  // empty: none
        std::set<std::string> gone;
    };
    struct Change {
        TimePoint ends = never;
        Incarnation by = 0;
    };

    void set(ClusterMember& member, const std::string& key);
    bool is_repeated(const std::string& key, const std::string& text) const;
    static std::string present(const ClusterMember& member, const std::string& key);
    void check_key(const std::string& key) const;
    bool is_set_by_running(const std::string& key) const;

    ClusterContext& context_;
    const MemberList& members_;
    std::map<std::pair<Incarnation, std::string>, Seen> seen_;
    std::map<std::string, Change> changes_;  // by its text, which is used once: "KEY NUMBER"
    std::uint64_t last_change_ = 0;
};

}  // namespace ferrotunnel::simulation
