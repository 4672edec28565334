// Addresses from which other members have connected, so that strangers do not displace their next connections.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>

#include "base/mutex.hpp"
#include "net/host_port.hpp"
#include "runtime/address.hpp"

namespace ferrotunnel::peers {

/// Thread-safe. At most four addresses for each member, and one at which it is dialled.
class MemberSources {
public:
    /// The address at which a member is dialled is known before any connection from it. Names are not resolved.
    void add_configured(const std::string& member, const std::string& host) {
        if (const auto address = runtime::SocketAddress::from_ip(host, 0); address && !address->is_unspecified()) {
            const MutexLock lock(mutex_);
            configured_.insert_or_assign(member, address->ip());
        }
    }
    void forget(const std::string& member) {
        const MutexLock lock(mutex_);
        configured_.erase(member);
        learned_.erase(member);
    }
    /// The member has proved the cluster's key on a connection from this address with its port.
    void learn(const std::string& member, const std::string& from) {
        const std::optional<net::HostPort> address = net::parse_host_port(from);
        if (!address) {
            return;
        }
        const MutexLock lock(mutex_);
        Latest& latest = learned_[member];
        if (std::find(latest.begin(), latest.end(), address->host) == latest.end()) {
            std::rotate(latest.begin(), latest.end() - 1, latest.end());
            latest.front() = address->host;
        }
    }
    bool contains(const runtime::SocketAddress& from) const {
        const std::string ip = from.ip();
        const MutexLock lock(mutex_);
        return std::any_of(configured_.begin(), configured_.end(),
                           [&ip](const auto& member) { return member.second == ip; }) ||
               std::any_of(learned_.begin(), learned_.end(), [&ip](const auto& member) {
                   return std::find(member.second.begin(), member.second.end(), ip) != member.second.end();
               });
    }

private:
    using Latest = std::array<std::string, 4>;  // of IPv4 and IPv6, and of a machine that moves

    mutable Mutex mutex_;
    std::map<std::string, std::string> configured_ GUARDED_BY(mutex_);  // by member
    std::map<std::string, Latest> learned_ GUARDED_BY(mutex_);          // by member
};

}  // namespace ferrotunnel::peers
