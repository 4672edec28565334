// The statistics as metrics for a scraper; docs/metrics.md lists the families.
#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "admin/limits.hpp"
#include "api/statistics.hpp"
#include "ferrotunnel/version.hpp"

namespace ferrotunnel::detail {

using admin::Labelled;
using admin::MetricFamilies;
using admin::Rows;
using admin::Statistic;
using metrics::Exposition;

namespace {

/// Sums over the services of clients with the same labels.
struct ServiceSums {
    std::uint64_t streams = 0;
    std::uint64_t requests = 0;
};

// JSON has them for each client. The last row is for HTTP.
constexpr Statistic<ServiceSums> service_sum_rows[]{
    {&ServiceSums::streams, "",
     admin::gauge("ferrotunnel_service_streams",
                  "Open streams of a service; for HTTP, connections to its backend, idle ones included.")},
    {&ServiceSums::requests, "",
     admin::counter("ferrotunnel_service_http_requests", "Requests for an HTTP service since it was registered.")},
};

struct GroupMemberCounts {
    std::uint64_t visitors = 0;
    std::uint64_t visitors_open = 0;
    std::uint64_t ejections = 0;
};

// JSON has those of present members with their service.
constexpr Statistic<GroupMemberCounts> member_rows[]{
    {&GroupMemberCounts::visitors, "",
     admin::counter("ferrotunnel_group_visitors", "Connections assigned to a group member; for HTTP, requests.")},
    {&GroupMemberCounts::visitors_open, "",
     admin::gauge("ferrotunnel_group_visitors_open", "Connections, or HTTP requests, that a group member is serving.")},
    {&GroupMemberCounts::ejections, "",
     admin::counter("ferrotunnel_group_ejections", "Times a group member was ejected for failing its visitors.")},
};

template <typename Stats>
void put_rows(Exposition& to, const Labelled<Stats>& items) {
    MetricFamilies families;
    families.add_each(items, rows_of<Stats>());
    families.write_to(to);
}

Timings sum_of(const std::vector<WorkerStats>& workers) {
    Timings sum;
    for (const WorkerStats& worker : workers) {
        const Timings& delays = worker.timer_delays;
        sum.sum += delays.sum;
        sum.buckets.resize(delays.buckets.size());
        for (std::size_t i = 0; i < sum.buckets.size(); ++i) {
            sum.buckets[i].up_to = delays.buckets[i].up_to;
            sum.buckets[i].count += delays.buckets[i].count;
        }
    }
    return sum;
}

/// By service, token and endpoint.
using SumsByLabels = std::map<std::tuple<std::string_view, std::string_view, std::string_view>, ServiceSums>;

SumsByLabels sums_of(const std::vector<TunnelInfo>& tunnels) {
    SumsByLabels all;
    for (const TunnelInfo& tunnel : tunnels) {
        for (const TunnelInfo::Service& service : tunnel.services) {
            if (all.size() == limits::admin_rows_max) {
                return all;
            }
            ServiceSums& sums = all[{service.name, tunnel.token_name, service.endpoint}];
            sums.streams += service.streams;
            sums.requests = std::max(sums.requests, service.requests);  // each member of a group reports the total
        }
    }
    return all;
}

}  // namespace

// They have no rows: no struct has them.
void put_about(Exposition& to, std::string_view side, double start_time_seconds) {
    to.family("ferrotunnel_build_info", metrics::Type::gauge,
              "Always 1; the labels give the version and the side that runs.");
    to.sample(std::uint64_t{1}, {{"version", version_string}, {"side", side}});
    to.single("ferrotunnel_start_time_seconds", metrics::Type::gauge,
              "Start time of the program, in seconds since 1970.", start_time_seconds);
}

void put(Exposition& to, const ServerStats& stats) {
    MetricFamilies families;
    families.add(stats, rows_of<ServerStats>());
    families.add(stats.http, rows_of<HttpStats>());
    families.add(stats.traces, rows_of<TraceStats>());
    families.add(stats.resume, rows_of<ResumeStats>());
    families.add(stats.traffic, rows_of<TrafficStats>());
    families.add(stats.datagrams, rows_of<DatagramStats>());
    families.write_to(to);
}

void put(Exposition& to, const ClientStats& stats) {
    MetricFamilies families;
    families.add(stats, rows_of<ClientStats>());
    families.add(stats.resume, rows_of<ResumeStats>());
    families.add(stats.traffic, rows_of<TrafficStats>());
    families.add(stats.datagrams, rows_of<DatagramStats>());
    families.write_to(to);
    to.family("ferrotunnel_server_trunks", metrics::Type::gauge,
              "Open tunnel connections of the client to each of its servers.");
    for (const ClientServerStats& server : stats.servers) {
        to.sample(std::uint64_t{server.connections}, {{"server", server.address}, {"member", server.member}});
    }
}

void put(Exposition& to, const std::vector<TunnelInfo>& tunnels) {
    const SumsByLabels sums = sums_of(tunnels);
    Labelled<ServiceSums> all;
    Labelled<ServiceSums> of_http;
    for (const auto& [labels, counts] : sums) {
        const auto& [service, token, endpoint] = labels;
        all.emplace_back(Exposition::text_of({{"service", service}, {"token", token}, {"endpoint", endpoint}}),
                         &counts);
        if (endpoint.starts_with("http")) {
            of_http.push_back(all.back());
        }
    }
    const Rows<ServiceSums> rows(service_sum_rows);
    MetricFamilies families;
    families.add_each(all, rows.first(1));
    families.add_each(of_http, rows.subspan(1));
    families.write_to(to);
}

void put_of_server(Exposition& to, const std::vector<ServiceStats>& services) {
    Labelled<ServiceStats> all;
    Labelled<ServiceStats> of_http;
    all.reserve(services.size());
    for (const ServiceStats& stats : services) {
        all.emplace_back(
            Exposition::text_of({{"service", stats.service}, {"token", stats.token}, {"endpoint", stats.endpoint}}),
            &stats);
        if (!stats.whole.buckets.empty()) {
            of_http.push_back(all.back());
        }
    }
    const Rows<ServiceStats> rows = rows_of<ServiceStats>();
    MetricFamilies families;
    families.add_each(all, rows.first(service_rows_of_all));
    families.add_each(of_http, rows.subspan(service_rows_of_all));
    families.write_to(to);
}

void put_of_client(Exposition& to, const std::vector<ServiceStats>& services) {
    Labelled<ServiceStats> all;
    all.reserve(services.size());
    for (const ServiceStats& stats : services) {
        all.emplace_back(Exposition::text_of({{"service", stats.service}, {"kind", stats.endpoint}}), &stats);
    }
    MetricFamilies families;
    families.add_each(all, rows_of<ServiceStats>().first(service_rows_of_all));
    families.write_to(to);
}

void put(Exposition& to, const metrics::MemberCounters& members) {
    std::deque<GroupMemberCounts> counts;
    Labelled<GroupMemberCounts> all;
    for (const auto& row : members.rows()) {
        const metrics::MemberLabels& labels = row->labels();
        if (row->visitors.load() == 0 && labels.group.empty()) {
            continue;  // the row of forgotten members, of which there are none
        }
        counts.push_back({row->visitors.load(), row->now.load(), row->ejections.load()});
        all.emplace_back(
            Exposition::text_of(
                {{"group", labels.group}, {"kind", labels.kind}, {"token", labels.token}, {"member", labels.member}}),
            &counts.back());
    }
    MetricFamilies families;
    families.add_each(all, member_rows);
    families.write_to(to);
}

void put(Exposition& to, const std::vector<WorkerStats>& workers) {
    Labelled<WorkerStats> all;
    for (std::size_t i = 0; i < workers.size(); ++i) {
        all.emplace_back(Exposition::text_of({{"worker", std::to_string(i)}}), &workers[i]);
    }
    WorkerStats together;
    together.timer_delays = sum_of(workers);
    const Rows<WorkerStats> rows = rows_of<WorkerStats>();
    MetricFamilies families;
    families.add_each(all, rows.first(worker_rows_of_each));
    families.add(together, rows.subspan(worker_rows_of_each));
    families.write_to(to);
}

void put(Exposition& to, const std::vector<PluginInfo>& plugins) {
    Labelled<PluginCounts> counts;
    Labelled<PluginHookTime> hooks;
    for (const PluginInfo& plugin : plugins) {
        counts.emplace_back(Exposition::text_of({{"plugin", plugin.id}}), &plugin.counts);
        for (const PluginHookTime& hook : plugin.hooks) {
            hooks.emplace_back(Exposition::text_of({{"plugin", plugin.id}, {"hook", hook.hook}}), &hook);
        }
    }
    put_rows(to, counts);
    put_rows(to, hooks);
}

void put(Exposition& to, const ReloadCounts& counts) {
    MetricFamilies families;
    families.add(counts, rows_of<ReloadCounts>());
    families.write_to(to);
}

}  // namespace ferrotunnel::detail
