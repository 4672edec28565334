// Files of cloudflared: set-ups as they are in use.
#include <catch2/catch.hpp>

#include "cli/import/readers.hpp"
#include "reading.hpp"

namespace ferrotunnel::cli::importing {

TEST_CASE("set-up of cloudflared: one site", "[import][cloudflared]") {
    const Reading reading = read_yaml(read_cloudflared, R"(tunnel: my-tunnel
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
    const Reading reading = read_yaml(read_cloudflared, R"(tunnel: home
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
    CHECK(reading.services() == R"(services:
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
    const Reading reading = read_yaml(read_cloudflared, R"(tunnel: paths
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
    CHECK(reading.services() == R"(services:
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
    const Reading reading = read_yaml(read_cloudflared, R"(tunnel: nas
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
    CHECK(reading.services() == R"(services:
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
    const Reading reading = read_yaml(read_cloudflared, R"(tunnel: remote
ingress:
  - hostname: ssh.example.com
    service: ssh://localhost:2022
  - hostname: pc.example.com
    service: rdp://192.168.1.30
  - hostname: db.example.com
    service: tcp://localhost:5432
  - service: http_status:404
)");
    CHECK(reading.services() == R"(services:
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
    const Reading reading = read_yaml(read_cloudflared, R"(tunnel: wild
ingress:
  - hostname: api.example.com
    path: /v2
    service: http://localhost:9000
  - hostname: "*.example.com"
    service: http://localhost:8080
  - service: http_status:404
)");
    CHECK(reading.services() == R"(services:
  - http: api.example.com
    local: http://localhost:9000
    path: "~ .*/v2.*"
  - http: ["**.example.com", api.example.com]
    local: http://localhost:8080
)");
}

TEST_CASE("set-up of cloudflared: a rule for all that remains", "[import][cloudflared]") {
    const Reading reading = read_yaml(read_cloudflared, R"(tunnel: all
ingress:
  - hostname: old.example.com
    service: http_status:410
  - service: http://localhost:80
)");
    CHECK(reading.services() == R"(services:
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
    const Reading reading = read_yaml(read_cloudflared, R"(tunnel: admin
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
    CHECK(reading.services() == R"(services:
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
    const Reading reading = read_yaml(read_cloudflared, R"(tunnel: late
ingress:
  - hostname: "*.example.com"
    service: http://localhost:1
  - hostname: app.example.com
    service: http://localhost:2
  - service: http_status:404
)");
    CHECK(reading.services() == R"(services:
  - http: "**.example.com"
    local: http://localhost:1
)");
    CHECK(reading.has_lost("ingress[2]"));
}

TEST_CASE("set-up of cloudflared: one backend without rules", "[import][cloudflared]") {
    const Reading reading = read_yaml(read_cloudflared, R"(tunnel: one
credentials-file: /root/.cloudflared/one.json
url: https://localhost:8443
no-tls-verify: true
http-host-header: app.internal
)");
    CHECK(reading.services() == R"(services:
  - http: assigned
    local: https://localhost:8443
    host_header: app.internal
    backend_insecure: on
)");
    const Reading named =
        read_yaml(read_cloudflared, "hostname: app.example.com\nurl: http://localhost:8000\ntunnel: x\n");
    CHECK(named.services() == R"(services:
  - http: app.example.com
    local: http://localhost:8000
)");
}

TEST_CASE("set-up of cloudflared: a bastion without a list of destinations", "[import][cloudflared]") {
    const Reading reading = read_yaml(read_cloudflared, R"(tunnel: jump
ingress:
  - hostname: jump.example.com
    service: bastion
  - service: http_status:404
)");
    CHECK(reading.services().empty());
    CHECK(reading.has_lost("ingress[1].service"));
}

TEST_CASE("a host has at most eight expressions", "[import][cloudflared]") {
    std::string text = "tunnel: many\ningress:\n";
    for (int i = 1; i <= 9; ++i) {
        text +=
            "  - hostname: a.example.com\n    path: /p" + std::to_string(i) + "x\n    service: http://localhost:1\n";
    }
    const Reading reading = read_yaml(read_cloudflared, text + "  - service: http_status:404\n");
    CHECK_FALSE(reading.has_lost("ingress[8].path"));
    CHECK(reading.has_lost("ingress[9].path"));
}

TEST_CASE("set-up of cloudflared: a rejecting rule without room closes the host", "[import][cloudflared]") {
    std::string text = "tunnel: x\ningress:\n";
    for (int i = 0; i < 8; ++i) {
        text += "- {hostname: a.example.com, path: 'x" + std::to_string(i) + ".y', service: 'http://one:1'}\n";
    }
    text +=
        "- {hostname: a.example.com, path: 'adm.n', service: 'http_status:403'}\n"
        "- {hostname: a.example.com, service: 'http://two:2'}\n"
        "- {service: 'http_status:404'}\n";
    const Reading reading = read_yaml(read_cloudflared, text);
    const std::string services = reading.services();
    const std::size_t last = services.find("local: http://two:2");
    REQUIRE(last != std::string::npos);
    CHECK(services.find("deny:", last) != std::string::npos);
    CHECK(services.find("deny:") > last);
    CHECK(reading.has_lost("ingress[9].path"));
    CHECK(reading.asks("without `ingress[9].path`"));
}

TEST_CASE("set-up of cloudflared: access of a single service", "[import][cloudflared]") {
    const Reading reading = read_yaml(read_cloudflared, R"(tunnel: x
url: http://localhost:80
hostname: a.example.com
originRequest:
  access: {required: True, teamName: team}
)");
    CHECK(reading.services() == R"(services:
  - http: a.example.com
    local: http://localhost:80
    enabled: off
)");
}

}  // namespace ferrotunnel::cli::importing
