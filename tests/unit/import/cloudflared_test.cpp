// Files of cloudflared: every key, and set-ups as they are in use.
#include <catch2/catch.hpp>

#include "cli/import/cloudflared_routing.hpp"
#include "cli/import/readers.hpp"
#include "reading.hpp"

namespace ferrotunnel::cli::importing {
namespace {

Reading tunnel(std::string_view text) {
    return read(read_cloudflared, {{"config.yml", Format::yaml, text}});
}

std::string services(const Reading& reading) {
    const std::string text = reading.client();
    const std::size_t begin = text.find("services:");
    return begin == std::string::npos ? std::string() : text.substr(begin);
}

constexpr std::string_view whole = R"(tunnel: 00000000-1111-2222-3333-444444444444
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
    const Reading reading = tunnel(whole);
    CHECK(reading.forgotten() == std::vector<std::string>());
    CHECK(reading.client() == R"(server: tunnel.example.com
token: file:token
metrics: localhost:2000
drain: 45s
timing:
  ping_interval: 10s
name: house-1
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
    backend_ca: api.pem
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
                                       "tag",
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
    const Reading reading = tunnel("tunnel: a\ncolour: blue\ningress:\n  - service: http_status:404\n    shape: 3\n");
    CHECK(reading.has_lost("colour"));
    CHECK(reading.has_lost("ingress[1].shape"));
}

TEST_CASE("files of cloudflared are recognised", "[import][cloudflared]") {
    const auto looks = [](std::string_view text) {
        return looks_like_cloudflared(parse_source("file", text, Format::yaml));
    };
    CHECK(looks(whole));
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

TEST_CASE("set-up of cloudflared: one site", "[import][cloudflared]") {
    const Reading reading = tunnel(R"(tunnel: my-tunnel
credentials-file: /root/.cloudflared/my-tunnel.json
ingress:
  - hostname: www.example.com
    service: http://localhost:8080
  - service: http_status:404
)");
    CHECK(reading.client() == R"(server: tunnel.example.com
token: file:token
services:
  - http: www.example.com
    local: http://localhost:8080
)");
    CHECK(reading.draft.lost.empty());
    CHECK(reading.has_skipped("ingress[2]"));
    CHECK(reading.asks("point the DNS entries of these hosts to your server: www.example.com"));
}

TEST_CASE("set-up of cloudflared: several hosts of a home", "[import][cloudflared]") {
    const Reading reading = tunnel(R"(tunnel: home
ingress:
  - hostname: photos.example.com
    service: http://192.168.1.10:2342
  - hostname: Files.example.com
    service: http://192.168.1.11
  - hostname: socket.example.com
    service: unix:/run/app.sock
  - hostname: chat.example.com
    service: ws://localhost:9000
  - service: http_status:404
)");
    CHECK(services(reading) == R"(services:
  - http: photos.example.com
    local: http://192.168.1.10:2342
  - http: files.example.com
    local: http://192.168.1.11
  - http: socket.example.com
    local: unix:/run/app.sock
  - http: chat.example.com
    local: http://localhost:9000
)");
}

TEST_CASE("set-up of cloudflared: paths of one host keep their order", "[import][cloudflared]") {
    const Reading reading = tunnel(R"(tunnel: paths
ingress:
  - hostname: app.example.com
    path: ^/api/v1
    service: http://localhost:8001
  - hostname: app.example.com
    path: /api
    service: http://localhost:8002
  - hostname: app.example.com
    service: http://localhost:8000
  - service: http_status:404
)");
    CHECK(services(reading) == R"(services:
  - http: app.example.com
    local: http://localhost:8001
    path: "~ /api/v1.*"
  - http: app.example.com
    local: http://localhost:8002
    path: "~ .*/api.*"
  - http: app.example.com
    local: http://localhost:8000
)");
    CHECK(reading.asks("matches /api anywhere in a path"));
}

TEST_CASE("set-up of cloudflared: a backend with a certificate of its own", "[import][cloudflared]") {
    const Reading reading = tunnel(R"(tunnel: nas
ingress:
  - hostname: nas.example.com
    service: https://192.168.1.2:5001
    originRequest:
      noTLSVerify: true
  - hostname: cloud.example.com
    service: https://127.0.0.1
    originRequest:
      originServerName: cloud.example.com
      caPool: /etc/ssl/own-ca.pem
  - service: http_status:404
)");
    CHECK(services(reading) == R"(services:
  - http: nas.example.com
    local: https://192.168.1.2:5001
    backend_insecure: on
  - http: cloud.example.com
    local: https://127.0.0.1
    backend_ca: /etc/ssl/own-ca.pem
    backend_name: cloud.example.com
)");
}

TEST_CASE("set-up of cloudflared: ssh and a remote desktop stay private", "[import][cloudflared]") {
    const Reading reading = tunnel(R"(tunnel: remote
ingress:
  - hostname: ssh.example.com
    service: ssh://localhost:2022
  - hostname: pc.example.com
    service: rdp://192.168.1.30
  - hostname: db.example.com
    service: tcp://localhost:5432
  - service: http_status:404
)");
    CHECK(services(reading) == R"(services:
  - name: ssh.example.com
    tcp: private
    local: localhost:2022
    key: file:ssh.example.com.key
  - name: pc.example.com
    tcp: private
    local: 192.168.1.30:3389
    key: file:pc.example.com.key
  - name: db.example.com
    tcp: private
    local: localhost:5432
    key: file:db.example.com.key
)");
    CHECK(reading.asks("ferrotunnel visit ssh.example.com"));
    CHECK(reading.draft.secrets.size() == 4);  // with the token
}

TEST_CASE("set-up of cloudflared: every subdomain, one host of its own", "[import][cloudflared]") {
    const Reading reading = tunnel(R"(tunnel: wild
ingress:
  - hostname: api.example.com
    path: /v2
    service: http://localhost:9000
  - hostname: "*.example.com"
    service: http://localhost:8080
  - service: http_status:404
)");
    CHECK(services(reading) == R"(services:
  - http: api.example.com
    local: http://localhost:9000
    path: "~ .*/v2.*"
  - http: ["**.example.com", api.example.com]
    local: http://localhost:8080
)");
}

TEST_CASE("set-up of cloudflared: a rule for all that remains", "[import][cloudflared]") {
    const Reading reading = tunnel(R"(tunnel: all
ingress:
  - hostname: old.example.com
    service: http_status:410
  - service: http://localhost:80
)");
    CHECK(services(reading) == R"(services:
  - name: rejected-1
    http: old.example.com
    local: 127.0.0.1:9
    plugins:
      - ip-filter:
          deny: [0.0.0.0/0, "::/0"]
  - http: "*"
    local: http://localhost:80
)");
    CHECK(reading.asks("list the hosts of this tunnel instead"));
}

TEST_CASE("set-up of cloudflared: a rejected path stays rejected", "[import][cloudflared]") {
    const Reading reading = tunnel(R"(tunnel: admin
ingress:
  - hostname: app.example.com
    path: ^/admin
    service: http_status:403
  - hostname: app.example.com
    service: http://localhost:3000
  - hostname: late.example.com
    path: ^/x
    service: http_status:404
  - service: http_status:503
)");
    CHECK(services(reading) == R"(services:
  - name: rejected-1
    http: app.example.com
    local: 127.0.0.1:9
    path: "~ /admin.*"
    plugins:
      - ip-filter:
          deny: [0.0.0.0/0, "::/0"]
  - http: app.example.com
    local: http://localhost:3000
)");
    CHECK(reading.has_lost("ingress[4]"));
    CHECK(reading.asks("these requests get 403"));
}

TEST_CASE("set-up of cloudflared: a rule that nothing reaches", "[import][cloudflared]") {
    const Reading reading = tunnel(R"(tunnel: late
ingress:
  - hostname: "*.example.com"
    service: http://localhost:1
  - hostname: app.example.com
    service: http://localhost:2
  - service: http_status:404
)");
    CHECK(services(reading) == R"(services:
  - http: "**.example.com"
    local: http://localhost:1
)");
    CHECK(reading.has_lost("ingress[2]"));
}

TEST_CASE("set-up of cloudflared: one backend without rules", "[import][cloudflared]") {
    const Reading reading = tunnel(R"(tunnel: one
credentials-file: /root/.cloudflared/one.json
url: https://localhost:8443
no-tls-verify: true
http-host-header: app.internal
)");
    CHECK(services(reading) == R"(services:
  - http: assigned
    local: https://localhost:8443
    host_header: app.internal
    backend_insecure: on
)");
    const Reading named = tunnel("hostname: app.example.com\nurl: http://localhost:8000\ntunnel: x\n");
    CHECK(services(named) == R"(services:
  - http: app.example.com
    local: http://localhost:8000
)");
}

TEST_CASE("set-up of cloudflared: a bastion without a list of destinations", "[import][cloudflared]") {
    const Reading reading = tunnel(R"(tunnel: jump
ingress:
  - hostname: jump.example.com
    service: bastion
  - service: http_status:404
)");
    CHECK(services(reading).empty());
    CHECK(reading.has_lost("ingress[1].service"));
}

TEST_CASE("a host has at most eight expressions", "[import][cloudflared]") {
    std::string text = "tunnel: many\ningress:\n";
    for (int i = 1; i <= 9; ++i) {
        text +=
            "  - hostname: a.example.com\n    path: /p" + std::to_string(i) + "x\n    service: http://localhost:1\n";
    }
    const Reading reading = tunnel(text + "  - service: http_status:404\n");
    CHECK_FALSE(reading.has_lost("ingress[8].path"));
    CHECK(reading.has_lost("ingress[9].path"));
}

}  // namespace ferrotunnel::cli::importing
