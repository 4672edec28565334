// Addresses from which other members have connected, so that strangers do not displace their next connections.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>

#include "base/mutex.hpp"
#include "runtime/address.hpp"

namespace ferrotunnel::peers {

/// Thread-safe. Few for each member of the list, so it has a bound.
class MemberAddresses {
public:
    /// An address of the list: nobody has to connect from it first. Names are not resolved for this.
    void add_configured(const std::string& host) {
        if (const auto address = runtime::SocketAddress::from_ip(host, 0); address && !address->is_unspecified()) {
            const MutexLock lock(mutex_);
            configured_.insert(address->ip());
        }
    }
    /// The member has proved the cluster's key on a connection from this address with its port.
    void learn(const std::string& member, const std::string& from) {
        const std::string ip =
            from.substr(from.front() == '[' ? 1 : 0, from.rfind(':') - (from.front() == '[' ? 2 : 0));
        const MutexLock lock(mutex_);
        Latest& latest = learned_[member];
        if (std::find(latest.begin(), latest.end(), ip) == latest.end()) {
            std::rotate(latest.begin(), latest.end() - 1, latest.end());
            latest.front() = ip;
        }
    }
    bool contains(const runtime::SocketAddress& from) const {
        const std::string ip = from.ip();
        const MutexLock lock(mutex_);
        return configured_.contains(ip) || std::any_of(learned_.begin(), learned_.end(), [&ip](const auto& member) {
                   return std::find(member.second.begin(), member.second.end(), ip) != member.second.end();
               });
    }

private:
    using Latest = std::array<std::string, 4>;  // of IPv4 and IPv6, and of a machine that moves

    mutable Mutex mutex_;
    std::set<std::string> configured_ GUARDED_BY(mutex_);
    std::map<std::string, Latest> learned_ GUARDED_BY(mutex_);  // by member
};

}  // namespace ferrotunnel::peers
