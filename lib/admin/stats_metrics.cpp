#include "admin/stats_metrics.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "admin/limits.hpp"
#include "ferrotunnel/version.hpp"

namespace ferrotunnel::admin {

using metrics::Exposition;
using metrics::Type;

namespace {

/// One series of a family that has a label with the words for what is counted.
template <typename Stats>
struct Series {
    std::string_view word;
    std::uint64_t Stats::*count;
};

template <typename Stats, std::size_t n>
void put_series(Exposition& to, const Stats& stats, std::string_view label, const Series<Stats> (&all)[n]) {
    for (const Series<Stats>& each : all) {
        to.sample(stats.*each.count, {{label, each.word}});
    }
}

/// A family without labels.
template <typename Stats>
struct Family {
    std::string_view name;
    Type type;
    std::uint64_t Stats::*count;
    std::string_view help;
};

template <typename Stats, std::size_t n>
void put_families(Exposition& to, const Stats& stats, const Family<Stats> (&all)[n]) {
    for (const Family<Stats>& each : all) {
        to.single(each.name, each.type, each.help, stats.*each.count);
    }
}

constexpr Family<TrafficStats> traffic_families[]{
    {"ferrotunnel_trunk_received_bytes", Type::counter, &TrafficStats::bytes_received,
     "Payload that has come by the connections between clients and server."},
    {"ferrotunnel_trunk_sent_bytes", Type::counter, &TrafficStats::bytes_sent,
     "Payload that was sent by the connections between clients and server."},
    {"ferrotunnel_streams_opened", Type::counter, &TrafficStats::streams_opened,
     "Streams that were asked for: visitors, and connections to backends of HTTP services."},
    {"ferrotunnel_streams_refused", Type::counter, &TrafficStats::streams_refused,
     "Streams that a limit or the backend has turned away, or that nobody has answered."},
    {"ferrotunnel_streams_reset", Type::counter, &TrafficStats::streams_reset, "Streams that did not end in order."},
    {"ferrotunnel_credit_stalls", Type::counter, &TrafficStats::credit_stalls,
     "Times that a stream had more to send than its reader had room for."},
    {"ferrotunnel_queued_bytes", Type::gauge, &TrafficStats::bytes_held,
     "Memory of payload from the connections between clients and server that nobody has taken yet."},
    {"ferrotunnel_send_queued_bytes", Type::gauge, &TrafficStats::bytes_queued,
     "Memory of payload that waits to be sent by those connections."},
    {"ferrotunnel_buffer_memory_bytes", Type::gauge, &TrafficStats::memory,
     "About what visitors' bytes and their streams take in memory."},
    {"ferrotunnel_buffer_memory_limit_bytes", Type::gauge, &TrafficStats::memory_max,
     "What ferrotunnel_buffer_memory_bytes may be."},
};

constexpr Series<DatagramStats> dropped_datagrams[]{
    {"no_room", &DatagramStats::dropped_no_room},         {"too_old", &DatagramStats::dropped_too_old},
    {"over_rate", &DatagramStats::dropped_over_rate},     {"no_visitor", &DatagramStats::dropped_no_visitor},
    {"socket_full", &DatagramStats::dropped_socket_full}, {"unreachable", &DatagramStats::unreachable},
};

constexpr Family<ResumeStats> resume_families[]{
    {"ferrotunnel_resume_waits", Type::counter, &ResumeStats::waits,
     "Connections between client and server that were lost, and whose visitors have waited for another one."},
    {"ferrotunnel_resumes", Type::counter, &ResumeStats::resumed, "Those of them that were made anew."},
    {"ferrotunnel_resume_given_up", Type::counter, &ResumeStats::given_up,
     "Those of them whose visitors were reset in the end."},
    {"ferrotunnel_resume_kept_bytes", Type::gauge, &ResumeStats::bytes_kept,
     "Memory of what was sent and the other side has not confirmed."},
    {"ferrotunnel_resume_kept_limit_bytes", Type::gauge, &ResumeStats::bytes_kept_max,
     "What each connection may keep of that; 0: resume is off."},
};

constexpr Series<ResumeStats> refused_resumes[]{
    {"unknown_session", &ResumeStats::refused_unknown},
    {"unauthorized", &ResumeStats::refused_unauthorized},
    {"superseded", &ResumeStats::refused_superseded},
    {"other", &ResumeStats::refused_otherwise},
};

constexpr Family<HttpStats> http_families[]{
    {"ferrotunnel_http_requests", Type::counter, &HttpStats::requests, "Requests that were read and follow the rules."},
    {"ferrotunnel_http_pages", Type::counter, &HttpStats::pages, "Answers of the edge itself, without redirects."},
    {"ferrotunnel_http_answers_cut", Type::counter, &HttpStats::answers_cut,
     "Answers that had begun and could not be completed."},
    {"ferrotunnel_http_visitors_lost", Type::counter, &HttpStats::visitors_lost,
     "Visitors who left during an exchange."},
    {"ferrotunnel_http_upgrades", Type::counter, &HttpStats::upgrades, "Changes of protocol, to WebSocket, say."},
    {"ferrotunnel_http_backend_connections", Type::counter, &HttpStats::backend_opened,
     "Connections to backends that were asked for."},
    {"ferrotunnel_http_backend_reuses", Type::counter, &HttpStats::backend_reused,
     "Requests that went over a connection to the backend that was there."},
    {"ferrotunnel_http_retries", Type::counter, &HttpStats::retries,
     "Requests that were sent to the backend once more."},
    {"ferrotunnel_http_held", Type::counter, &HttpStats::held,
     "Requests, and visitors of TLS hosts, that have waited for a client of their service to come back."},
    {"ferrotunnel_http_received_bytes", Type::counter, &HttpStats::bytes_received,
     "Bytes from visitors of HTTP services, with heads and framing."},
    {"ferrotunnel_http_sent_bytes", Type::counter, &HttpStats::bytes_sent,
     "Bytes to visitors of HTTP services, with heads and framing."},
};

constexpr Series<TraceStats> trace_spans[]{
    {"sent", &TraceStats::sent}, {"failed", &TraceStats::failed}, {"dropped", &TraceStats::dropped}};

constexpr Series<PluginCounts> plugin_events[]{
    {"asked", &PluginCounts::asked},      {"answered", &PluginCounts::answered}, {"edited", &PluginCounts::edits},
    {"took_body", &PluginCounts::bodies}, {"waited", &PluginCounts::waits},      {"failed", &PluginCounts::failures},
    {"was_late", &PluginCounts::late},    {"was_slow", &PluginCounts::slow},
};

/// What the services that have the same labels have together.
struct ServiceSums {
    std::uint64_t streams = 0;
    std::uint64_t requests = 0;
};
/// By service, token and endpoint.
using ServiceSeries = std::map<std::tuple<std::string_view, std::string_view, std::string_view>, ServiceSums>;

ServiceSeries services_of(const std::vector<TunnelInfo>& tunnels) {
    ServiceSeries all;
    for (const TunnelInfo& tunnel : tunnels) {
        for (const TunnelInfo::Service& service : tunnel.services) {
            if (all.size() == limits::admin_rows_max) {
                return all;
            }
            ServiceSums& sums = all[{service.name, tunnel.token_name, service.endpoint}];
            sums.streams += service.streams;
            sums.requests += service.draining ? 0 : service.requests;
        }
    }
    return all;
}

void put_services(Exposition& to, const std::vector<TunnelInfo>& tunnels) {
    const ServiceSeries services = services_of(tunnels);
    const auto put_each = [&](std::uint64_t ServiceSums::*count, bool only_http) {
        for (const auto& [labels, sums] : services) {
            const auto& [service, token, endpoint] = labels;
            if (!only_http || endpoint.starts_with("http")) {
                to.sample(sums.*count, {{"service", service}, {"token", token}, {"endpoint", endpoint}});
            }
        }
    };
    to.family("ferrotunnel_service_streams", Type::gauge,
              "Visitors of a service now; for HTTP, connections to its backend, also idle ones.");
    put_each(&ServiceSums::streams, false);
    to.family("ferrotunnel_service_http_requests", Type::counter,
              "Requests for an HTTP service since it was registered.");
    put_each(&ServiceSums::requests, true);
}

}  // namespace

void put_about(Exposition& to, std::string_view side, double start_time_seconds) {
    to.family("ferrotunnel_build_info", Type::gauge, "1, with what runs.");
    to.sample(std::uint64_t{1}, {{"version", version_string}, {"side", side}});
    to.single("ferrotunnel_start_time_seconds", Type::gauge, "When it was started, in seconds since 1970.",
              start_time_seconds);
}

void put(Exposition& to, const TrafficStats& stats) {
    put_families(to, stats, traffic_families);
    to.single("ferrotunnel_streams", Type::gauge, "Streams that are open.", std::uint64_t{stats.streams});
    put_usual_names(to, stats);
}

void put(Exposition& to, const ResumeStats& stats) {
    to.single("ferrotunnel_resume_waiting", Type::gauge,
              "Connections between client and server that are lost, and whose visitors wait for another one.",
              std::uint64_t{stats.waiting});
    put_families(to, stats, resume_families);
    to.family("ferrotunnel_resume_refusals", Type::counter,
              "Requests to go on after a lost connection that were refused, by the reason.");
    put_series(to, stats, "reason", refused_resumes);
}

void put(Exposition& to, const DatagramStats& stats) {
    to.single("ferrotunnel_datagrams_received", Type::counter, "Datagrams from the sockets of UDP services.",
              stats.received);
    to.single("ferrotunnel_datagrams_sent", Type::counter, "Datagrams to the sockets of UDP services.", stats.sent);
    to.family("ferrotunnel_datagrams_dropped", Type::counter, "Datagrams that this side has dropped, by cause.");
    put_series(to, stats, "reason", dropped_datagrams);
}

void put(Exposition& to, const ClientStats& stats) {
    to.single("ferrotunnel_trunks", Type::gauge, "Connections to the server that are up.",
              std::uint64_t{stats.connections});
    to.single("ferrotunnel_logins", Type::counter, "Logins that have succeeded.", stats.connects);
    to.single("ferrotunnel_trunks_lost", Type::counter, "Connections to the server that broke.", stats.losses);
    to.single("ferrotunnel_trunk_round_trip_seconds", Type::gauge,
              "The smallest round trip of the last minute; 0: not known.",
              std::chrono::duration<double>(stats.rtt).count());
    put(to, stats.resume);
    put(to, stats.traffic);
    put(to, stats.datagrams);
}

void put(Exposition& to, const ServerStats& stats, const std::vector<TunnelInfo>& tunnels) {
    to.single("ferrotunnel_clients", Type::gauge, "Clients that are connected.", std::uint64_t{stats.clients});
    to.single("ferrotunnel_trunks", Type::gauge, "Connections of clients.", std::uint64_t{stats.connections});
    to.single("ferrotunnel_services", Type::gauge, "Services that are reachable.", std::uint64_t{stats.services});
    to.single("ferrotunnel_logins", Type::counter, "Logins that have succeeded.", stats.logins);
    to.family("ferrotunnel_refusals", Type::counter,
              "What was turned away before it reached a service, by what it was.");
    to.sample(stats.logins_refused, {{"reason", "login"}});
    to.sample(stats.http.connections_refused, {{"reason", "http_connection"}});
    to.sample(stats.http.requests_refused, {{"reason", "http_request"}});
    to.sample(stats.http.handshakes_failed, {{"reason", "tls_handshake"}});
    to.family("ferrotunnel_connections", Type::counter, "Connections of visitors, by kind.");
    to.sample(stats.visitors_accepted, {{"kind", "tcp"}});
    to.sample(stats.http.connections, {{"kind", "http"}});
    to.single("ferrotunnel_visitors_waiting", Type::gauge,
              "Visitors of public ports who wait for a client of their service to come back.", stats.visitors_waiting);
    to.single("ferrotunnel_visitors_held", Type::counter, "Visitors of public ports who have waited for one.",
              stats.visitors_held);
    to.single("ferrotunnel_visitors_given_up", Type::counter,
              "Those of them who were reset, since none came in time or too many waited.", stats.visitors_given_up);
    to.single("ferrotunnel_http_connections_open", Type::gauge, "Connections of visitors of HTTP services now.",
              std::uint64_t{stats.http.connections_now});
    put_families(to, stats.http, http_families);
    to.family("ferrotunnel_trace_spans", Type::counter, "Spans of traces, by what became of them.");
    put_series(to, stats.traces, "outcome", trace_spans);
    put(to, stats.resume);
    put(to, stats.traffic);
    put(to, stats.datagrams);
    put_services(to, tunnels);
}

void put(Exposition& to, const std::vector<PluginInfo>& plugins) {
    to.family("ferrotunnel_plugin_events", Type::counter,
              "What a plugin of the chain has done; docs/control.md says what is counted.");
    for (const PluginInfo& plugin : plugins) {
        for (const Series<PluginCounts>& each : plugin_events) {
            to.sample(plugin.counts.*each.count, {{"plugin", plugin.id}, {"event", each.word}});
        }
    }
    to.family("ferrotunnel_plugin_hooks", Type::counter, "Calls of a hook of a plugin.");
    for (const PluginInfo& plugin : plugins) {
        for (const PluginHookTime& hook : plugin.hooks) {
            to.sample(hook.calls, {{"plugin", plugin.id}, {"hook", hook.hook}});
        }
    }
    to.family("ferrotunnel_plugin_hook_seconds", Type::counter,
              "The time of the workers that these calls took, without waiting for decisions that came later.");
    for (const PluginInfo& plugin : plugins) {
        for (const PluginHookTime& hook : plugin.hooks) {
            to.sample(std::chrono::duration<double>(hook.time).count(), {{"plugin", plugin.id}, {"hook", hook.hook}});
        }
    }
}

}  // namespace ferrotunnel::admin
