// Settings of a server: their values, rows, reader and check. Those of its HTTP edge, of HTTPS, of traces and of
// plugins have files of their own, and so have its tokens and its listen addresses.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "config/reader.hpp"
#include "ferrotunnel/acme.hpp"
#include "ferrotunnel/cluster.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/http_settings.hpp"
#include "ferrotunnel/https.hpp"
#include "ferrotunnel/plugin_limits.hpp"
#include "ferrotunnel/rights.hpp"
#include "ferrotunnel/service_token.hpp"
#include "ferrotunnel/traces.hpp"
#include "settings/common.hpp"
#include "settings/plugins.hpp"
#include "settings/rights.hpp"
#include "settings/setting.hpp"

namespace ferrotunnel::detail {

struct ConfigReading;
struct ServerPart;

/// The word that http_bind, https_bind and connect_bind may have instead of an address.
inline constexpr std::string_view bind_off = "off";

/// The query parameters whose values are usually secrets.
std::vector<std::string> usual_masks();

struct ServerValues : CommonValues {
    std::string bind = "0.0.0.0:7835";
    std::string tcp_bind = "0.0.0.0";
    std::string public_host;  // empty: the address of tcp_bind
    std::string http_bind;    // an address, or bind_off, which the check clears; empty: not set
    bool http_needed = true;  // false: if the server cannot listen there, it continues without HTTP
    std::string https_bind;   // an address, bind_off or empty, like http_bind
    bool https_needed = true;
    std::string http_fallback;  // used if the address of http_bind is busy or forbidden; empty: none
    std::string https_fallback;
    std::string connect_bind;    // an address, bind_off or empty, like http_bind
    std::string ssh_service;     // empty: none
    std::string silent_service;  // likewise
    Https https;
    bool has_acme = false;
    Acme acme;
    bool has_cluster = false;
    Cluster cluster;
    std::vector<std::string> proxies;
    std::string domain;  // empty if no hosts are assigned
    HttpServerSettings http;
    std::vector<NamedToken> tokens;
    std::vector<GuardedService> guarded_services;
    std::optional<std::string> allow_ports;
    std::optional<std::uint64_t> connections_per_token;
    std::optional<std::uint64_t> ports_per_token;
    std::chrono::milliseconds hold = limits::ports_hold_default;
    std::string tls_chain;
    std::string tls_key;
    Credential tls_credential;  // instead of these files
    std::string state_dir;
    std::vector<PluginSpec> plugins;  // in the order in which requests pass them
    std::vector<ClientPlugin> client_plugins = usual_client_plugins();
    PluginLimits plugin_limits;
    std::string audit_log;   // a path, `stdout`, `stderr` or access_off; empty: none
    std::string access_log;  // a path, `stdout`, `stderr` or access_off; empty: none
    std::string access_log_format = "combined";
    std::vector<std::string> access_log_mask = usual_masks();
    Traces traces;

    friend bool operator==(const ServerValues&, const ServerValues&) = default;
};

inline constexpr std::string_view addresses_topic = "Public addresses";
inline constexpr std::string_view https_topic = "HTTPS, and proxies in front";

/// The word that access_log and audit_log may have instead of a path, besides `stdout` and `stderr`.
inline constexpr std::string_view access_off = "off";
/// What is wrong with a format of the access log; nullopt if it is valid.
std::optional<std::string> access_format_fault(const std::string& text);

/// A row for each setting of a server that is in no group.
std::span<const Setting<ServerValues>> server_settings() noexcept;

/// Reads a server's section.
ServerPart read_server(config::Section section, ConfigReading& reading);

}  // namespace ferrotunnel::detail
