#include "admin/stats_json.hpp"

namespace ferrotunnel::admin {

Json json_of(const TrafficStats& stats) {
    return {{"bytes_received", stats.bytes_received},
            {"bytes_sent", stats.bytes_sent},
            {"streams", stats.streams},
            {"streams_opened", stats.streams_opened},
            {"streams_refused", stats.streams_refused},
            {"bytes_held", stats.bytes_held},
            {"bytes_queued", stats.bytes_queued},
            {"frames_received", stats.frames_received},
            {"frames_sent", stats.frames_sent},
            {"streams_reset", stats.streams_reset},
            {"credit_stalls", stats.credit_stalls},
            {"memory", stats.memory},
            {"memory_max", stats.memory_max}};
}

Json json_of(const DatagramStats& stats) {
    return {{"received", stats.received},
            {"sent", stats.sent},
            {"dropped_no_room", stats.dropped_no_room},
            {"dropped_too_old", stats.dropped_too_old},
            {"dropped_over_rate", stats.dropped_over_rate},
            {"dropped_no_visitor", stats.dropped_no_visitor},
            {"dropped_socket_full", stats.dropped_socket_full},
            {"unreachable", stats.unreachable}};
}

Json json_of(const ResumeStats& stats) {
    return {{"waiting", stats.waiting},
            {"waiting_ms", stats.waiting_for.count()},
            {"waits", stats.waits},
            {"resumed", stats.resumed},
            {"given_up", stats.given_up},
            {"refused_unknown", stats.refused_unknown},
            {"refused_unauthorized", stats.refused_unauthorized},
            {"refused_superseded", stats.refused_superseded},
            {"refused_otherwise", stats.refused_otherwise},
            {"bytes_kept", stats.bytes_kept},
            {"bytes_kept_max", stats.bytes_kept_max}};
}

Json json_of(const HttpStats& stats) {
    return {{"connections_now", stats.connections_now},
            {"connections", stats.connections},
            {"connections_refused", stats.connections_refused},
            {"requests", stats.requests},
            {"requests_refused", stats.requests_refused},
            {"pages", stats.pages},
            {"answers_cut", stats.answers_cut},
            {"visitors_lost", stats.visitors_lost},
            {"upgrades", stats.upgrades},
            {"handshakes_failed", stats.handshakes_failed},
            {"backend_opened", stats.backend_opened},
            {"backend_reused", stats.backend_reused},
            {"retries", stats.retries},
            {"held", stats.held},
            {"bytes_received", stats.bytes_received},
            {"bytes_sent", stats.bytes_sent}};
}

void put_visitors(Json& into, const TunnelInfo::Service& service) {
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
              {"since", seconds_of(tunnel.since)},
              {"connections", tunnel.connections}};
    if (tunnel.waiting != 0) {
        json["waiting"] = tunnel.waiting;
        json["waiting_ms"] = tunnel.waiting_for.count();
    }
    json.update(list_of("services", tunnel.services, [](const TunnelInfo::Service& service) {
        Json one{{"name", service.name},
                 {"endpoint", service.endpoint},
                 {"streams", service.streams},
                 {"requests", service.requests},
                 {"bytes_received", service.bytes_received},
                 {"bytes_sent", service.bytes_sent}};
        put_visitors(one, service);
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
            {"off", plugin.is_off},
            {"asked", plugin.counts.asked},
            {"answered", plugin.counts.answered},
            {"edits", plugin.counts.edits},
            {"bodies", plugin.counts.bodies},
            {"waits", plugin.counts.waits},
            {"failures", plugin.counts.failures},
            {"late", plugin.counts.late},
            {"slow", plugin.counts.slow}};
}

std::int64_t seconds_of(std::chrono::system_clock::time_point time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace ferrotunnel::admin
