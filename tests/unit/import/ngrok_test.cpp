// Files of ngrok's agent: every key of versions 2 and 3, and set-ups as they are in use.
#include <catch2/catch.hpp>

#include "cli/import/readers.hpp"
#include "reading.hpp"

namespace ferrotunnel::cli::importing {
namespace {

Reading agent(std::string_view text) {
    return read(read_ngrok, {{"ngrok.yml", Format::yaml, text}});
}

/// The services alone, without hashes of passwords.
std::string services(const Reading& reading) {
    std::string text = reading.client();
    text.erase(0, text.find("services:"));
    text.erase(std::min(text.find("\ninspect:"), text.size() - 1) + 1);
    for (std::size_t at = text.find("$$y$$"); at != std::string::npos; at = text.find("$$y$$", at)) {
        text.replace(at, text.find_first_of("\"\n", at) - at, "HASH");
    }
    return text;
}

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
    const Reading reading = agent(version_2);
    CHECK(reading.forgotten() == std::vector<std::string>());
    const std::string client = reading.client();
    CHECK(client.find("timing:\n  handshake_timeout: 20s\n  ping_interval: 20s\n  dead_interval: 60s\n") !=
          std::string::npos);
    CHECK(client.find("inspect_memory: 33554432\n") != std::string::npos);
    CHECK(client.find("dashboard: 127.0.0.1:4041\n") != std::string::npos);
    CHECK(client.find("proxy: http://proxy.lan:3128\n") != std::string::npos);
    CHECK(services(reading) == R"(services:
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
                                       "metadata",
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
    const Reading reading = agent(version_3);
    const std::vector<std::string> of_a_lost_rule{"endpoints[1].traffic_policy.on_http_request[1].expressions[1]"};
    CHECK(reading.forgotten() == of_a_lost_rule);
    CHECK(services(reading) == R"(services:
  - name: old
    http: assigned
    local: localhost:8080
  - name: site
    http: site.example.com
    local: h2c://127.0.0.1:3000
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
    const Reading reading = agent("authtoken: a\ncolour: blue\ntunnels:\n  x:\n    addr: 80\n    shape: 3\n");
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

TEST_CASE("set-up of ngrok: a port for ssh", "[import][ngrok]") {
    const Reading reading = agent(R"(version: "2"
authtoken: an-account
tunnels:
  shell:
    addr: 22
    proto: tcp
)");
    CHECK(reading.client() == R"(server: tunnel.example.com
token: file:token
services:
  - name: shell
    tcp: 0
    local: localhost:22
inspect: on
dashboard: default
)");
    CHECK(reading.draft.lost.empty());
    CHECK(reading.asks("write the address of your server"));
}

TEST_CASE("set-up of ngrok: Minecraft at a reserved address", "[import][ngrok]") {
    const Reading reading = agent(R"(version: 3
agent:
  authtoken: an-account
endpoints:
  - name: craft
    url: tcp://5.tcp.eu.ngrok.io:17923
    upstream:
      url: tcp://127.0.0.1:25565
)");
    CHECK(services(reading) == R"(services:
  - name: craft
    tcp: 17923
    local: 127.0.0.1:25565
)");
    CHECK(reading.asks("visitors reach it at port 17923 of your server"));
}

TEST_CASE("set-up of ngrok: a page and its API with hosts of one's own", "[import][ngrok]") {
    const Reading reading = agent(R"(version: "2"
authtoken: an-account
tunnels:
  page:
    proto: http
    addr: 3000
    hostname: www.example.com
  api:
    proto: http
    addr: 192.168.1.4:8000
    hostname: api.example.com
    bind_tls: "true"
)");
    CHECK(services(reading) == R"(services:
  - name: page
    http: www.example.com
    local: localhost:3000
  - name: api
    http: api.example.com
    local: 192.168.1.4:8000
    https_redirect: on
)");
    CHECK(reading.asks("point the DNS entry of api.example.com to your server"));
}

TEST_CASE("set-up of ngrok: webhooks at a name below ngrok's domain", "[import][ngrok]") {
    const Reading reading = agent(R"(version: "2"
authtoken: an-account
tunnels:
  hooks:
    proto: http
    addr: 4567
    domain: steady-otter.ngrok-free.app
    inspect: false
)");
    CHECK(services(reading) == R"(services:
  - name: hooks
    http: assigned
    local: localhost:4567
)");
    CHECK(reading.has_lost("tunnels.hooks.domain"));
    CHECK(reading.client().find("inspect: off\n") != std::string::npos);
}

TEST_CASE("set-up of ngrok: a backend with a certificate of its own", "[import][ngrok]") {
    const Reading reading = agent(R"(version: 3
agent:
  authtoken: an-account
endpoints:
  - name: nas
    url: https://nas.example.com
    upstream:
      url: https://192.168.1.2:5001
)");
    CHECK(services(reading) == R"(services:
  - name: nas
    http: nas.example.com
    local: https://192.168.1.2:5001
    backend_insecure: on
)");
    CHECK(reading.asks("the backend's certificate is not verified"));
}

TEST_CASE("set-up of ngrok: every subdomain", "[import][ngrok]") {
    const Reading reading = agent(R"(version: "2"
authtoken: an-account
tunnels:
  tenants:
    proto: http
    addr: 8080
    domain: "*.app.example.com"
    host_header: preserve
)");
    CHECK(services(reading) == R"(services:
  - name: tenants
    http: "*.app.example.com"
    local: localhost:8080
)");
    CHECK(reading.asks("**.app.example.com matches several, too"));
}

TEST_CASE("set-up of ngrok: a folder", "[import][ngrok]") {
    const Reading reading = agent(R"(version: "2"
authtoken: an-account
tunnels:
  files:
    proto: http
    addr: file:///srv/www
    auth: "ann:long-enough"
)");
    CHECK(services(reading) == R"(services:
  - name: files
    http: assigned
    local: files:/srv/www
    listing: on
    plugins:
      - auth:
          users:
            ann: "HASH"
)");
    CHECK(reading.client().find("long-enough") == std::string::npos);
}

TEST_CASE("set-up of ngrok: a development server that checks its Host", "[import][ngrok]") {
    const Reading reading = agent(R"(version: "2"
authtoken: an-account
web_addr: false
tunnels:
  vite:
    proto: http
    addr: http://localhost:5173
    subdomain: my-preview
    host_header: localhost:5173
)");
    CHECK(services(reading) == R"(services:
  - name: vite
    http: assigned
    local: http://localhost:5173
    host_header: localhost:5173
)");
    CHECK(reading.has_lost("tunnels.vite.subdomain"));
    CHECK(reading.client().find("dashboard: off\n") != std::string::npos);
}

TEST_CASE("set-up of ngrok: TLS that ends at the backend", "[import][ngrok]") {
    const Reading reading = agent(R"(version: "2"
authtoken: an-account
tunnels:
  mqtt:
    proto: tls
    addr: 8883
    domain: mqtt.example.com
    terminate_at: upstream
  unnamed:
    proto: tls
    addr: 8884
)");
    CHECK(services(reading) == R"(services:
  - name: mqtt
    tls: mqtt.example.com
    local: localhost:8883
  - name: unnamed
    tls: change-me.example.com
    local: localhost:8884
    enabled: off
)");
    CHECK(reading.draft.lost.empty());
}

TEST_CASE("set-up of ngrok: a policy without conditions", "[import][ngrok]") {
    const Reading reading = agent(R"(version: 3
agent:
  authtoken: an-account
endpoints:
  - name: api
    url: https://api.example.com
    upstream:
      url: 8080
    traffic_policy:
      on_http_request:
        - actions:
            - type: restrict-ips
              config:
                enforce: true
                allow: [203.0.113.0/24]
            - type: rate-limit
              config:
                name: each
                algorithm: sliding_window
                capacity: 30
                rate: 60s
                bucket_key: [conn.client_ip]
            - type: basic-auth
              config:
                credentials: ["ann:long-enough", "bob:also-long-enough"]
            - type: add-headers
              config:
                headers:
                  host: backend.internal
                  x-env: live
            - type: remove-headers
              config:
                headers: [x-debug]
      on_http_response:
        - actions:
            - type: add-headers
              config:
                headers:
                  x-frame-options: DENY
)");
    CHECK(services(reading) == R"(services:
  - name: api
    http: api.example.com
    local: localhost:8080
    plugins:
      - ip-filter:
          allow: [203.0.113.0/24]
      - rate-limit:
          rate: 30/m
          burst: 30
          key: visitor
      - auth:
          users:
            ann: "HASH"
            bob: "HASH"
    host_header: backend.internal
    request_headers:
      add:
        x-env: live
      remove: [x-debug]
    response_headers:
      add:
        x-frame-options: DENY
)");
    CHECK(reading.draft.lost.empty());
}

TEST_CASE("set-up of ngrok: an endpoint behind a login and an internal one stay closed", "[import][ngrok]") {
    const Reading reading = agent(R"(version: 3
agent:
  authtoken: an-account
endpoints:
  - name: admin
    url: https://admin.example.com
    upstream:
      url: 9000
    traffic_policy:
      on_http_request:
        - actions:
            - type: oauth
              config:
                provider: google
  - name: inside
    url: https://db.internal
    upstream:
      url: 9001
  - name: bound
    url: tcp://db.example:5432
    bindings: [kubernetes]
    upstream:
      url: 5432
)");
    CHECK(services(reading) == R"(services:
  - name: admin
    http: admin.example.com
    local: localhost:9000
    enabled: off
  - name: inside
    http: assigned
    local: localhost:9001
    enabled: off
  - name: bound
    tcp: 5432
    local: localhost:5432
    enabled: off
)");
    CHECK(reading.has_lost("endpoints[2].url"));
    CHECK(reading.has_lost("endpoints[3].bindings"));
}

}  // namespace ferrotunnel::cli::importing
