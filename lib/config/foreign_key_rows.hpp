// The keys of frp, rathole, ngrok and cloudflared, with what they are called here. Only foreign_keys.cpp includes this.
#pragma once

#include <array>
#include <string_view>

#include "config/foreign_keys.hpp"

namespace ferrotunnel::config::foreign {

struct Row {
    std::string_view words;  // lower case, without '_' and '-', separated by blanks
    ForeignKey meaning;
};

inline constexpr std::string_view of_kind = "kind";
inline constexpr std::string_view of_local = "local";

inline constexpr std::string_view services = "the services to offer are the list `services` in `client:`";
inline constexpr std::string_view port = "the public port is the value of `tcp`, like `tcp: 2222`";
inline constexpr std::string_view private_tcp =
    "here that is `tcp: private` with a `key`: without a public port, reached by `ferrotunnel visit`";
inline constexpr std::string_view private_udp =
    "here that is `udp: private` with a `key`: without a public port, reached by `ferrotunnel visit`";
inline constexpr std::string_view no_xtcp =
    "there is no xtcp; the nearest to it is `tcp: private` with a `key`, encrypted between the clients, by the server";
inline constexpr std::string_view no_udp =
    "here UDP is the key `udp` of a service, whose value is the public port: `udp: 53`";
inline constexpr std::string_view no_tcpmux = "there is no tcpmux; the nearest to it is `tls: HOST`";
inline constexpr std::string_view nothing_needed = "there is nothing like it, and nothing has to be set for it";

// Sections whose keys are looked up one by one, since they have little in common: `transport: {bandwidthLimit: 1MB}`.
inline constexpr std::array gathering{std::string_view("transport"), std::string_view("originrequest"),
                                      std::string_view("agent")};

// A name with a section in front, like "transport.type", wins over the name without it.
inline constexpr std::array rows{
    // --- addresses, secrets, logs ---
    Row{"serveraddr serverport remoteaddr connecturl",
        {"the server's address is `server` in `client:`, like tunnel.example.com:7835", {}}},
    Row{"auth auth.token authtoken defaulttoken credentialsfile authenticationmethod privilegetoken origincert apikey "
        "authenticateheartbeats authenticatenewworkconns credentialscontents",
        {"the shared secret is `token`, like `token: file:PATH`", {}}},
    Row{"bindaddr bindport",
        {"where the server listens for clients is `bind` in `server:`, like `bind: 0.0.0.0:7835`", {}}},
    Row{"proxybindaddr", {"the address of the public ports is `tcp_bind` in `server:`, like `tcp_bind: 0.0.0.0`", {}}},
    Row{"proxyurl httpproxy",
        {"the way out through a proxy is `proxy` in `client:`, like `proxy: http://HOST:3128`", {}}},
    Row{"dnsserver dnsresolverips preferipv6 edgeipversion edgebindaddress connectserverlocalip region",
        {"names are resolved as the system is set up to, and all of a name's addresses are tried", {}}},
    Row{"user clientid", {"clients are told apart by their tokens, each with a `name` in `token` of the server", {}}},
    Row{"log logfile loglevel logmaxdays logformat logdirectory disablelogcolor transportloglevel",
        {"what is logged is said by `log` at the top level of the file, like `log: {level: info}`; it is written to "
         "the "
         "standard error stream",
         {}}},
    Row{"include includes", {"other files may be included at most by `include` at the top level of the file", {}}},
    // --- what is offered ---
    Row{"type proto protocol schemes",
        {"what kind a service is, its first key says: `tcp: PORT`, `http: HOST` or `tls: HOST`", of_kind}},
    Row{"localip localport localaddr addr service upstream",
        {"where visitors are connected to is `local`, like `local: 127.0.0.1:22`", of_local}},
    Row{"remoteport", {port, of_kind}},
    Row{"customdomains hostname hostnames domain domains url",
        {"the host is the value of `http`, like `http: app.example.com`, or of `tls`", of_kind}},
    Row{"subdomain",
        {"the host is written whole, below the server's `domain`: like `http: app.tunnel.example.com`", of_kind}},
    Row{"proxies tunnels endpoints ingress tunnel services", {services, {}}},
    Row{"start", {"a service that is not to be offered has `enabled: off`", {}}},
    Row{"store", {"services are kept in this file, which is read again when it changes", {}}},
    Row{"metadatas metadata annotations description labels tag",
        {"there are no notes about clients and services; `name` is what logs, metrics and plugins call them", {}}},
    // --- the public side ---
    Row{"vhosthttpport vhosthttpsport",
        {"where HTTP visitors come in is `http_bind` in `server:`, by TLS `https_bind`", {}}},
    Row{"vhosthttptimeout",
        {"how long a backend may take until its answer begins is `first_byte_timeout`, in `http` of `server:` or in "
         "`limits` of a service",
         {}}},
    Row{"custom404page",
        {"pages for errors are `pages` in `http` of `server:`, like `http: {pages: {404: 404.html}}`", {}}},
    Row{"detailederrorstoclient", {"a client is always told why something is refused", {}}},
    Row{"subdomainhost", {"the name that hosts are assigned below is `domain` in `server:`", {}}},
    Row{"allowports", {"the ports that clients may have are `allow_ports` in `server:`", {}}},
    Row{"maxportsperclient",
        {"how many ports the clients of one token may have is `ports_per_token` in `server:`", {}}},
    Row{"userconntimeout", {"how long a client may take to connect a visitor is `open_timeout` in `timing`", {}}},
    Row{"sshtunnelgateway",
        {"there is no gateway for ssh as a client; without a file, `ferrotunnel tcp 22` is one line", {}}},
    // --- HTTP ---
    Row{"locations", {"the path of an HTTP service is `path`, one a service", {}}},
    Row{"hostheaderrewrite httphostheader", {"what the backend sees as Host is `host_header`", {}}},
    Row{"requestheader requestheaders requestheaders.set",
        {"what is done to headers is `request_headers`, like `{set: {X-From: here}}`", {}}},
    Row{"responseheader responseheaders responseheaders.set",
        {"what is done to headers of answers is `response_headers`, like `{set: {X-From: here}}`", {}}},
    Row{"routebyhttpuser",
        {"visitors are not told apart by their user names; an `http` service has a host and a `path`", {}}},
    Row{"proxyprotocolversion proxyproto",
        {"the visitor's address is told by `proxy_protocol` of a service, like `proxy_protocol: v2`", {}}},
    Row{"originrequest",
        {"what stands below it are keys of the service: `backend_insecure`, `backend_ca`, `backend_name`, "
         "`host_header`",
         {}}},
    Row{"originservername matchsnitohost",
        {"the name that the backend's certificate has to have is `backend_name`", {}}},
    Row{"capool rootcas", {"the CAs of a backend's certificate are `backend_ca`, those of the server's `tls_ca`", {}}},
    Row{"notlsverify verifyupstreamtls",
        {"a backend's certificate is not verified with `backend_insecure: on`; better is `backend_ca`", {}}},
    Row{"http2origin", {"a backend with HTTP/2 is `local: h2c://HOST:PORT`, or `h2://HOST:PORT` over TLS", of_local}},
    Row{"connecttimeout tlstimeout",
        {"how long a backend may take to accept a connection is `backend_connect_timeout` in `limits` of a service",
         {}}},
    Row{"keepaliveconnections keepalivetimeout",
        {"connections to backends are kept as `pool_per_service` and `pool_idle_timeout` in `http` of `server:` say",
         {}}},
    Row{"bastionmode proxytype proxyaddress proxyport iprules socks warprouting",
        {"a client that is a proxy itself has `local: exit`, with the list `allow` of where it may lead", of_local}},
    Row{"nohappyeyeballs disablechunkedencoding websockettcpconverter", {nothing_needed, {}}},
    // --- the way between client and server ---
    Row{"transport",
        {"encryption and multiplexing need no set-up; the visitor's address is told by `proxy_protocol` of a service",
         {}}},
    Row{"transport.type transport.protocol transport.quic quic transport.kcp transport.noise transport.websocket "
        "kcpbindport quicbindport",
        {"clients come by TCP alone, to `bind`", {}}},
    Row{"tcpmux transport.tcpmux tcpmuxkeepaliveinterval", {"multiplexing is always on", {}}},
    Row{"poolcount maxpoolcount haconnections",
        {"visitors are streams of connections that are there already; how many a client has is `connections`", {}}},
    Row{"heartbeatinterval heartbeattimeout heartbeattolerance dialserverkeepalive",
        {"how soon a dead connection is noticed is `ping_interval` and `dead_interval` in `timing`", {}}},
    Row{"dialservertimeout", {"how long a login may take is `handshake_timeout` in `timing`", {}}},
    Row{"tcpkeepalive keepalivesecs keepaliveinterval nodelay transport.tcp",
        {"sockets need no set-up; how soon a dead connection is noticed is `ping_interval` and `dead_interval` in "
         "`timing`",
         {}}},
    Row{"retryinterval",
        {"how long a client waits before it connects again is `reconnect_first` and `reconnect_max` in "
         "`timing`",
         {}}},
    Row{"loginfailexit retries",
        {"a client in a file continues trying; it ends with `attempts: 1`, and where it is refused with "
         "`retry_refused: "
         "0`",
         {}}},
    Row{"graceperiod", {"how long present visitors may stay at the end is `drain`", {}}},
    Row{"useencryption tlsonly postquantum transport.tls tlsenable tls.enable disablecustomtlsfirstbyte",
        {"everything between client and server is encrypted by TLS 1.3, unless both have `tls: off`", {}}},
    Row{"tlscertfile tlskeyfile tls.certfile tls.keyfile",
        {"a certificate of the server's own is `tls_cert` with `tls_key`, in `server:`", {}}},
    Row{"tlstrustedcafile tlsservername tls.trustedcafile tls.servername",
        {"which server a client accepts is `tls_pin` or `tls_ca`, in `client:`", {}}},
    Row{"usecompression compression",
        {"the tunnel does not compress; what HTTP backends answer is compressed by the plugin `compress`; see "
         "`plugins`",
         {}}},
    Row{"udppacketsize", {"datagrams have any size that UDP has", {}}},
    Row{"bandwidthlimit bandwidthlimitmode",
        {"bandwidth is a right of a token, `service_bytes_per_second`; see docs/coming-from.md", {}}},
    // --- private services ---
    Row{"stcp", {private_tcp, of_kind}},
    Row{"xtcp", {no_xtcp, of_kind}},
    Row{"natholestunserver natholeanalysisdatareservehours nattraversal keeptunnelopen maxretriesanhour "
        "minretryinterval fallbackto fallbacktimeoutms",
        {no_xtcp, {}}},
    Row{"visitors", {"what this machine reaches of other clients is the list `visits` in `client:`", {}}},
    Row{"role servername serveruser",
        {"what this machine reaches of other clients is the list `visits` in `client:`, by the service's `name`", {}}},
    Row{"secretkey sk", {"what visitors of a private service prove is its `key`, with `tcp: private`", {}}},
    Row{"allowusers",
        {"which other tokens' clients may visit private services is `visited_by` of a token, in `server:`", {}}},
    Row{"udp", {no_udp, of_kind}},
    Row{"sudp", {private_udp, of_kind}},
    Row{"multiplexer tcpmuxhttpconnectport tcpmuxpassthrough", {no_tcpmux, of_kind}},
    // --- several clients, health, guards ---
    Row{"healthcheck healthchecktype healthchecktimeouts healthcheckmaxfailed healthcheckintervals healthcheckurl",
        {"here it is `health` of a service", {}}},
    Row{"loadbalancer loadbalancer.group loadbalancer.groupkey group groupkey poolingenabled",
        {"clients that share a service say the same `group`", {}}},
    Row{"circuitbreaker",
        {"a backend that fails is left alone by `eject` of its service, or the plugin `circuit-breaker`", {}}},
    Row{"httpuser httppassword httppwd basicauth oauth",
        {"visitors are asked for passwords by the plugin `auth`; see `plugins`", {}}},
    Row{"oidc access",
        {"visitors with tokens of others are let in by the plugins `jwt` and `forward-auth`; see `plugins`", {}}},
    Row{"iprestriction iprestrictions",
        {"addresses are allowed and refused by the plugin `ip-filter`; see `plugins`", {}}},
    Row{"useragentfilter",
        {"requests are refused by a condition, `when`, of a plugin in the server's chain; see docs/plugins/when.md",
         {}}},
    Row{"verifywebhook webhookverification",
        {"signatures are checked by the plugin `webhook-verify`; see `plugins`", {}}},
    Row{"mutualtlscas", {"visitors show certificates where `client_certificates` in `https` of `server:` says so", {}}},
    Row{"plugin pluginlocaladdr pluginunixpath pluginhttpuser pluginhttppasswd pluginuser pluginpasswd pluginlocalpath "
        "pluginstripprefix pluginhostheaderrewrite plugincrtpath pluginkeypath",
        {"what frp's client plugins do is said by `local`: `files:FOLDER`, `unix:PATH`, `exit`, `https://HOST:PORT`",
         of_local}},
    Row{"httpplugins", {"programs are asked about clients and services by the plugin `hooks`; see `plugins`", {}}},
    Row{"trafficpolicy policy",
        {"a policy is the server's chain of `plugins`; rules of a service are keys of it, like `request_headers`", {}}},
    // --- looking at it ---
    Row{"enableprometheus", {"what Prometheus reads is at `metrics`, like `metrics: default`", {}}},
    Row{"webserver dashboardaddr dashboardport dashboarduser dashboardpwd dashboardtlsmode adminaddr adminport "
        "adminuser "
        "adminpwd assetsdir inspect webaddr weballowhosts",
        {"here it is `dashboard`, with `dashboard_token_file` and `dashboard_tls_cert` where others are to reach it",
         {}}},
    Row{"inspectdbsize", {"what the inspector keeps is bounded by `inspect_memory` in `client:`", {}}},
    Row{"consoleui consoleuicolor",
        {"a client at a terminal shows what happens; requests too with `inspect: on` in `client:`", {}}},
    Row{"pprofenable featuregates virtualnet remotemanagement bindings noautoupdate autoupdatefreq updatechannel "
        "updatecheck pidfile",
        {nothing_needed, {}}},
    Row{"agent", {"what stands below it are keys of `client:`, like `token` and `proxy`", {}}},
};

// What the values of a service's `type` in other programs correspond to.
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
