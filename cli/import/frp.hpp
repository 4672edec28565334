// Parts of the reader of frp's files.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "draft.hpp"
#include "keys.hpp"
#include "source.hpp"

namespace ferrotunnel::cli::importing::frp {

/// What the parts of the reader share.
struct Reading {
    Draft& draft;
    std::optional<std::string> subdomain_host = std::nullopt;  // of the server, if its file was given
    bool has_server = false;
    std::set<std::string, std::less<>> start{};  // names of the proxies that are offered; empty: all
    bool is_start_lost = false;                  // which proxies are offered is not known: none
    Origin start_origin{};

    bool is_started(std::string_view name) const;
};

/// An INI file of old versions with the keys of today's files, so that one reader is enough for both.
Source modern_source(const Source& ini);

/// Read all keys of a file. Included files have proxies and visitors only.
void read_client(const Source& source, Reading& reading);
void read_included(const Source& source, Reading& reading);
void read_server(const Source& source, Reading& reading);

/// What both sides have: `auth`, `log`, `webServer`.
void read_auth(Keys& root, Side side, Draft& draft);
void read_log(Keys& root, Side side, Draft& draft);
void read_web_server(Keys& root, Side side, Draft& draft);
void read_timing(Keys& root, Side side, Draft& draft);

/// Read one item of `proxies` or `visitors`: each becomes a service or a visit, or is lost.
void read_proxy(Keys& proxy, Reading& reading);
void read_http_proxy(Keys& proxy, Reading& reading);
void read_https_proxy(Keys& proxy, Reading& reading);
void read_private_proxy(Keys& proxy, Reading& reading);
void read_visitor(Keys& visitor, Reading& reading);

/// Adds the keys that all types have to a service: group, health, the PROXY protocol and others.
void read_common(Keys& proxy, Node& service, Reading& reading);

/// Reports a whole proxy or visitor as lost, in one entry for all its keys.
void lose_all(Keys& proxy, Draft& draft, std::string_view why, std::string_view instead = {});

/// The backend of a proxy without a plugin: `localIP:localPort`. Empty, with a lost entry, if there is none.
std::optional<std::string> backend_of(Keys& proxy, Draft& draft);

/// Whether a proxy has a plugin instead of a backend with a port, even one that cannot be read.
bool has_plugin_of(const Keys& proxy);

/// What a client plugin is here.
struct PluginBackend {
    std::string local;
    bool is_http = false;      // only for http services
    bool is_insecure = false;  // the certificate of the backend is not verified
    bool is_files = false;
};

/// Reads `plugin` of a proxy. Empty, with lost entries, if there is no equivalent. The keys of HTTP rules are left to
/// read_plugin_rules.
std::optional<PluginBackend> read_plugin(Keys& proxy, Draft& draft);
void read_plugin_rules(Keys& proxy, Node& service, const PluginBackend& backend, Draft& draft);

/// Requires `httpUser` and `httpPassword` of a proxy or of its plugin from visitors. Where that cannot be done, the
/// service is off.
void read_password(Keys& keys, Node& service, Draft& draft);

/// A port, or a reference to a variable; 0 counts as missing, and what is not a port is lost.
std::optional<std::string> port_at(Keys& keys, std::string_view path, Draft& draft);

/// The same for ports of a proxy, which may be a range in INI files and where a template makes one.
std::optional<std::string> ports_at(Keys& proxy, std::string_view path, Draft& draft);

}  // namespace ferrotunnel::cli::importing::frp
