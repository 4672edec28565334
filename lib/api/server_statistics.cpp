#include "api/server_statistics.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "api/statistics.hpp"
#include "base/clock.hpp"
#include "net/ip_text.hpp"

namespace ferrotunnel::detail {

namespace {

/// The index of each service of a tunnel, by endpoint and name.
using ServicePlaces = std::map<std::pair<std::string, std::string>, std::size_t>;

TunnelInfo::Service::Member::State state_of(const directory::GroupMember& member) {
    using From = directory::GroupMember::State;
    using To = TunnelInfo::Service::Member::State;
    switch (member.state()) {
        case From::takes_visitors:
            break;
        case From::standby:
            return To::standby;
        case From::unhealthy:
            return To::unhealthy;
        case From::ejected:
            return To::ejected;
        case From::draining:
            return To::draining;
        case From::waiting:
            return To::waiting;
    }
    return To::takes_visitors;
}

// Adds a service of another trunk. `leaving`: the trunk no longer carries it.
void add_service(TunnelInfo& info, ServicePlaces& places, const session::SessionView::Service& service, bool leaving) {
    const auto streams = static_cast<std::uint32_t>(service.traffic->visitors_now.load());
    const std::uint64_t visits = service.http ? 0 : service.traffic->visitors.load();
    const auto [known, is_new] = places.try_emplace({service.endpoint, service.name}, info.services.size());
    if (!is_new) {
        info.services[known->second].streams += streams;
        info.services[known->second].visits += visits;
        info.services[known->second].draining = info.services[known->second].draining && leaving;
        return;
    }
    const std::uint64_t requests = service.http ? service.http->requests() : 0;  // over all its trunks
    TunnelInfo::Service& added = info.services.emplace_back();
    added.name = service.name;
    added.endpoint = service.endpoint;
    added.streams = streams;
    added.requests = requests;
    added.visits = service.http ? requests : visits;
    if (service.http) {
        const std::vector<std::string>& hosts = service.http->description().hosts;
        added.more_hosts.assign(hosts.begin() + (hosts.empty() ? 0 : 1), hosts.end());
    }
    added.unhealthy = service.unhealthy;
    added.why_unhealthy = service.why_unhealthy;
    added.draining = leaving;
    if (service.member) {
        added.member = {service.group, state_of(*service.member), service.member->visitors(),
                        service.member->visitors_open()};
    }
    if (service.row) {
        const metrics::ServiceSums sums = service.row->sums();
        added.bytes_received = sums.received;
        added.bytes_sent = sums.sent;
        added.bytes_from_visitors = sums.sent;
        added.bytes_to_visitors = sums.received;
        for (const metrics::TopVisitor& one : service.row->heaviest_visitors()) {
            added.top_visitors.push_back(
                {net::ip_text(one.from) + (one.from.family == 6 ? "/64" : ""), one.visits, one.bytes});
        }
    }
}

// Adds another trunk of a tunnel.
void add_trunk(TunnelInfo& info, ServicePlaces& places, const session::SessionView& view) {
    if (info.client.empty() || view.since < info.since) {
        info.client = view.peer;
        info.agent = view.agent;
        info.tls = view.tls;
        info.token_name = view.token_name;
        info.name = view.name;
        info.metadata = view.metadata;
        info.since = view.since;
    }
    info.connections += view.retired ? 0U : 1U;
    if (view.detached_since != TimePoint{}) {
        ++info.waiting;
        info.waiting_for =
            std::max(info.waiting_for,
                     std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - view.detached_since));
    }
    for (const session::SessionView::Service& service : view.services) {
        add_service(info, places, service, false);
    }
    for (const session::SessionView::Service& service : view.leaving) {
        add_service(info, places, service, true);
    }
}

}  // namespace

std::vector<TunnelInfo> ServerStatistics::tunnels() const {
    std::vector<TunnelInfo> tunnels;
    std::map<directory::ClientId, std::pair<std::size_t, ServicePlaces>> index;
    for (const SessionPtr& session : needs_.sessions.all()) {
        const session::SessionView view = session->view();
        if (!view.connected) {
            continue;
        }
        auto [at, is_new] = index.try_emplace(view.client, tunnels.size(), ServicePlaces());
        auto& [place, services] = at->second;
        add_trunk(is_new ? tunnels.emplace_back() : tunnels[place], services, view);
        tunnels[place].id = needs_.sessions.number_of(view.client);
    }
    return tunnels;
}

std::vector<ServiceStats> ServerStatistics::service_stats() const {
    return collect(*needs_.shared->services, CountingSide::server);
}

std::vector<WorkerStats> ServerStatistics::worker_stats() const {
    return collect(needs_.workers);
}

ServerStats ServerStatistics::stats(const std::vector<TunnelInfo>& tunnels) const {
    return collect(needs_, tunnels);
}

}  // namespace ferrotunnel::detail
