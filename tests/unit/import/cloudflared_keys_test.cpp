// Files of cloudflared: every key, and paths of rules.
#include <catch2/catch.hpp>

#include "cli/import/cloudflared_routing.hpp"
#include "cli/import/readers.hpp"
#include "reading.hpp"

namespace ferrotunnel::cli::importing {
namespace {

constexpr std::string_view whole_tunnel = R"(tunnel: 00000000-1111-2222-3333-444444444444
credentials-file: /etc/cloudflared/tunnel.json
credentials-contents: "{}"
origincert: cert.pem
name: house
token: secret-of-an-account
region: us
edge: 192.0.2.1:7844
edge-ip-version: auto
edge-bind-address: 192.0.2.2
cacert: edge.pem
api-url: https://api.example.com
protocol: quic
post-quantum: true
retries: 7
max-edge-addr-retries: 8
grace-period: 45s
heartbeat-interval: 10s
heartbeat-count: 4
ha-connections: 4
loglevel: fatal
transport-loglevel: warn
logfile: /var/log/cloudflared.log
log-directory: /var/log/cloudflared
output: json
trace-output: trace.out
metrics: localhost:2000
metrics-update-freq: 5s
pidfile: /run/cloudflared.pid
label: house-1
tag: [rack=3]
features: [something]
compression-quality: 1
max-active-flows: 1000
rpc-timeout: 5s
write-stream-timeout: 10s
dial-edge-timeout: 15s
autoupdate-freq: 24h
no-autoupdate: true
lb-pool: pool
icmpv4-src: 192.0.2.3
icmpv6-src: "2001:db8::3"
dns-resolver-addrs: ["192.0.2.53:53"]
proxy-dns: true
proxy-dns-port: 5053
proxy-dns-address: 127.0.0.1
proxy-dns-upstream: ["https://dns.example.com/dns-query"]
disable-path-normalization: false
warp-routing:
  enabled: true
  connectTimeout: 5s
  tcpKeepAlive: 30s
originRequest:
  connectTimeout: 30s
  tlsTimeout: 10s
  tcpKeepAlive: 30s
  noHappyEyeballs: false
  keepAliveConnections: 100
  keepAliveTimeout: 90s
  httpHostHeader: common.internal
  originServerName: common.internal
  matchSNItoHost: true
  caPool: common.pem
  noTLSVerify: false
  disableChunkedEncoding: true
  http2Origin: false
  bastionMode: false
  proxyAddress: 127.0.0.1
  proxyPort: 0
  proxyType: ""
ingress:
  - hostname: app.example.com
    path: ^/api(/.*)?$
    service: https://localhost:8443
    originRequest:
      connectTimeout: 3s
      httpHostHeader: api.internal
      originServerName: api.internal
      caPool: api.pem
      noTLSVerify: true
      http2Origin: true
      access:
        required: true
        teamName: people
        audTag: [abc]
  - hostname: app.example.com
    service: http://localhost:8000
  - hostname: shell.example.com
    service: ssh://localhost:22
  - hostname: exit.example.com
    service: socks-proxy
    originRequest:
      proxyType: socks
      ipRules:
        - {prefix: 10.0.0.0/8, ports: [80, 443], allow: true}
        - {prefix: "fc00::/7", allow: true}
  - hostname: hello.example.com
    service: hello_world
  - service: http_status:404
)";

}  // namespace

