// Clients, services and plugins as JSON for the control API: times have their unit in their name.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/answer.hpp"
#include "admin/limits.hpp"
#include "ferrotunnel/plugin_info.hpp"
#include "ferrotunnel/stats.hpp"

namespace ferrotunnel::admin {

Json json_of(const TunnelInfo& tunnel);
/// Adds the traffic of a service, and which visitors have most of it.
void put_traffic(Json& into, const TunnelInfo::Service& service);
/// Adds the health of a service: whether its backend is unhealthy, and its client as a member of a group.
void put_health(Json& into, const TunnelInfo::Service& service);
/// Without its counts.
Json json_of(const PluginInfo& plugin);
/// Seconds since 1970, UTC.
std::int64_t seconds_of(std::chrono::system_clock::time_point time);

/// {`name`: [one for each of `items`]}, with `left_off` if there are more than an answer may have.
template <typename Item, typename MakeJson>
Json list_of(std::string_view name, const std::vector<Item>& items, MakeJson json_of_item) {
    Json rows = Json::array();
    const std::size_t told = std::min(items.size(), limits::admin_rows_max);
    for (std::size_t i = 0; i < told; ++i) {
        rows.push_back(json_of_item(items[i]));
    }
    Json list{{name, std::move(rows)}};
    if (told < items.size()) {
        list["left_off"] = items.size() - told;
    }
    return list;
}

}  // namespace ferrotunnel::admin
