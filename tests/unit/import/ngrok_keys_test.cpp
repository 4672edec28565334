// Files of ngrok's agent: every key of versions 2 and 3.
#include <catch2/catch.hpp>

#include "cli/import/readers.hpp"
#include "reading.hpp"

namespace ferrotunnel::cli::importing {
namespace {

constexpr std::string_view version_2 = R"(version: "2"
authtoken: an-account
api_key: another-account
region: eu
server_addr: tunnel.eu.example.com:443
root_cas: trusted
crl_noverify: true
connect_interface: eth1
connect_timeout: 20s
console_ui: iftty
console_ui_color: black
dns_resolver_ips: [192.0.2.53]
heartbeat_interval: 20s
heartbeat_tolerance: 10s
inspect_db_size: 33554432
log_level: crit
log_format: json
log: /var/log/ngrok.log
metadata: machine 7
proxy_url: http://proxy.lan:3128
remote_management: false
update_channel: stable
update_check: false
web_addr: 127.0.0.1:4041
web_allow_hosts: [inspect.example.com]
tunnels:
  shop:
    proto: http
    addr: https://127.0.0.1:8443
    domain: shop.example.com
    schemes: [https]
    host_header: rewrite
    inspect: true
    metadata: team 3
    basic_auth: ["ann:long-enough"]
    circuit_breaker: 0.4
    compression: true
    ip_restriction:
      allow_cidrs: [192.0.2.0/24]
      deny_cidrs: [192.0.2.7/32]
    mutual_tls_cas: clients.pem
    oauth:
      provider: google
      allow_domains: [example.com]
      allow_emails: [ann@example.com]
      scopes: [openid]
    oidc:
      issuer_url: https://login.example.com
      client_id: shop
      client_secret: hidden
    proxy_proto: "2"
    request_header:
      add: ["X-Env: live", "X-Tag: a"]
      remove: [X-Debug]
    response_header:
      add: ["X-Frame-Options: DENY"]
      remove: [Server]
    user_agent_filter:
      allow: [".*"]
      deny: ["bot.*"]
    verify_webhook:
      provider: slack
      secret: hidden
    verify_upstream_tls: true
    verify_upstream_tls_cas: upstream.pem
    websocket_tcp_converter: true
    pooling_enabled: true
    policy_file: policy.yml
  mail:
    proto: tcp
    addr: 25
    remote_addr: 2.tcp.ngrok.io:20025
    proxy_proto: "1"
  secure:
    proto: tls
    addr: 9443
    hostname: secure.example.com
    crt: secure.pem
    key: secure.key
    terminate_at: agent
    mutual_tls_cas: clients.pem
  edge:
    labels: [edge=edghts_1]
    addr: 8000
    inspect: true
)";

constexpr std::string_view version_3 = R"yaml(version: 3
agent:
  authtoken: an-account
  api_key: another-account
  connect_cas: host
  connect_interface: eth1
  connect_timeout: 5s
  connect_url: tunnel.example.com:443
  console_ui: false
  console_ui_color: transparent
  crl_noverify: false
  dns_resolver_ips: [192.0.2.53]
  heartbeat_interval: 5s
  heartbeat_tolerance: 20s
  inspect_db_size: -1
  log_level: debug
  log_format: logfmt
  log: stderr
  metadata: machine 7
  proxy_url: socks5://ann:secret@proxy.lan:1080
  remote_management: true
  update_channel: beta
  update_check: true
  web_addr: 0.0.0.0:4040
  web_allow_hosts: [.example.com]
endpoints:
  - name: site
    url: https://site.example.com
    bindings: [public]
    metadata: team 3
    description: the site
    pooling_enabled: false
    traffic_policy:
      on_http_request:
        - name: hidden
          expressions: ["req.url.path.startsWith('/admin')"]
          actions:
            - type: deny
    upstream:
      url: http://127.0.0.1:3000
      protocol: http2
      proxy_protocol: 1
  - name: raw
    url: tls://raw.example.com
    agent_tls_termination:
      server_certificate: raw.pem
      server_private_key: raw.key
      mutual_tls_certificate_authorities: [clients.pem]
    traffic_policy_file: raw-policy.yml
    upstream:
      url: 127.0.0.1:9000
tunnels:
  old:
    proto: http
    addr: 8080
)yaml";

}  // namespace

