// Where clients reach the members of a cluster: told to all members as the shared values `public/MEMBER`, and to clients
// in welcomes.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "directory/cluster_values.hpp"
#include "ferrotunnel/cluster.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::detail {

/// For the addresses of all other members together: a welcome has at most 4 KiB, of which names and the rest need less
/// than two. 15 members have room for 136 bytes each; those that find none are named without an address.
inline constexpr std::size_t public_addresses_bytes_max = 2048;

class MemberAddresses {
public:
    /// Tells the others this member's address, if it has one. `values`: null if members share none.
    MemberAddresses(const Cluster& cluster, std::shared_ptr<directory::ClusterValues> values);

    /// Changes this member's address; empty: none. Not on two threads at once.
    void set_own(const std::string& address);

    /// This member, and the others of the list: those that have told their address with it. Thread-safe.
    wire::ClusterPart part() const;

private:
    std::string address_of(const std::string& member, std::size_t room) const;

    const std::string own_;
    const std::vector<std::string> others_;
    const std::shared_ptr<directory::ClusterValues> values_;
};

}  // namespace ferrotunnel::detail
