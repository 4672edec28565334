// Numbers as a scraper reads them; docs/metrics.md lists the families.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ferrotunnel/plugin_info.hpp"
#include "ferrotunnel/stats.hpp"
#include "metrics/exposition.hpp"
#include "metrics/member_book.hpp"

namespace ferrotunnel::admin {

/// How often the configuration was read again since the start.
struct ReloadCounts {
    std::uint64_t applied = 0;
    std::uint64_t refused = 0;  // it had mistakes
    double last_applied = 0;    // in seconds since 1970; 0: never
    double last_refused = 0;
    bool last_was_applied = true;
};
void put(metrics::Exposition& to, const ReloadCounts& counts);

/// What both sides begin with. `side`: "server" or "client".
void put_about(metrics::Exposition& to, std::string_view side, double start_time_seconds);
void put(metrics::Exposition& to, const TrafficStats& stats);
void put(metrics::Exposition& to, const DatagramStats& stats);
void put(metrics::Exposition& to, const ResumeStats& stats);
void put(metrics::Exposition& to, const ClientStats& stats);
/// `tunnels` as well: its services have series of their own.
void put(metrics::Exposition& to, const ServerStats& stats, const std::vector<TunnelInfo>& tunnels);
/// What services have moved and answered since the start (service_metrics.cpp).
void put_of_server(metrics::Exposition& to, const std::vector<ServiceStats>& services);
/// What members of groups have had.
void put(metrics::Exposition& to, const metrics::MemberBook& members);
/// What a client's services and visits have moved.
void put_of_client(metrics::Exposition& to, const std::vector<ServiceStats>& services);
void put(metrics::Exposition& to, const std::vector<WorkerStats>& workers);
/// The names that FerroTunnel's own metrics have in Rust, for dashboards that know them.
void put_usual_names(metrics::Exposition& to, const TrafficStats& stats);
void put(metrics::Exposition& to, const std::vector<PluginInfo>& plugins);

}  // namespace ferrotunnel::admin
