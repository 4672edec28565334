// frp's old INI files, with the names of their keys in today's files.
#include <algorithm>
#include <array>
#include <utility>

#include "frp.hpp"
#include "number_ranges.hpp"
#include "visits.hpp"

namespace ferrotunnel::cli::importing::frp {
namespace {

struct Renamed {
    std::string_view old_name;
    std::string_view path;
    bool is_list = false;  // separated by commas
};

constexpr Renamed common_names[] = {
    {"server_addr", "serverAddr"},
    {"server_port", "serverPort"},
    {"nat_hole_stun_server", "natHoleStunServer"},
    {"dial_server_timeout", "transport.dialServerTimeout"},
    {"dial_server_keepalive", "transport.dialServerKeepalive"},
    {"http_proxy", "transport.proxyURL"},
    {"log_file", "log.to"},
    {"log_level", "log.level"},
    {"log_max_days", "log.maxDays"},
    {"disable_log_color", "log.disablePrintColor"},
    {"token", "auth.token"},
    {"authentication_method", "auth.method"},
    {"authenticate_heartbeats", "auth.authenticateHeartBeats"},
    {"authenticate_new_work_conns", "auth.authenticateNewWorkConns"},
    {"oidc_client_id", "auth.oidc.clientID"},
    {"oidc_client_secret", "auth.oidc.clientSecret"},
    {"oidc_audience", "auth.oidc.audience"},
    {"oidc_scope", "auth.oidc.scope"},
    {"oidc_token_endpoint_url", "auth.oidc.tokenEndpointURL"},
    {"oidc_issuer", "auth.oidc.issuer"},
    {"oidc_skip_expiry_check", "auth.oidc.skipExpiryCheck"},
    {"oidc_skip_issuer_check", "auth.oidc.skipIssuerCheck"},
    {"admin_addr", "webServer.addr"},
    {"admin_port", "webServer.port"},
    {"admin_user", "webServer.user"},
    {"admin_pwd", "webServer.password"},
    {"dashboard_addr", "webServer.addr"},
    {"dashboard_port", "webServer.port"},
    {"dashboard_user", "webServer.user"},
    {"dashboard_pwd", "webServer.password"},
    {"dashboard_tls_mode", "webServer.tlsMode"},
    {"dashboard_tls_cert_file", "webServer.tls.certFile"},
    {"dashboard_tls_key_file", "webServer.tls.keyFile"},
    {"assets_dir", "webServer.assetsDir"},
    {"pprof_enable", "webServer.pprofEnable"},
    {"pool_count", "transport.poolCount"},
    {"max_pool_count", "transport.maxPoolCount"},
    {"tcp_mux", "transport.tcpMux"},
    {"tcp_mux_keepalive_interval", "transport.tcpMuxKeepaliveInterval"},
    {"tcp_keepalive", "transport.tcpKeepalive"},
    {"login_fail_exit", "loginFailExit"},
    {"protocol", "transport.protocol"},
    {"connect_server_local_ip", "transport.connectServerLocalIP"},
    {"connect_server_interface", "transport.connectServerInterface"},
    {"quic_keepalive_period", "transport.quic.keepalivePeriod"},
    {"quic_max_idle_timeout", "transport.quic.maxIdleTimeout"},
    {"quic_max_incoming_streams", "transport.quic.maxIncomingStreams"},
    {"tls_enable", "transport.tls.enable"},
    {"tls_only", "transport.tls.force"},
    {"tls_cert_file", "transport.tls.certFile"},
    {"tls_key_file", "transport.tls.keyFile"},
    {"tls_trusted_ca_file", "transport.tls.trustedCaFile"},
    {"tls_server_name", "transport.tls.serverName"},
    {"disable_custom_tls_first_byte", "transport.tls.disableCustomTLSFirstByte"},
    {"dns_server", "dnsServer"},
    {"start", "start", true},
    {"includes", "includes", true},
    {"heartbeat_interval", "transport.heartbeatInterval"},
    {"heartbeat_timeout", "transport.heartbeatTimeout"},
    {"udp_packet_size", "udpPacketSize"},
    {"bind_addr", "bindAddr"},
    {"bind_port", "bindPort"},
    {"kcp_bind_port", "kcpBindPort"},
    {"quic_bind_port", "quicBindPort"},
    {"proxy_bind_addr", "proxyBindAddr"},
    {"vhost_http_port", "vhostHTTPPort"},
    {"vhost_https_port", "vhostHTTPSPort"},
    {"vhost_http_timeout", "vhostHTTPTimeout"},
    {"tcpmux_httpconnect_port", "tcpmuxHTTPConnectPort"},
    {"tcpmux_passthrough", "tcpmuxPassthrough"},
    {"enable_prometheus", "enablePrometheus"},
    {"log_duration_types", "logDurationTypes", true},
    {"detailed_errors_to_client", "detailedErrorsToClient"},
    {"user_conn_timeout", "userConnTimeout"},
    {"allow_ports", "allowPorts", true},
    {"max_ports_per_client", "maxPortsPerClient"},
    {"subdomain_host", "subDomainHost"},
    {"custom_404_page", "custom404Page"},
    {"nat_hole_analysis_data_reserve_hours", "natholeAnalysisDataReserveHours"},
};

constexpr Renamed proxy_names[] = {
    {"local_ip", "localIP"},
    {"local_port", "localPort"},
    {"remote_port", "remotePort"},
    {"bandwidth_limit", "transport.bandwidthLimit"},
    {"bandwidth_limit_mode", "transport.bandwidthLimitMode"},
    {"use_encryption", "transport.useEncryption"},
    {"use_compression", "transport.useCompression"},
    {"proxy_protocol_version", "transport.proxyProtocolVersion"},
    {"group", "loadBalancer.group"},
    {"group_key", "loadBalancer.groupKey"},
    {"health_check_type", "healthCheck.type"},
    {"health_check_timeout_s", "healthCheck.timeoutSeconds"},
    {"health_check_max_failed", "healthCheck.maxFailed"},
    {"health_check_interval_s", "healthCheck.intervalSeconds"},
    {"health_check_url", "healthCheck.path"},
    {"http_user", "httpUser"},
    {"http_pwd", "httpPassword"},
    {"custom_domains", "customDomains", true},
    {"locations", "locations", true},
    {"route_by_http_user", "routeByHTTPUser"},
    {"host_header_rewrite", "hostHeaderRewrite"},
    {"plugin", "plugin.type"},
    {"plugin_unix_path", "plugin.unixPath"},
    {"plugin_http_user", "plugin.httpUser"},
    {"plugin_http_passwd", "plugin.httpPassword"},
    {"plugin_user", "plugin.username"},
    {"plugin_passwd", "plugin.password"},
    {"plugin_local_path", "plugin.localPath"},
    {"plugin_strip_prefix", "plugin.stripPrefix"},
    {"plugin_local_addr", "plugin.localAddr"},
    {"plugin_crt_path", "plugin.crtPath"},
    {"plugin_key_path", "plugin.keyPath"},
    {"plugin_host_header_rewrite", "plugin.hostHeaderRewrite"},
    {"sk", "secretKey"},
    {"allow_users", "allowUsers", true},
    {"server_name", "serverName"},
    {"server_user", "serverUser"},
    {"bind_addr", "bindAddr"},
    {"bind_port", "bindPort"},
    {"keep_tunnel_open", "keepTunnelOpen"},
    {"max_retries_an_hour", "maxRetriesAnHour"},
    {"min_retry_interval", "minRetryInterval"},
    {"fallback_to", "fallbackTo"},
    {"fallback_timeout_ms", "fallbackTimeoutMs"},
};

constexpr Renamed http_plugin_names[] = {{"ops", "ops", true}, {"tls_verify", "tlsVerify"}};

/// Keys of which a part is the name of a value: `meta_var1`.
struct Prefix {
    std::string_view begin;
    std::string_view path;
};
constexpr Prefix common_prefixes[] = {{"meta_", "metadatas"},
                                      {"oidc_additional_", "auth.oidc.additionalEndpointParams"}};
constexpr Prefix proxy_prefixes[] = {
    {"meta_", "metadatas"}, {"header_", "requestHeaders.set"}, {"plugin_header_", "plugin.requestHeaders.set"}};

Value& child(Value& map, std::string_view key, std::size_t line) {
    const auto found = std::ranges::find(map.members, key, &Value::Member::first);
    count_visits(map.members.size());
    if (found != map.members.end()) {
        return found->second;
    }
    return map.members.emplace_back(std::string(key), Value{.kind = Value::Kind::map, .line = line}).second;
}

Value& at(Value& map, std::string_view path, std::size_t line) {
    const std::size_t dot = path.find('.');
    Value& first = child(map, path.substr(0, dot), line);
    return dot == std::string_view::npos ? first : at(first, path.substr(dot + 1), line);
}

Value list_of(const Value& text) {
    Value list{.kind = Value::Kind::list, .line = text.line};
    std::string_view rest = text.scalar;
    while (!rest.empty()) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        const std::string_view item = rest.substr(0, comma);
        const std::size_t begin = std::min(item.find_first_not_of(" \t"), item.size());
        const std::size_t end = item.find_last_not_of(" \t") + 1;
        if (begin < end) {
            Value& added = list.items.emplace_back(text);
            added.scalar = std::string(item.substr(begin, end - begin));
        }
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return list;
}

/// Copies the keys of a section with their new names. Empty values count as missing in frp. Of a section's keys each
/// is there once, so that only the few known ones are looked up in what was copied.
void rename(const Value& section, std::span<const Renamed> names, std::span<const Prefix> prefixes, Value& into) {
    std::vector<const Value::Member*> others;
    for (const Value::Member& member : section.members) {
        const auto& [key, value] = member;
        if (!value.is_scalar() || value.scalar.empty()) {
            continue;
        }
        const auto prefix =
            std::ranges::find_if(prefixes, [&key = key](const Prefix& each) { return key.starts_with(each.begin); });
        const auto renamed = std::ranges::find(names, key, &Renamed::old_name);
        if (renamed != names.end()) {
            at(into, renamed->path, value.line) = renamed->is_list ? list_of(value) : value;
        } else if (prefix != prefixes.end()) {
            at(into, prefix->path, value.line).members.emplace_back(key.substr(prefix->begin.size()), value);
        } else {
            others.push_back(&member);
        }
    }
    const std::size_t known = into.members.size();
    for (const Value::Member* const other : others) {
        const auto end = std::next(into.members.begin(), static_cast<std::ptrdiff_t>(known));
        const auto found = std::find_if(into.members.begin(), end,
                                        [other](const Value::Member& member) { return member.first == other->first; });
        count_visits(known);
        if (found != end) {
            found->second = other->second;
        } else {
            into.members.push_back(*other);
        }
    }
}

/// The lists that sections become.
struct Lists {
    Value proxies{.kind = Value::Kind::list};
    Value visitors{.kind = Value::Kind::list};
    Value plugins{.kind = Value::Kind::list};
};

void add_list(Value& root, std::string_view key, Value list) {
    if (!list.items.empty()) {
        list.line = list.items.front().line;
        child(root, key, list.line) = std::move(list);
    }
}

void add_named(Value& items, Value item, std::string name, std::size_t line) {
    item.members.insert(item.members.begin(),
                        {"name", {.kind = Value::Kind::text, .line = line, .scalar = std::move(name)}});
    items.items.push_back(std::move(item));
}

/// `[range:NAME]`: one proxy for each range of its ports.
void add_range(const Value& section, std::string_view name, const Value& item, Value& proxies, const Source& source) {
    const Value* const local = section.find("local_port");
    const Value* const remote = section.find("remote_port");
    const auto pairs =
        local != nullptr && remote != nullptr ? range_pairs(local->scalar, remote->scalar) : std::nullopt;
    if (!pairs) {
        throw SourceError(source.file, section.line, "local_port and remote_port are not lists of equally many ports");
    }
    for (const auto& [from, to] : *pairs) {
        Value each = item;
        child(each, "localPort", local->line).scalar = to_text(from);
        child(each, "remotePort", remote->line).scalar = to_text(to);
        add_named(proxies, std::move(each), std::string(name) + (pairs->size() == 1 ? "" : "-" + to_text(to)),
                  section.line);
    }
}

void add_section(const std::string& name, const Value& section, Lists& lists, const Source& source) {
    constexpr std::string_view http_plugin = "plugin.";
    constexpr std::string_view range = "range:";
    Value item{.kind = Value::Kind::map, .line = section.line};
    if (name.starts_with(http_plugin)) {
        rename(section, http_plugin_names, {}, item);
        add_named(lists.plugins, std::move(item), name.substr(http_plugin.size()), section.line);
        return;
    }
    rename(section, proxy_names, proxy_prefixes, item);
    if (item.find("type") == nullptr) {
        child(item, "type", section.line) = {.kind = Value::Kind::text, .line = section.line, .scalar = "tcp"};
    }
    const Value* const role = section.find("role");
    const bool is_visitor = role != nullptr && role->scalar == "visitor";
    std::erase_if(item.members, [](const Value::Member& member) { return member.first == "role"; });
    Value& items = is_visitor ? lists.visitors : lists.proxies;
    if (name.starts_with(range)) {
        add_range(section, std::string_view(name).substr(range.size()), item, items, source);
    } else {
        add_named(items, std::move(item), name, section.line);
    }
}

}  // namespace

Source modern_source(const Source& ini) {
    Source result = ini;
    result.root.members.clear();
    Lists lists;
    for (const auto& [name, section] : ini.root.members) {
        if (name == "common") {
            rename(section, common_names, common_prefixes, result.root);
        } else if (section.kind == Value::Kind::map) {
            add_section(name, section, lists, ini);
        } else {
            result.root.members.emplace_back(name, section);
        }
    }
    add_list(result.root, "proxies", std::move(lists.proxies));
    add_list(result.root, "visitors", std::move(lists.visitors));
    add_list(result.root, "httpPlugins", std::move(lists.plugins));
    return result;
}

}  // namespace ferrotunnel::cli::importing::frp
