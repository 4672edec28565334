// Names of other members: collects which have changed, and reports their present routes in steps.
//
//   RegisterDriver --changed names, changed members--> RemoteNames --step(): a batch--> RouteWriter
//
// A member with 100,000 names that is linked or lost changes all of them: the table is walked in steps of
// 512 places, one for each turn of the worker. What is reported is always the present state, so
// several changes of one name are one. Private services are not reported: each visit looks them up.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "cluster/members.hpp"
#include "cluster/name.hpp"
#include "login/token.hpp"
#include "peers/register_driver.hpp"

namespace ferrotunnel::peers {

/// A host or a port, and where clients of other members have it.
struct RemoteName {
    cluster::Name name;
    login::TokenId owner{};
    wire::InstanceId party{};  // of the owner; zeros if nobody has the name
    /// That can be reached; of them, those with the best readiness.
    std::vector<cluster::MemberIndex> members{};
    /// Without members: the name is only out of reach, or reserved.
    bool is_known = false;
};

class RemoteNames final : public RouteEvents {
public:
    using Apply = std::function<void(const std::vector<RemoteName>&)>;

    /// `wake`: step() is to be called; any thread. `apply` is called by step().
    RemoteNames(std::shared_ptr<RegisterDriver> names, std::function<void()> wake, Apply apply)
        : names_(std::move(names)), wake_(std::move(wake)), apply_(std::move(apply)) {}

    /// Before the first step(), which calls it once: when all other members have reported their names, and these have
    /// been applied.
    void on_learned(std::function<void()> learned) { learned_ = std::move(learned); }

    // RouteEvents.
    void on_changed(const cluster::Name& name) override;
    void on_member_changed(cluster::MemberIndex member) override;
    /// Another member may get its place: what it has reported does not count for that. Any thread.
    void on_member_forgotten(cluster::MemberIndex member);

    /// On one thread: reports at most 512 changed names, or looks at as many places of the
    /// table. True if it is to be called again.
    bool step();

private:
    struct Hash {
        std::size_t operator()(const cluster::Name& name) const noexcept {
            return std::hash<std::string_view>()(name.encoded());
        }
    };
    /// Members whose names have all changed: a bit for each.
    using MemberSet = std::uint64_t;

    void collect();
    bool have_all_reported() const;
    std::vector<cluster::Name> take();
    std::vector<cluster::Name> walk();
    std::vector<RemoteName> look_up(const std::vector<cluster::Name>& names) const;
    RemoteName look_up(const cluster::Register& of, const cluster::Name& name, TimePoint now) const;

    const std::shared_ptr<RegisterDriver> names_;
    const std::function<void()> wake_;
    const Apply apply_;
    // Of the thread that calls step().
    std::function<void()> learned_;
    MemberSet reported_ = 0;           // have_reported_ at the last collect()
    std::deque<cluster::Name> batch_;  // collected, and not reported yet
    MemberSet walked_ = 0;             // by the present walk; 0: none
    std::size_t position_ = 0;         // of the walk in the table
    MemberSet to_walk_ = 0;
    mutable Mutex mutex_;
    std::unordered_set<cluster::Name, Hash> changed_ GUARDED_BY(mutex_);
    MemberSet changed_members_ GUARDED_BY(mutex_) = 0;
    MemberSet have_reported_ GUARDED_BY(mutex_) = 0;  // that have changed, and were not forgotten since
};

}  // namespace ferrotunnel::peers
