// Files of ngrok's agent: set-ups as they are in use.
#include <catch2/catch.hpp>

#include "cli/import/readers.hpp"
#include "reading.hpp"

namespace ferrotunnel::cli::importing {

TEST_CASE("set-up of ngrok: a port for ssh", "[import][ngrok]") {
    const Reading reading = read_yaml(read_ngrok, R"(version: "2"
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
    const Reading reading = read_yaml(read_ngrok, R"(version: 3
agent:
  authtoken: an-account
endpoints:
  - name: craft
    url: tcp://5.tcp.eu.ngrok.io:17923
    upstream:
      url: tcp://127.0.0.1:25565
)");
    CHECK(reading.services() == R"(services:
  - name: craft
    tcp: 17923
    local: 127.0.0.1:25565
)");
    CHECK(reading.asks("visitors reach it at port 17923 of your server"));
}

TEST_CASE("set-up of ngrok: a page and its API with hosts of one's own", "[import][ngrok]") {
    const Reading reading = read_yaml(read_ngrok, R"(version: "2"
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
    CHECK(reading.services() == R"(services:
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
    const Reading reading = read_yaml(read_ngrok, R"(version: "2"
authtoken: an-account
tunnels:
  hooks:
    proto: http
    addr: 4567
    domain: steady-otter.ngrok-free.app
    inspect: false
)");
    CHECK(reading.services() == R"(services:
  - name: hooks
    http: assigned
    local: localhost:4567
)");
    CHECK(reading.has_lost("tunnels.hooks.domain"));
    CHECK(reading.client().find("inspect: off\n") != std::string::npos);
}

TEST_CASE("set-up of ngrok: a backend with a certificate of its own", "[import][ngrok]") {
    const Reading reading = read_yaml(read_ngrok, R"(version: 3
agent:
  authtoken: an-account
endpoints:
  - name: nas
    url: https://nas.example.com
    upstream:
      url: https://192.168.1.2:5001
)");
    CHECK(reading.services() == R"(services:
  - name: nas
    http: nas.example.com
    local: https://192.168.1.2:5001
    backend_insecure: on
    https_redirect: on
)");
    CHECK(reading.asks("the backend's certificate is not verified"));
}

TEST_CASE("set-up of ngrok: every subdomain", "[import][ngrok]") {
    const Reading reading = read_yaml(read_ngrok, R"(version: "2"
authtoken: an-account
tunnels:
  tenants:
    proto: http
    addr: 8080
    domain: "*.app.example.com"
    host_header: preserve
)");
    CHECK(reading.services() == R"(services:
  - name: tenants
    http: "*.app.example.com"
    local: localhost:8080
)");
    CHECK(reading.asks("**.app.example.com matches several, too"));
}

TEST_CASE("set-up of ngrok: a folder", "[import][ngrok]") {
    const Reading reading = read_yaml(read_ngrok, R"(version: "2"
authtoken: an-account
tunnels:
  files:
    proto: http
    addr: file:///srv/www
    auth: "ann:long-enough"
)");
    CHECK(reading.services() == R"(services:
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
    const Reading reading = read_yaml(read_ngrok, R"(version: "2"
authtoken: an-account
web_addr: false
tunnels:
  vite:
    proto: http
    addr: http://localhost:5173
    subdomain: my-preview
    host_header: localhost:5173
)");
    CHECK(reading.services() == R"(services:
  - name: vite
    http: assigned
    local: http://localhost:5173
    host_header: localhost:5173
)");
    CHECK(reading.has_lost("tunnels.vite.subdomain"));
    CHECK(reading.client().find("dashboard: off\n") != std::string::npos);
}

TEST_CASE("set-up of ngrok: TLS that ends at the backend", "[import][ngrok]") {
    const Reading reading = read_yaml(read_ngrok, R"(version: "2"
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
    CHECK(reading.services() == R"(services:
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
    const Reading reading = read_yaml(read_ngrok, R"(version: 3
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
                realm: Staging
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
    CHECK(reading.services() == R"(services:
  - name: api
    http: api.example.com
    local: localhost:8080
    https_redirect: on
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
          realm: Staging
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

TEST_CASE("a setting of an imported action that has no equivalent is lost once", "[import][ngrok]") {
    const Reading reading = read_yaml(read_ngrok, R"(version: 3
endpoints:
  - name: api
    url: https://api.example.com
    upstream:
      url: 8080
    traffic_policy:
      on_http_request:
        - actions:
            - type: basic-auth
              config:
                credentials: ["ann:long-enough"]
                colour: blue
)");
    REQUIRE(reading.draft.lost.size() == 1);
    CHECK(reading.draft.lost.front().key.ends_with("config.colour"));
}

TEST_CASE("set-up of ngrok: an endpoint behind a login and an internal one stay closed", "[import][ngrok]") {
    const Reading reading = read_yaml(read_ngrok, R"(version: 3
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
    CHECK(reading.services() == R"(services:
  - name: admin
    http: admin.example.com
    local: localhost:9000
    https_redirect: on
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
    CHECK(reading.asks("it would be public here"));
    CHECK(reading.asks("everybody could visit it without"));
}

TEST_CASE("set-up of ngrok: guards in other forms turn services off", "[import][ngrok]") {
    const Reading reading = read_yaml(read_ngrok, R"(version: 3
agent:
  authtoken: an-account
guard: &guard
  basic_auth: ["ann:long-enough"]
endpoints:
  - name: certificates
    url: https://a.example.com
    upstream:
      url: 9000
    traffic_policy:
      on_tcp_connect:
        - actions:
            - type: terminate-tls
              config:
                mutual_tls_certificate_authorities: [clients]
  - name: elsewhere
    url: https://b.example.com
    upstream:
      url: 9000
    traffic_policy:
      on_http_request:
        - actions:
            - type: redirect
              config:
                to: https://login.example.com
  - name: other-file
    url: https://c.example.com
    upstream:
      url: 9000
    traffic_policy:
      file: policy.yml
tunnels:
  merged:
    <<: *guard
    proto: http
    addr: 80
    hostname: d.example.com
  pairs:
    proto: http
    addr: 80
    hostname: e.example.com
    basic_auth: [{ann: long-enough}]
)");
    CHECK(reading.services() == R"(services:
  - name: merged
    http: d.example.com
    local: localhost:80
    plugins:
      - auth:
          users:
            ann: "HASH"
  - name: pairs
    http: e.example.com
    local: localhost:80
    enabled: off
  - name: certificates
    http: a.example.com
    local: localhost:9000
    https_redirect: on
    enabled: off
  - name: elsewhere
    http: b.example.com
    local: localhost:9000
    https_redirect: on
    enabled: off
  - name: other-file
    http: c.example.com
    local: localhost:9000
    https_redirect: on
    enabled: off
)");
}

}  // namespace ferrotunnel::cli::importing