TEST_CASE("each key of ngrok's version 2 is imported or listed", "[import][ngrok]") {
    const Reading reading = read_yaml(read_ngrok, version_2);
    CHECK(reading.forgotten() == std::vector<std::string>());
    const std::string client = reading.client();
    CHECK(client.find("timing:\n  handshake_timeout: 20s\n  ping_interval: 20s\n  dead_interval: 60s\n") !=
          std::string::npos);
    CHECK(client.find("inspect_memory: 33554432\n") != std::string::npos);
    CHECK(client.find("dashboard: 127.0.0.1:4041\n") != std::string::npos);
    CHECK(client.find("proxy: http://proxy.lan:3128\n") != std::string::npos);
    CHECK(client.find("metadata:\n  ngrok: \"machine 7\"\n") != std::string::npos);
    CHECK(reading.services() == R"(services:
  - name: shop
    http: shop.example.com
    local: https://127.0.0.1:8443
    backend_ca: upstream.pem
    host_header: backend
    https_redirect: on
    request_headers:
      add:
        X-Env: live
        X-Tag: a
      remove: [X-Debug]
    response_headers:
      add:
        X-Frame-Options: DENY
      remove: [Server]
    proxy_protocol: v2
    plugins:
      - auth:
          users:
            ann: "HASH"
      - ip-filter:
          allow: [192.0.2.0/24]
          deny: [192.0.2.7/32]
    enabled: off
  - name: mail
    tcp: 20025
    local: localhost:25
    proxy_protocol: v1
  - name: secure
    tls: secure.example.com
    local: localhost:9443
    enabled: off
)");
    for (const std::string_view key : {"connect_interface",
                                       "dns_resolver_ips",
                                       "log",
                                       "web_allow_hosts",
                                       "tunnels.shop.metadata",
                                       "tunnels.shop.circuit_breaker",
                                       "tunnels.shop.compression",
                                       "tunnels.shop.mutual_tls_cas",
                                       "tunnels.shop.oauth",
                                       "tunnels.shop.oidc",
                                       "tunnels.shop.user_agent_filter",
                                       "tunnels.shop.verify_webhook",
                                       "tunnels.shop.websocket_tcp_converter",
                                       "tunnels.shop.pooling_enabled",
                                       "tunnels.shop.policy_file",
                                       "tunnels.secure.crt",
                                       "tunnels.secure.key",
                                       "tunnels.secure.terminate_at",
                                       "tunnels.secure.mutual_tls_cas",
                                       "tunnels.edge"}) {
        INFO(key);
        CHECK(reading.has_lost(key));
    }
    CHECK(reading.has_skipped("authtoken"));
}

TEST_CASE("each key of ngrok's version 3 is imported or listed", "[import][ngrok]") {
    const Reading reading = read_yaml(read_ngrok, version_3);
    const std::vector<std::string> of_a_lost_rule{"endpoints[1].traffic_policy.on_http_request[1].expressions[1]"};
    CHECK(reading.forgotten() == of_a_lost_rule);
    CHECK(reading.services() == R"(services:
  - name: old
    http: assigned
    local: localhost:8080
  - name: site
    http: site.example.com
    local: h2c://127.0.0.1:3000
    https_redirect: on
    proxy_protocol: v1
    enabled: off
  - name: raw
    tls: raw.example.com
    local: 127.0.0.1:9000
    enabled: off
)");
    CHECK(reading.client().find("proxy: env\n") != std::string::npos);
    CHECK(reading.client().find("inspect: off\n") != std::string::npos);
    for (const std::string_view key :
         {"agent.proxy_url", "agent.web_addr", "endpoints[1].traffic_policy.on_http_request[1].actions[1]",
          "endpoints[2].agent_tls_termination.server_certificate",
          "endpoints[2].agent_tls_termination.mutual_tls_certificate_authorities",
          "endpoints[2].traffic_policy_file"}) {
        INFO(key);
        CHECK(reading.has_lost(key));
    }
}

TEST_CASE("unknown keys of ngrok are lost", "[import][ngrok]") {
    const Reading reading =
        read_yaml(read_ngrok, "authtoken: a\ncolour: blue\ntunnels:\n  x:\n    addr: 80\n    shape: 3\n");
    CHECK(reading.has_lost("colour"));
    CHECK(reading.has_lost("tunnels.x.shape"));
}

TEST_CASE("files of ngrok are recognised", "[import][ngrok]") {
    const auto looks = [](std::string_view text) { return looks_like_ngrok(parse_source("file", text, Format::yaml)); };
    CHECK(looks(version_2));
    CHECK(looks(version_3));
    CHECK(looks("tunnels:\n  a:\n    addr: 80\n"));
    CHECK_FALSE(looks("tunnel: abc\ningress:\n  - service: http_status:404\n"));
    CHECK_FALSE(looks("client:\n  server: a.example.com\n"));
}

}  // namespace ferrotunnel::cli::importing
