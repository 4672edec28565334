// Where clients reach the members of a cluster: shared by all members as the values `public/MEMBER`, and told to
// clients in welcomes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ferrotunnel/cluster.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::detail {

/// Keeps ServerShared::cluster_part.
class MemberAddresses {
public:
    /// Before links exist. Without ServerShared::values, the others are named without addresses.
    static std::shared_ptr<MemberAddresses> make(const Cluster& cluster, std::shared_ptr<session::ServerShared> shared);

    /// Changes this member's address; empty: none. Not on two threads at once.
    void set_own(const std::string& address);

private:
    MemberAddresses(const Cluster& cluster, std::shared_ptr<session::ServerShared> shared);
    void publish() const;
    std::string address_of(const std::string& member) const;

    const std::string own_;
    const std::vector<std::string> others_;
    const std::shared_ptr<session::ServerShared> shared_;
};

}  // namespace ferrotunnel::detail
