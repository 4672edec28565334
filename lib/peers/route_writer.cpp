#include "peers/route_writer.hpp"

#include <map>

#include "peers/claim_names.hpp"

namespace ferrotunnel::peers {
namespace {

constexpr LogCategory route_lines{"routes to other members"};

}  // namespace

void RouteWriter::apply(const std::vector<RemoteName>& names, TimePoint now) {
    std::vector<directory::RemoteHost> hosts;
    std::map<std::vector<cluster::MemberIndex>, std::shared_ptr<directory::HttpService>> services;
    for (const RemoteName& name : names) {
        if (name.name.kind() != cluster::Name::Kind::host) {
            apply_port(name, now);
            continue;
        }
        directory::ClaimName host = claim_name(name.name);
        directory::RemoteHost remote{std::move(host.host), std::move(host.path), name.owner, nullptr, name.is_known};
        if (!name.members.empty()) {
            std::shared_ptr<directory::HttpService>& service = services[name.members];
            service = service ? service : needs_.service(name.members);
            remote.service = service;
        }
        hosts.push_back(std::move(remote));
    }
    if (!hosts.empty()) {
        apply_hosts(hosts, now);
    }
}

void RouteWriter::apply_hosts(const std::vector<directory::RemoteHost>& hosts, TimePoint now) {
    const std::size_t ignored = needs_.set_hosts(hosts);
    if (ignored != 0 && needs_.log.may_write(LogLevel::warn, route_lines, now)) {
        needs_.log.warn("hosts of other members are not routed here: too many paths, or another version's",
                        {{"hosts", ignored}});
    }
}

void RouteWriter::apply_port(const RemoteName& name, TimePoint now) {
    const directory::ClaimName port = claim_name(name.name);
    directory::RemotePort remote{port.transport, port.port, name.owner, name.party, {}};
    for (const cluster::MemberIndex member : name.members) {
        remote.carriers.push_back(needs_.carrier(member));
    }
    const std::error_code error = needs_.set_port(remote);
    const bool is_partial = error && !remote.carriers.empty();
    bool is_changed = false;
    {
        const MutexLock lock(mutex_);
        is_changed = is_partial ? partial_.insert(name.name).second : partial_.erase(name.name) != 0;
    }
    if (is_partial || is_changed) {
        needs_.report(name.name, is_partial ? std::optional(error.message()) : std::nullopt);
    }
    if (is_partial && is_changed && needs_.log.may_write(LogLevel::warn, route_lines, now)) {
        needs_.log.warn("this server cannot listen on a port of another member, which serves its own visitors only",
                        {{"port", port.port},
                         {"transport", port.transport == directory::Transport::udp ? "udp" : "tcp"},
                         {"error", error.message()}});
    }
}

std::set<cluster::Name> RouteWriter::partial_ports() const {
    const MutexLock lock(mutex_);
    return partial_;
}

bool RouteWriter::has_partial_ports() const {
    const MutexLock lock(mutex_);
    return !partial_.empty();
}

}  // namespace ferrotunnel::peers
