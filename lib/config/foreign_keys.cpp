#include "config/foreign_keys.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace ferrotunnel::config {
namespace {

struct Row {
    std::string_view words;  // lower case, without '_' and '-', separated by blanks
    ForeignKey meaning;
};

constexpr std::string_view of_kind = "kind";
constexpr std::string_view of_local = "local";

constexpr std::string_view services = "what is offered is the list `services` in `client:`";
constexpr std::string_view port = "the public port is the value of `tcp`, like `tcp: 2222`";
constexpr std::string_view private_tcp =
    "here that is `tcp: private` with a `key`: without a public port, reached by `ferrotunnel visit`";
constexpr std::string_view private_udp =
    "here that is `udp: private` with a `key`: without a public port, reached by `ferrotunnel visit`";
constexpr std::string_view no_xtcp =
    "there is no xtcp; the nearest to it is `tcp: private` with a `key`, encrypted between the clients, by the server";
constexpr std::string_view no_udp = "here UDP is the key `udp` of a service, whose value is the public port: `udp: 53`";
constexpr std::string_view no_tcpmux = "there is no tcpmux; the nearest to it is `tls: HOST`";

constexpr std::array rows{
    Row{"serveraddr serverport remoteaddr",
        {"the server's address is `server` in `client:`, like tunnel.example.com:7835", {}}},
    Row{"auth auth.token authtoken defaulttoken credentialsfile",
        {"the shared secret is `token`, like `token: file:PATH`", {}}},
    Row{"type proto protocol",
        {"what kind a service is, its first key says: `tcp: PORT`, `http: HOST` or `tls: HOST`", of_kind}},
    Row{"localip localport localaddr addr service upstream",
        {"where visitors are connected to is `local`, like `local: 127.0.0.1:22`", of_local}},
    Row{"remoteport", {port, of_kind}},
    Row{"customdomains hostname hostnames domains url",
        {"the host is the value of `http`, like `http: app.example.com`, or of `tls`", of_kind}},
    Row{"subdomain",
        {"the host is written whole, below the server's `domain`: like `http: app.tunnel.example.com`", of_kind}},
    Row{"proxies tunnels endpoints ingress tunnel", {services, {}}},
    Row{"bindaddr bindport",
        {"where the server listens for clients is `bind` in `server:`, like `bind: 0.0.0.0:7835`", {}}},
    Row{"vhosthttpport vhosthttpsport",
        {"where HTTP visitors come in is `http_bind` in `server:`, by TLS `https_bind`", {}}},
    Row{"subdomainhost", {"the name that hosts are assigned below is `domain` in `server:`", {}}},
    Row{"allowports", {"the ports that clients may have are `allow_ports` in `server:`", {}}},
    Row{"maxportsperclient",
        {"how many ports the clients of one token may have is `ports_per_token` in `server:`", {}}},
    Row{"locations", {"the path of an HTTP service is `path`, one a service", {}}},
    Row{"hostheaderrewrite httphostheader", {"what the backend sees as Host is `host_header`", {}}},
    Row{"requestheaders.set", {"what is done to headers is `request_headers`, like `{set: {X-From: here}}`", {}}},
    Row{"proxyprotocolversion transport.proxyprotocolversion proxyproto",
        {"the visitor's address is told by `proxy_protocol` of a service, like `proxy_protocol: v2`", {}}},
    Row{"originrequest",
        {"what stands below it are keys of the service: `backend_insecure`, `backend_ca`, `backend_name`, "
         "`host_header`",
         {}}},
    Row{"transport",
        {"encryption and multiplexing need no set-up; the visitor's address is told by `proxy_protocol` of a service",
         {}}},
    Row{"stcp", {private_tcp, of_kind}},
    Row{"xtcp", {no_xtcp, of_kind}},
    Row{"visitors", {"what this machine reaches of other clients is the list `visits` in `client:`", {}}},
    Row{"secretkey", {"what visitors of a private service prove is its `key`, with `tcp: private`", {}}},
    Row{"udp", {no_udp, of_kind}},
    Row{"sudp", {private_udp, of_kind}},
    Row{"tcpmux multiplexer tcpmuxhttpconnectport", {no_tcpmux, of_kind}},
    Row{"healthcheck", {"here it is `health` of a service", {}}},
    Row{"loadbalancer group groupkey", {"clients that share a service say the same `group`", {}}},
    Row{"bandwidthlimit bandwidthlimitmode",
        {"bandwidth is a right of a token, `service_bytes_per_second`; see docs/coming-from.md", {}}},
    Row{"httpuser httppassword httppwd basicauth oauth",
        {"visitors are asked for passwords by the plugin `auth`; see `plugins`", {}}},
    Row{"plugin",
        {"what frp's client plugins do is said by `local`: `files:FOLDER`, `unix:PATH`, `exit`, `https://HOST:PORT`",
         of_local}},
    Row{"httpplugins", {"programs are asked about clients and services by the plugin `hooks`; see `plugins`", {}}},
    Row{"enableprometheus", {"what Prometheus reads is at `metrics`, like `metrics: default`", {}}},
    Row{"webserver dashboardaddr dashboardport inspect webaddr",
        {"here it is `dashboard`, with `dashboard_token_file` and `dashboard_tls_cert` where others are to reach it",
         {}}},
    Row{"kcpbindport quicbindport", {"clients come by TCP alone, to `bind`", {}}},
    Row{"trafficpolicy policy",
        {"a policy is the server's chain of `plugins`; rules of a service are keys of it, like `request_headers`", {}}},
};

// What the values of a service's `type` in other programs correspond to.
constexpr std::array types{
    Row{"tcp", {"here that is the key `tcp`, whose value is the public port: `tcp: 2222`", of_kind}},
    Row{"http", {"here that is the key `http`, whose value is the host: `http: app.example.com`", of_kind}},
    Row{"https tls",
        {"here that is the key `tls`, whose value is the host: `tls: app.example.com`; the backend has the certificate",
         of_kind}},
    Row{"udp", {no_udp, of_kind}},
    Row{"sudp", {private_udp, of_kind}},
    Row{"stcp", {private_tcp, of_kind}},
    Row{"xtcp", {no_xtcp, of_kind}},
    Row{"tcpmux", {no_tcpmux, of_kind}},
};

std::string spelt_alike(std::string_view key) {
    std::string word;
    for (const char c : key) {
        if (c != '_' && c != '-') {
            word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
    }
    return word;
}

bool has_word(std::string_view words, std::string_view word) {
    while (!words.empty()) {
        const std::size_t length = std::min(words.find(' '), words.size());
        if (words.substr(0, length) == word) {
            return true;
        }
        words.remove_prefix(std::min(length + 1, words.size()));
    }
    return false;
}

template <typename Rows>
ForeignKey find_in(const Rows& all, std::string_view key) {
    const std::string word = spelt_alike(key);
    const auto found = std::ranges::find_if(all, [&word](const Row& row) { return has_word(row.words, word); });
    return found == all.end() ? ForeignKey() : found->meaning;
}

}  // namespace

ForeignKey foreign_key(std::string_view section, std::string_view key, std::string_view value) {
    const std::string word = spelt_alike(key);
    if (section.starts_with("client.services[") && (word == "bindaddr" || word == "bindport")) {
        return {port, of_kind};
    }
    const ForeignKey found = find_in(rows, key);
    const ForeignKey of_type = word == "type" || word == "proto" || word == "protocol" ? find_in(types, value) : found;
    return of_type.here.empty() ? found : of_type;
}

}  // namespace ferrotunnel::config