TEST_CASE("each key of cloudflared is imported or listed", "[import][cloudflared]") {
    const Reading reading = read_yaml(read_cloudflared, whole_tunnel);
    CHECK(reading.forgotten() == std::vector<std::string>());
    CHECK(reading.client() == R"(server: tunnel.example.com
token: file:token
metrics: localhost:2000
drain: 45s
timing:
  ping_interval: 10s
name: house-1
metadata:
  rack: 3
connections: 4
services:
  - name: shell.example.com
    tcp: private
    local: localhost:22
    key: file:shell.example.com.key
  - name: exit.example.com
    tcp: private
    local: exit
    key: file:exit.example.com.key
    allow: ["10.0.0.0/8:80,443", "[fc00::/7]"]
  - http: app.example.com
    local: h2://localhost:8443
    path: /api
    host_header: api.internal
    limits:
      backend_connect_timeout: 3s
    backend_name: api.internal
    backend_insecure: on
    plugins:
      - ip-filter:
          deny: [0.0.0.0/0, "::/0"]
  - http: app.example.com
    local: http://localhost:8000
    host_header: common.internal
    limits:
      backend_connect_timeout: 10s
)");
    for (const std::string_view key : {"edge-bind-address",
                                       "retries",
                                       "logfile",
                                       "log-directory",
                                       "trace-output",
                                       "pidfile",
                                       "compression-quality",
                                       "max-active-flows",
                                       "write-stream-timeout",
                                       "lb-pool",
                                       "icmpv4-src",
                                       "icmpv6-src",
                                       "dns-resolver-addrs",
                                       "proxy-dns",
                                       "proxy-dns-port",
                                       "proxy-dns-address",
                                       "proxy-dns-upstream",
                                       "warp-routing.enabled",
                                       "warp-routing.connectTimeout",
                                       "originRequest.tlsTimeout",
                                       "originRequest.keepAliveConnections",
                                       "originRequest.keepAliveTimeout",
                                       "originRequest.disableChunkedEncoding",
                                       "originRequest.matchSNItoHost",
                                       "ingress[1].originRequest.access",
                                       "ingress[5]"}) {
        INFO(key);
        CHECK(reading.has_lost(key));
    }
    CHECK(reading.asks("the service rejects all visitors"));
}

TEST_CASE("unknown keys of cloudflared are lost", "[import][cloudflared]") {
    const Reading reading =
        read_yaml(read_cloudflared, "tunnel: a\ncolour: blue\ningress:\n  - service: http_status:404\n    shape: 3\n");
    CHECK(reading.has_lost("colour"));
    CHECK(reading.has_lost("ingress[1].shape"));
}

TEST_CASE("files of cloudflared are recognised", "[import][cloudflared]") {
    const auto looks = [](std::string_view text) {
        return looks_like_cloudflared(parse_source("file", text, Format::yaml));
    };
    CHECK(looks(whole_tunnel));
    CHECK(looks("url: http://localhost:8000\ntunnel: abc\n"));
    CHECK_FALSE(looks("authtoken: a\ntunnels:\n  a:\n    addr: 80\n"));
    CHECK_FALSE(looks("client:\n  server: a.example.com\n"));
}

TEST_CASE("expressions for a part of a path become expressions for all of it", "[import][cloudflared]") {
    using cloudflared::whole_path_expression;
    CHECK(whole_path_expression("/api") == ".*/api.*");
    CHECK(whole_path_expression("^/api") == "/api.*");
    CHECK(whole_path_expression("^/api/.*") == "/api/.*");
    CHECK(whole_path_expression("\\.(jpg)$") == ".*\\.(jpg)");
    CHECK(whole_path_expression("\\.(jpg|png)$") == ".*(?:\\.(jpg|png)$).*");
    CHECK(whole_path_expression("^/price\\$") == "/price\\$.*");
    CHECK(whole_path_expression("(?i)^/api") == ".*(?:(?i)^/api).*");
}

TEST_CASE("simple expressions become paths", "[import][cloudflared]") {
    using cloudflared::plain_path;
    CHECK(plain_path("^/api(/.*)?$") == "/api");
    CHECK(plain_path("^/a/b(?:/|$)") == "/a/b");
    CHECK(plain_path("^/status$") == "= /status");
    CHECK(plain_path("^/api").empty());
    CHECK(plain_path("/api").empty());
    CHECK(plain_path("^/a.b$").empty());
}

}  // namespace ferrotunnel::cli::importing
