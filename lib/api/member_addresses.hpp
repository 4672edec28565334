// Where clients reach the members of a cluster: shared by all members as the values `public/MEMBER`, and told to
// clients in welcomes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.hpp"

#include "ferrotunnel/cluster.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::detail {

/// Keeps ServerShared::cluster_part: limits::cluster_others_max others at most, those whose names follow that of this
/// member, so that each one is named by as many as any other one.
class MemberAddresses {
public:
    /// The names of the other members that are known now, in any order. Thread-safe.
    using Others = std::function<std::vector<std::string>()>;

    /// Before links exist. Without ServerShared::values, the others are named without addresses. `others`: none if they
    /// are those of the list.
    static std::shared_ptr<MemberAddresses> make(const Cluster& cluster, std::shared_ptr<session::ServerShared> shared,
                                                 Others others = {});

    /// Changes this member's address; empty: none. Not on two threads at once.
    void set_own(const std::string& address);
    /// The others have changed. Thread-safe.
    void publish();

private:
    MemberAddresses(const Cluster& cluster, std::shared_ptr<session::ServerShared> shared, Others others);
    std::vector<std::string> named() const;
    std::string address_of(const std::string& member) const;

    const std::string own_;
    const Others others_;
    const std::shared_ptr<session::ServerShared> shared_;
    Mutex mutex_;  // so that of two calls of publish() the later one stays
};

}  // namespace ferrotunnel::detail
