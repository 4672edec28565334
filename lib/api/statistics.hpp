// The table of statistics: each number's member, its name in JSON and its metric, and where the number comes from.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "admin/statistic.hpp"
#include "api/client_statistics.hpp"
#include "api/facade_control.hpp"
#include "api/server_statistics.hpp"
#include "ferrotunnel/plugin_info.hpp"
#include "ferrotunnel/stats.hpp"
#include "metrics/exposition.hpp"
#include "metrics/member_counters.hpp"
#include "metrics/service_counters.hpp"
#include "runtime/worker_group.hpp"

namespace ferrotunnel::detail {

/// The rows of a struct: one for each number.
template <typename Stats>
admin::Rows<Stats> rows_of();
template <>
admin::Rows<ServerStats> rows_of<ServerStats>();
template <>
admin::Rows<ClientStats> rows_of<ClientStats>();
template <>
admin::Rows<HttpStats> rows_of<HttpStats>();
template <>
admin::Rows<TrafficStats> rows_of<TrafficStats>();
template <>
admin::Rows<ResumeStats> rows_of<ResumeStats>();
template <>
admin::Rows<DatagramStats> rows_of<DatagramStats>();
template <>
admin::Rows<TraceStats> rows_of<TraceStats>();
template <>
admin::Rows<ServiceStats> rows_of<ServiceStats>();
template <>
admin::Rows<WorkerStats> rows_of<WorkerStats>();
template <>
admin::Rows<PluginCounts> rows_of<PluginCounts>();
template <>
admin::Rows<PluginHookTime> rows_of<PluginHookTime>();
template <>
admin::Rows<ReloadCounts> rows_of<ReloadCounts>();

/// The rows of ServiceStats that all services have; the others are for a server's HTTP services.
inline constexpr std::size_t service_rows_of_all = 2;
/// The rows of WorkerStats that each worker has; the others are sums over all workers.
inline constexpr std::size_t worker_rows_of_each = 2;

/// Adds the numbers of a struct, without those of structs within it.
template <typename Stats>
void put_numbers(admin::Json& into, const Stats& stats) {
    admin::put_numbers(into, stats, rows_of<Stats>());
}
template <typename Stats>
admin::Json numbers_of(const Stats& stats) {
    admin::Json json;
    put_numbers(json, stats);
    return json;
}

/// Families that both sides start with. `side`: "server" or "client".
void put_about(metrics::Exposition& to, std::string_view side, double start_time_seconds);
void put(metrics::Exposition& to, const ServerStats& stats);
void put(metrics::Exposition& to, const ClientStats& stats);
/// The services of clients; those with the same labels are one series.
void put(metrics::Exposition& to, const std::vector<TunnelInfo>& tunnels);
/// Traffic and responses of a server's services since the start.
void put_of_server(metrics::Exposition& to, const std::vector<ServiceStats>& services);
/// Traffic of a client's services and visits.
void put_of_client(metrics::Exposition& to, const std::vector<ServiceStats>& services);
/// Counters of group members.
void put(metrics::Exposition& to, const metrics::MemberCounters& members);
void put(metrics::Exposition& to, const std::vector<WorkerStats>& workers);
void put(metrics::Exposition& to, const std::vector<PluginInfo>& plugins);
void put(metrics::Exposition& to, const ReloadCounts& counts);

/// Collects the numbers of a Server; `tunnels` are its clients.
ServerStats collect(const ServerStatistics::Needs& from, const std::vector<TunnelInfo>& tunnels);
ClientStats collect(const ClientStatistics::Needs& from);
/// By their labels; the last one is for traffic without a service.
std::vector<ServiceStats> collect(const metrics::ServiceCounters& from);
std::vector<WorkerStats> collect(runtime::WorkerGroup& from);

/// The threads that count in a Client's or Server's ServiceCounters.
std::vector<const void*> writers_of(runtime::WorkerGroup& group);

}  // namespace ferrotunnel::detail
