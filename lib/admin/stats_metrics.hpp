// Metrics for a scraper; docs/metrics.md lists the families.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ferrotunnel/plugin_info.hpp"
#include "ferrotunnel/stats.hpp"
#include "metrics/exposition.hpp"
#include "metrics/member_counters.hpp"

namespace ferrotunnel::admin {

/// Configuration reloads since the start.
struct ReloadCounts {
    std::uint64_t applied = 0;
    std::uint64_t refused = 0;  // it had mistakes
    double last_applied = 0;    // in seconds since 1970; 0: never
    double last_refused = 0;
    bool last_was_applied = true;
};
void put(metrics::Exposition& to, const ReloadCounts& counts);

/// Families that both sides start with. `side`: "server" or "client".
void put_about(metrics::Exposition& to, std::string_view side, double start_time_seconds);
void put(metrics::Exposition& to, const TrafficStats& stats);
void put(metrics::Exposition& to, const DatagramStats& stats);
void put(metrics::Exposition& to, const ResumeStats& stats);
void put(metrics::Exposition& to, const ClientStats& stats);
/// Includes series for the services of `tunnels`.
void put(metrics::Exposition& to, const ServerStats& stats, const std::vector<TunnelInfo>& tunnels);
/// Traffic and responses of services since the start (service_metrics.cpp).
void put_of_server(metrics::Exposition& to, const std::vector<ServiceStats>& services);
/// Counters of group members.
void put(metrics::Exposition& to, const metrics::MemberCounters& members);
/// Traffic of a client's services and visits.
void put_of_client(metrics::Exposition& to, const std::vector<ServiceStats>& services);
void put(metrics::Exposition& to, const std::vector<WorkerStats>& workers);
/// The names of FerroTunnel's own metrics in its Rust version, for existing dashboards.
void put_usual_names(metrics::Exposition& to, const TrafficStats& stats);
void put(metrics::Exposition& to, const std::vector<PluginInfo>& plugins);

}  // namespace ferrotunnel::admin
