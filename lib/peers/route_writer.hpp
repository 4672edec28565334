// Routes of other members' names, written into this server's directory of hosts and its table of ports.
//
//   RemoteNames --batch--> RouteWriter --hosts, in one change--> HttpDirectory::set_remote
//                              '--------ports, one by one------> PortTable::set_remote
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/mutex.hpp"
#include "directory/remote_route.hpp"
#include "peers/remote_names.hpp"

namespace ferrotunnel::peers {

class RouteWriter {
public:
    struct Needs {
        /// The service that these members carry, and the carrier of one's ports.
        std::function<std::shared_ptr<directory::HttpService>(const std::vector<cluster::MemberIndex>&)> service;
        std::function<std::shared_ptr<directory::VisitorCarrier>(cluster::MemberIndex)> carrier;
        /// Returns how many of them are not routed here.
        std::function<std::size_t(const std::vector<directory::RemoteHost>&)> set_hosts;
        /// The error if this server cannot listen there.
        std::function<std::error_code(const directory::RemotePort&)> set_port;
        /// The reason, each time that this has failed; nothing when the port is not partial any more.
        std::function<void(const cluster::Name&, const std::optional<std::string>& why)> report;
        Logger& log;
    };
    explicit RouteWriter(Needs needs) : needs_(std::move(needs)) {}

    /// On the first worker.
    void apply(const std::vector<RemoteName>& names, TimePoint now);
    /// Ports that other members have, and that cannot be opened here. Any thread.
    std::set<cluster::Name> partial_ports() const;
    bool has_partial_ports() const;

private:
    void apply_hosts(const std::vector<directory::RemoteHost>& hosts, TimePoint now);
    void apply_port(const RemoteName& name, TimePoint now);

    const Needs needs_;
    mutable Mutex mutex_;
    std::set<cluster::Name> partial_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::peers
