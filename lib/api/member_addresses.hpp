// Where clients reach the members of a cluster: shared by all members as the values `public/MEMBER`, and told to clients
// in welcomes.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "ferrotunnel/cluster.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::detail {

/// For the addresses of all other members together: a welcome has at most 4 KiB, of which names and the rest need less
/// than two. 15 members have room for 136 bytes each; those that find none are named without an address.
inline constexpr std::size_t public_addresses_bytes_max = 2048;

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
    std::string address_of(const std::string& member, std::size_t room) const;

    const std::string own_;
    const std::vector<std::string> others_;
    const std::shared_ptr<session::ServerShared> shared_;
};

}  // namespace ferrotunnel::detail
