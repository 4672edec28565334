#include "admin/stats_json.hpp"

namespace ferrotunnel::admin {

void put_traffic(Json& into, const TunnelInfo::Service& service) {
    into["streams"] = service.streams;
    into["requests"] = service.requests;
    into["bytes_received"] = service.bytes_received;
    into["bytes_sent"] = service.bytes_sent;
    if (!service.more_hosts.empty()) {
        into["more_hosts"] = service.more_hosts;
    }
    into["visits"] = service.visits;
    into["top_visitors"] = Json::array();
    for (const TunnelInfo::Service::Visitor& one : service.top_visitors) {
        into["top_visitors"].push_back(Json{{"address", one.address}, {"visits", one.visits}, {"bytes", one.bytes}});
    }
}

void put_health(Json& into, const TunnelInfo::Service& service) {
    static constexpr std::array<std::string_view, 6> states{"takes_visitors", "standby",  "unhealthy",
                                                            "ejected",        "draining", "waiting"};
    if (service.unhealthy) {
        into["unhealthy"] = service.why_unhealthy;
    }
    if (const TunnelInfo::Service::Member& member = service.member; !member.group.empty()) {
        into["member"] = Json{{"group", member.group},
                              {"state", states.at(static_cast<std::size_t>(member.state))},
                              {"visitors", member.visitors},
                              {"visitors_now", member.visitors_now}};
    }
    if (service.draining) {
        into["draining"] = true;
    }
}

Json json_of(const TunnelInfo& tunnel) {
    Json json{{"id", tunnel.id},
              {"name", tunnel.name},
              {"token", tunnel.token_name},
              {"address", tunnel.client},
              {"agent", tunnel.agent},
              {"tls", tunnel.tls},
              {"since", seconds_of(tunnel.since)},
              {"connections", tunnel.connections}};
    if (!tunnel.metadata.empty()) {
        json["metadata"] = tunnel.metadata;
    }
    if (tunnel.waiting != 0) {
        json["waiting"] = tunnel.waiting;
        json["waiting_ms"] = tunnel.waiting_for.count();
    }
    json.update(list_of("services", tunnel.services, [](const TunnelInfo::Service& service) {
        Json one{{"name", service.name}, {"endpoint", service.endpoint}};
        put_traffic(one, service);
        put_health(one, service);
        return one;
    }));
    return json;
}

Json json_of(const PluginInfo& plugin) {
    return {{"id", plugin.id},
            {"type", plugin.type},
            {"mode", plugin.observes ? "observe" : "act"},
            {"on_failure", plugin.fails_closed ? "closed" : "open"},
            {"off", plugin.is_off}};
}

std::int64_t seconds_of(std::chrono::system_clock::time_point time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace ferrotunnel::admin
