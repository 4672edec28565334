// Keys of frp, rathole, ngrok and cloudflared, with their equivalents here. Only foreign_keys.cpp includes this.
#pragma once

#include <array>
#include <string_view>

#include "config/foreign_keys.hpp"

namespace ferrotunnel::config::foreign {

struct Row {
    std::string_view words;  // lower case, without '_' and '-', separated by spaces
    ForeignKey meaning;
};

inline constexpr std::string_view of_kind = "kind";
inline constexpr std::string_view of_local = "local";

inline constexpr std::string_view services = "the services to offer are listed in `services` of `client:`";
inline constexpr std::string_view port = "the public port is the value of `tcp`, like `tcp: 2222`";
inline constexpr std::string_view private_tcp =
    "here that is `tcp: private` with a `key`: without a public port, reached by `ferrotunnel visit`";
inline constexpr std::string_view private_udp =
    "here that is `udp: private` with a `key`: without a public port, reached by `ferrotunnel visit`";
inline constexpr std::string_view no_xtcp =
    "there is no xtcp; the closest is `tcp: private` with a `key`, encrypted between the clients and forwarded by the "
    "server";
inline constexpr std::string_view no_udp =
    "here UDP is the key `udp` of a service, whose value is the public port: `udp: 53`";
inline constexpr std::string_view no_tcpmux = "there is no tcpmux; the closest is `tls: HOST`";
inline constexpr std::string_view nothing_needed = "there is no such setting here, and none is needed";

// Sections whose keys are looked up one by one, since they have little in common: `transport: {bandwidthLimit: 1MB}`.
inline constexpr std::array gathering{std::string_view("transport"), std::string_view("originrequest"),
                                      std::string_view("agent")};

// A name with its section, like "transport.type", takes precedence over the name without it.
inline constexpr std::array rows{
    // --- addresses, secrets, logs ---
    Row{"serveraddr serverport remoteaddr connecturl",
        {"the server's address is `server` in `client:`, like tunnel.example.com:7835", {}}},
    Row{"auth auth.token authtoken defaulttoken credentialsfile authenticationmethod privilegetoken origincert apikey "
        "authenticateheartbeats authenticatenewworkconns credentialscontents",
        {"the shared secret is `token`, like `token: file:PATH`", {}}},
    Row{"bindaddr bindport",
        {"the server's listen address for clients is `bind` in `server:`, like `bind: 0.0.0.0:7835`", {}}},
    Row{"proxybindaddr", {"the address of the public ports is `tcp_bind` in `server:`, like `tcp_bind: 0.0.0.0`", {}}},
    Row{"proxyurl httpproxy",
        {"the proxy to reach the server through is `proxy` in `client:`, like `proxy: http://HOST:3128`", {}}},
    Row{"dnsserver dnsresolverips preferipv6 edgeipversion edgebindaddress connectserverlocalip region",
        {"names are resolved as configured in the system, and all addresses of a name are tried", {}}},
    Row{"user clientid", {"clients are identified by their tokens, each with a `name` in `token` of the server", {}}},
    Row{"log logfile loglevel logmaxdays logformat logdirectory disablelogcolor transportloglevel",
        {"logging is set by `log` at the top level of the file, like `log: {level: info}`; the log is written to the "
         "standard error stream",
         {}}},
    Row{"include includes", {"other files are included by `include` at the top level of the file", {}}},
    // --- services ---
    Row{"type typ proto protocol schemes",
        {"the kind of a service is its first key: `tcp: PORT`, `http: HOST` or `tls: HOST`", of_kind}},
    Row{"localip localport localaddr addr service upstream",
        {"the backend is `local`, like `local: 127.0.0.1:22`", of_local}},
    Row{"remoteport", {port, of_kind}},
    Row{"customdomains hostname hostnames domain domains url",
        {"the host is the value of `http`, like `http: app.example.com`, or of `tls`", of_kind}},
    Row{"subdomain",
        {"write the host in full, below the server's `domain`: like `http: app.tunnel.example.com`", of_kind}},
    Row{"proxies tunnels endpoints ingress tunnel services", {services, {}}},
    Row{"start", {"a service is not offered if it has `enabled: off`", {}}},
    Row{"store", {"services are kept in this file, which is read again when it changes", {}}},
    Row{"metadatas metadata annotations description labels tag",
        {"services have no metadata: logs, metrics and plugins use their `name`; a client has `metadata`, like "
         "{site: barn}",
         {}}},
    // --- the public side ---
    Row{"vhosthttpport vhosthttpsport",
        {"the listen address for HTTP visitors is `http_bind` in `server:`, with TLS `https_bind`", {}}},
    Row{"vhosthttptimeout",
        {"the time limit for a backend to begin its response is `first_byte_timeout`, in `http` of `server:` or in "
         "`limits` of a service",
         {}}},
    Row{"custom404page", {"error pages are `pages` in `http` of `server:`, like `http: {pages: {404: 404.html}}`", {}}},
    Row{"detailederrorstoclient", {"a client always gets the reason of a refusal", {}}},
    Row{"subdomainhost", {"the domain for assigned hosts is `domain` in `server:`", {}}},
    Row{"allowports", {"the ports that clients may use are `allow_ports` in `server:`", {}}},
    Row{"maxportsperclient",
        {"the maximum number of ports for the clients of a token is `ports_per_token` in `server:`", {}}},
    Row{"userconntimeout", {"the time limit for a client to connect a visitor is `open_timeout` in `timing`", {}}},
    Row{"sshtunnelgateway", {"there is no gateway for ssh clients; use `ferrotunnel tcp 22`, which needs no file", {}}},
    // --- HTTP ---
    Row{"locations", {"the path of an HTTP service is `path`, one for each service", {}}},
    Row{"hostheaderrewrite httphostheader", {"the Host that the backend receives is `host_header`", {}}},
    Row{"requestheader requestheaders requestheaders.set",
        {"changes of request headers are `request_headers`, like `{set: {X-From: here}}`", {}}},
    Row{"responseheader responseheaders responseheaders.set",
        {"changes of response headers are `response_headers`, like `{set: {X-From: here}}`", {}}},
    Row{"routebyhttpuser", {"visitors are not routed by user name; an `http` service has a host and a `path`", {}}},
    Row{"proxyprotocolversion proxyproto",
        {"the visitor's address is sent with `proxy_protocol` of a service, like `proxy_protocol: v2`", {}}},
    Row{"originrequest",
        {"the keys below it are keys of the service: `backend_insecure`, `backend_ca`, `backend_name`, `host_header`",
         {}}},
    Row{"originservername matchsnitohost", {"the name that the backend's certificate must have is `backend_name`", {}}},
    Row{"capool rootcas", {"the CAs of a backend's certificate are `backend_ca`, those of the server's `tls_ca`", {}}},
    Row{"notlsverify verifyupstreamtls",
        {"`backend_insecure: on` turns off verification of a backend's certificate; `backend_ca` is better", {}}},
    Row{"http2origin", {"a backend with HTTP/2 is `local: h2c://HOST:PORT`, or `h2://HOST:PORT` over TLS", of_local}},
    Row{"connecttimeout tlstimeout",
        {"the time limit for a backend to accept a connection is `backend_connect_timeout` in `limits` of a service",
         {}}},
    Row{"keepaliveconnections keepalivetimeout",
        {"idle connections to backends are limited by `pool_per_service` and `pool_idle_timeout` in `http` of "
         "`server:`",
         {}}},
    Row{"bastionmode proxytype proxyaddress proxyport iprules socks warprouting",
        {"a client acts as a proxy with `local: exit` and `allow`, the list of destinations", of_local}},
    Row{"nohappyeyeballs disablechunkedencoding websockettcpconverter", {nothing_needed, {}}},
    // --- tunnel connections ---
    Row{"transport",
        {"encryption and multiplexing need no settings; the visitor's address is sent with `proxy_protocol` of a "
         "service",
         {}}},
    Row{"transport.type transport.protocol transport.quic quic transport.kcp transport.noise transport.websocket "
        "kcpbindport quicbindport",
        {"clients connect over TCP only, to `bind`", {}}},
    Row{"tcpmux transport.tcpmux tcpmuxkeepaliveinterval", {"multiplexing is always on", {}}},
    Row{"poolcount maxpoolcount haconnections",
        {"visitors are streams on open tunnel connections; `connections` of the client sets the number of these", {}}},
    Row{"heartbeatinterval heartbeattimeout heartbeattolerance dialserverkeepalive",
        {"a dead connection is detected after `ping_interval` and `dead_interval` in `timing`", {}}},
    Row{"dialservertimeout", {"the time limit for a login is `handshake_timeout` in `timing`", {}}},
    Row{"tcpkeepalive keepalivesecs keepaliveinterval nodelay transport.tcp",
        {"sockets need no settings; a dead connection is detected after `ping_interval` and `dead_interval` in "
         "`timing`",
         {}}},
    Row{"retryinterval",
        {"the waits of a client before it reconnects are `reconnect_first` and `reconnect_max` in `timing`", {}}},
    Row{"loginfailexit retries",
        {"a client in a file retries forever; `attempts: 1` ends it after a failure, and `retry_refused: 0` after a "
         "refusal",
         {}}},
    Row{"graceperiod", {"the time for connected visitors to finish at the end is `drain`", {}}},
    Row{"useencryption tlsonly postquantum transport.tls tlsenable tls.enable disablecustomtlsfirstbyte",
        {"everything between client and server is encrypted with TLS 1.3, unless both have `tls: off`", {}}},
    Row{"tlscertfile tlskeyfile tls.certfile tls.keyfile",
        {"the server's own certificate is `tls_cert` with `tls_key`, in `server:`", {}}},
    Row{"tlstrustedcafile tlsservername tls.trustedcafile tls.servername",
        {"the server that a client accepts is set by `tls_pin` or `tls_ca`, in `client:`", {}}},
    Row{"usecompression compression",
        {"the tunnel does not compress; the plugin `compress` compresses HTTP responses; see `plugins`", {}}},
    Row{"udppacketsize", {"datagrams of any size that UDP allows are forwarded", {}}},
    Row{"bandwidthlimit bandwidthlimitmode",
        {"bandwidth is a right of a token, `service_bytes_per_second`; see docs/coming-from.md", {}}},
    // --- private services ---
    Row{"stcp", {private_tcp, of_kind}},
    Row{"xtcp", {no_xtcp, of_kind}},
    Row{"natholestunserver natholeanalysisdatareservehours nattraversal keeptunnelopen maxretriesanhour "
        "minretryinterval fallbackto fallbacktimeoutms",
        {no_xtcp, {}}},
    Row{"visitors", {"the services of other clients to reach from here are the list `visits` in `client:`", {}}},
    Row{"role servername serveruser",
        {"the services of other clients to reach from here are the list `visits` in `client:`, by the service's "
         "`name`",
         {}}},
    Row{"secretkey sk", {"the secret for visitors of a private service is its `key`, with `tcp: private`", {}}},
    Row{"allowusers",
        {"the tokens whose clients may visit private services are `visited_by` of a token, in `server:`", {}}},
    Row{"udp", {no_udp, of_kind}},
    Row{"sudp", {private_udp, of_kind}},
    Row{"multiplexer tcpmuxhttpconnectport tcpmuxpassthrough", {no_tcpmux, of_kind}},
    // --- several clients, health, guards ---
    Row{"healthcheck healthchecktype healthchecktimeouts healthcheckmaxfailed healthcheckintervals healthcheckurl",
        {"here it is `health` of a service", {}}},
    Row{"loadbalancer loadbalancer.group loadbalancer.groupkey group groupkey poolingenabled",
        {"clients that share a service have the same `group`", {}}},
    Row{"circuitbreaker",
        {"a failing backend gets no visitors for a while with `eject` of its service, or the plugin "
         "`circuit-breaker`",
         {}}},
    Row{"httpuser httppassword httppwd basicauth oauth",
        {"passwords of visitors are checked by the plugin `auth`; see `plugins`", {}}},
    Row{"oidc access",
        {"logins at other services are checked by the plugins `jwt` and `forward-auth`; see `plugins`", {}}},
    Row{"iprestriction iprestrictions",
        {"addresses are allowed and refused by the plugin `ip-filter`; see `plugins`", {}}},
    Row{"useragentfilter",
        {"requests are refused by a condition, `when`, of a plugin in the server's chain; see docs/plugins/when.md",
         {}}},
    Row{"verifywebhook webhookverification",
        {"signatures are checked by the plugin `webhook-verify`; see `plugins`", {}}},
    Row{"mutualtlscas",
        {"to require client certificates from visitors of a host, list the host in `client_certificates` of "
         "`https` in `server:`",
         {}}},
    Row{"plugin pluginlocaladdr pluginunixpath pluginhttpuser pluginhttppasswd pluginuser pluginpasswd pluginlocalpath "
        "pluginstripprefix pluginhostheaderrewrite plugincrtpath pluginkeypath",
        {"frp's client plugins correspond to `local`: `files:FOLDER`, `unix:PATH`, `exit`, `https://HOST:PORT`",
         of_local}},
    Row{"httpplugins", {"the plugin `hooks` asks a program about clients and services; see `plugins`", {}}},
    Row{"trafficpolicy policy",
        {"a policy is the server's chain of `plugins`; rules of a service are keys of it, like `request_headers`", {}}},
    // --- monitoring ---
    Row{"enableprometheus", {"the listen address for Prometheus is `metrics`, like `metrics: default`", {}}},
    Row{"webserver dashboardaddr dashboardport dashboarduser dashboardpwd dashboardtlsmode adminaddr adminport "
        "adminuser "
        "adminpwd assetsdir inspect webaddr weballowhosts",
        {"here it is `dashboard`, with `dashboard_token_file` and `dashboard_tls_cert` for access from other machines",
         {}}},
    Row{"inspectdbsize", {"the memory of the inspector is limited by `inspect_memory` in `client:`", {}}},
    Row{"consoleui consoleuicolor",
        {"a client at a terminal shows its status, and requests with `inspect: on` in `client:`", {}}},
    Row{"pprofenable featuregates virtualnet remotemanagement bindings noautoupdate autoupdatefreq updatechannel "
        "updatecheck pidfile",
        {nothing_needed, {}}},
    Row{"agent", {"the keys below it are keys of `client:`, like `token` and `proxy`", {}}},
};

// Equivalents of the values of a service's `type` in other programs.
inline constexpr std::array types{
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

}  // namespace ferrotunnel::config::foreign
