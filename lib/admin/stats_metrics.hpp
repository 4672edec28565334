// Numbers as a scraper reads them; docs/metrics.md lists the families.
#pragma once

#include <string_view>
#include <vector>

#include "ferrotunnel/plugin_info.hpp"
#include "ferrotunnel/stats.hpp"
#include "metrics/exposition.hpp"

namespace ferrotunnel::admin {

/// What both sides begin with. `side`: "server" or "client".
void put_about(metrics::Exposition& to, std::string_view side, double start_time_seconds);
void put(metrics::Exposition& to, const TrafficStats& stats);
void put(metrics::Exposition& to, const DatagramStats& stats);
void put(metrics::Exposition& to, const ClientStats& stats);
/// `tunnels` as well: its services have series of their own.
void put(metrics::Exposition& to, const ServerStats& stats, const std::vector<TunnelInfo>& tunnels);
void put(metrics::Exposition& to, const std::vector<PluginInfo>& plugins);

}  // namespace ferrotunnel::admin
