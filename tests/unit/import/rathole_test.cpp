// Files of rathole: set-ups as they are in use.
#include <catch2/catch.hpp>

#include "cli/import/readers.hpp"
#include "reading.hpp"

namespace ferrotunnel::cli::importing {

TEST_CASE("set-up of rathole: ssh of a machine at home", "[import][rathole]") {
    const Reading reading = read_toml(read_rathole, {R"([server]
bind_addr = "0.0.0.0:2333"
[server.services.home_ssh]
token = "for the shell"
bind_addr = "0.0.0.0:5202"
)",
                                                     R"([client]
remote_addr = "vps.example.com:2333"
[client.services.home_ssh]
token = "for the shell"
local_addr = "127.0.0.1:22"
)"});
    CHECK(reading.server() == R"(bind: 0.0.0.0:2333
token: file:token
http_bind: off
allow_ports: [5202]
)");
    CHECK(reading.client() == R"(server: vps.example.com:2333
token: file:token
services:
  - name: home_ssh
    tcp: 5202
    local: 127.0.0.1:22
)");
    CHECK(reading.draft.lost.empty());
    REQUIRE(reading.draft.secrets.size() == 1);
    CHECK(reading.draft.secrets[0].on_client);
    CHECK(reading.draft.secrets[0].on_server);
}

TEST_CASE("set-up of rathole: Minecraft with TCP, and its voice chat with UDP", "[import][rathole]") {
    const Reading reading = read_toml(read_rathole, {R"([server]
bind_addr = "0.0.0.0:2333"
default_token = "craft"
[server.services.java]
bind_addr = "0.0.0.0:25565"
[server.services.voice]
type = "udp"
bind_addr = "0.0.0.0:24454"
)",
                                                     R"([client]
remote_addr = "203.0.113.5:2333"
default_token = "craft"
[client.services.java]
local_addr = "127.0.0.1:25565"
[client.services.voice]
type = "udp"
local_addr = "127.0.0.1:24454"
)"});
    CHECK(reading.client() == R"(server: 203.0.113.5:2333
token: file:token
services:
  - name: java
    tcp: 25565
    local: 127.0.0.1:25565
  - name: voice
    udp: 24454
    local: 127.0.0.1:24454
)");
    CHECK(reading.server() == R"(bind: 0.0.0.0:2333
token: file:token
http_bind: off
allow_ports: [25565, 24454]
)");
}

TEST_CASE("set-up of rathole: a web server behind nginx of the same machine", "[import][rathole]") {
    const Reading reading = read_toml(read_rathole, {R"([server]
bind_addr = "0.0.0.0:2333"
default_token = "web"
[server.services.web]
bind_addr = "127.0.0.1:8081"
proxy_protocol = "v1"
)",
                                                     R"([client]
remote_addr = "vps.example.com:2333"
default_token = "web"
[client.services.web]
local_addr = "192.168.1.20:80"
)"});
    CHECK(reading.server() == R"(bind: 0.0.0.0:2333
token: file:token
http_bind: off
tcp_bind: 127.0.0.1
allow_ports: [8081]
)");
    CHECK(reading.client() == R"(server: vps.example.com:2333
token: file:token
services:
  - name: web
    tcp: 8081
    local: 192.168.1.20:80
    proxy_protocol: v1
)");
}

TEST_CASE("set-up of rathole: one port for all, one for the server's own machine", "[import][rathole]") {
    const Reading reading = read_toml(read_rathole, {R"([server]
bind_addr = "0.0.0.0:2333"
default_token = "mixed"
[server.services.ssh]
bind_addr = "0.0.0.0:5202"
[server.services.db]
bind_addr = "127.0.0.1:5432"
)",
                                                     R"([client]
remote_addr = "vps.example.com:2333"
default_token = "mixed"
[client.services.ssh]
local_addr = "127.0.0.1:22"
[client.services.db]
local_addr = "db.lan:5432"
)"});
    CHECK(reading.server() == R"(bind: 0.0.0.0:2333
token: file:token
http_bind: off
allow_ports: [5202, 5432]
)");
    CHECK(reading.client() == R"(server: vps.example.com:2333
token: file:token
services:
  - name: ssh
    tcp: 5202
    local: 127.0.0.1:22
  - name: db
    tcp: 5432
    local: db.lan:5432
    bind: 127.0.0.1
)");
}

TEST_CASE("set-up of rathole: a server of several clients with tokens of their own", "[import][rathole]") {
    constexpr std::string_view server = R"([server]
bind_addr = "[::]:2333"
[server.services.ann_ssh]
token = "ann"
bind_addr = "[::]:5201"
[server.services.bob_dns]
type = "udp"
token = "bob"
bind_addr = "[::]:5353"
[server.services.bob_ssh]
token = "bob"
bind_addr = "127.0.0.1:5202"
)";
    const Reading reading = read_toml(read_rathole, {server, R"([client]
remote_addr = "vps.example.com:2333"
default_token = "ann"
[client.services.ann_ssh]
local_addr = "127.0.0.1:22"
)"});
    CHECK(reading.server() == R"(bind: "[::]:2333"
token:
  - name: ann_ssh
    secret: file:token
    ports: [5201]
    kinds: [tcp]
    bind: ["::"]
  - name: bob_dns
    secret: file:bob_dns.token
    ports: [5353, 5202]
    kinds: [udp, tcp]
    bind: ["::", 127.0.0.1]
http_bind: off
tcp_bind: "::"
allow_ports: [5201, 5353, 5202]
)");
    CHECK(reading.client() == R"(server: vps.example.com:2333
token: file:token
services:
  - name: ann_ssh
    tcp: 5201
    local: 127.0.0.1:22
)");
    CHECK(reading.asks("{name: bob_dns, udp: 5353, local: ADDRESS}"));
    CHECK(reading.asks("bind: \"127.0.0.1\""));
}

TEST_CASE("set-up of rathole: a client whose services have different tokens", "[import][rathole]") {
    const Reading reading = read_toml(read_rathole, {R"([server]
bind_addr = "0.0.0.0:2333"
default_token = "common"
[server.services.web]
bind_addr = "0.0.0.0:8080"
[server.services.rdp]
token = "of the desktop"
bind_addr = "0.0.0.0:3389"
)",
                                                     R"([client]
remote_addr = "vps.example.com:2333"
default_token = "common"
[client.services.web]
local_addr = "127.0.0.1:80"
[client.services.rdp]
token = "of the desktop"
local_addr = "192.168.1.30:3389"
)"});
    CHECK(reading.server() == R"(bind: 0.0.0.0:2333
token: file:token
http_bind: off
allow_ports: [8080, 3389]
services:
  - name: rdp
    token: file:rdp.token
    ports: 3389
)");
    CHECK(reading.client() == R"(server: vps.example.com:2333
token: file:token
services:
  - name: web
    tcp: 8080
    local: 127.0.0.1:80
  - name: rdp
    tcp: 3389
    local: 192.168.1.30:3389
    token: file:rdp.token
)");
}

TEST_CASE("set-up of rathole: WireGuard over Noise", "[import][rathole]") {
    const Reading reading = read_toml(read_rathole, {R"([server]
bind_addr = "0.0.0.0:2333"
default_token = "wg"
[server.transport]
type = "noise"
[server.transport.noise]
local_private_key = "cHJpdmF0ZQ=="
[server.services.wg]
type = "udp"
bind_addr = "0.0.0.0:51820"
)",
                                                     R"([client]
remote_addr = "vps.example.com:2333"
default_token = "wg"
[client.transport]
type = "noise"
[client.transport.noise]
remote_public_key = "cHVibGlj"
[client.services.wg]
type = "udp"
local_addr = "127.0.0.1:51820"
)"});
    CHECK(reading.draft.lost.empty());
    CHECK(reading.has_skipped("server.transport.noise.local_private_key"));
    CHECK(reading.client() == R"(server: vps.example.com:2333
token: file:token
services:
  - name: wg
    udp: 51820
    local: 127.0.0.1:51820
)");
}

TEST_CASE("set-up of rathole: WebSocket behind a proxy", "[import][rathole]") {
    const Reading reading = read_toml(read_rathole, {R"([client]
remote_addr = "tunnel.example.com:443"
default_token_file = "/run/secrets/rathole"
[client.transport]
type = "websocket"
[client.transport.tcp]
proxy = "http://ann:secret@proxy.lan:3128"
[client.transport.websocket]
tls = true
[client.transport.tls]
[client.services.web]
local_addr = "127.0.0.1:80"
)"});
    CHECK(reading.has_lost("client.transport.type"));
    CHECK(reading.has_lost("client.transport.tcp.proxy"));
    CHECK(reading.client() == R"(server: tunnel.example.com:443
token: file:/run/secrets/rathole
proxy: env
services:
  - name: web
    tcp: 0
    local: 127.0.0.1:80
    enabled: off
)");
}

TEST_CASE("set-up of rathole: the client's file alone", "[import][rathole]") {
    const Reading reading = read_toml(read_rathole, {R"([client]
remote_addr = "vps.example.com:2333"
default_token = "alone"
[client.services."my nas"]
local_addr = "127.0.0.1:22"
[client.services.dns]
type = "udp"
local_addr = "127.0.0.1:53"
)"});
    CHECK(reading.server().empty());
    CHECK(reading.client() == R"(server: vps.example.com:2333
token: file:token
services:
  - name: my-nas
    tcp: 0
    local: 127.0.0.1:22
    enabled: off
  - name: dns
    udp: 0
    local: 127.0.0.1:53
    enabled: off
)");
    CHECK(reading.asks("its public port is in the server's file"));
}

TEST_CASE("set-up of rathole: the server's file alone", "[import][rathole]") {
    const Reading reading = read_toml(read_rathole, {R"([server]
bind_addr = "0.0.0.0:2333"
default_token = "alone"
[server.services.plex]
bind_addr = "0.0.0.0:32400"
[server.services.game]
type = "udp"
bind_addr = "0.0.0.0:27015"
)"});
    CHECK(reading.client().empty());
    CHECK(reading.server() == R"(bind: 0.0.0.0:2333
token: file:token
http_bind: off
allow_ports: [32400, 27015]
)");
    CHECK(reading.asks("{name: game, udp: 27015, local: ADDRESS}"));
}

TEST_CASE("set-up of rathole: both sections in one file", "[import][rathole]") {
    const Reading reading = read_toml(read_rathole, {R"([server]
bind_addr = "0.0.0.0:2333"
default_token = "one"
[server.services.git]
bind_addr = "0.0.0.0:3000"
[client]
remote_addr = "127.0.0.1:2333"
default_token = "one"
[client.services.git]
local_addr = "127.0.0.1:3001"
)"});
    CHECK(reading.client() == R"(server: 127.0.0.1:2333
token: file:token
services:
  - name: git
    tcp: 3000
    local: 127.0.0.1:3001
)");
}

TEST_CASE("services of rathole that do not fit together are lost", "[import][rathole]") {
    const Reading reading = read_toml(read_rathole, {R"([server]
bind_addr = "0.0.0.0:2333"
default_token = "t"
[server.services.kind]
type = "udp"
bind_addr = "0.0.0.0:1000"
[server.services.named]
bind_addr = "edge.example.com:1001"
[server.services.twice]
bind_addr = "192.0.2.1:1002"
[server.services.again]
bind_addr = "192.0.2.2:1002"
[server.services.token]
token = "a"
bind_addr = "0.0.0.0:1003"
)",
                                                     R"([client]
remote_addr = "a.example.com:2333"
default_token = "t"
[client.services.kind]
local_addr = "127.0.0.1:1"
[client.services.named]
local_addr = "127.0.0.1:2"
[client.services.twice]
local_addr = "127.0.0.1:3"
[client.services.again]
local_addr = "127.0.0.1:4"
[client.services.token]
token = "b"
local_addr = "127.0.0.1:5"
[client.services.missing]
local_addr = "127.0.0.1:6"
)"});
    for (const std::string_view key :
         {"client.services.kind", "server.services.named", "client.services.named", "client.services.again",
          "server.services.token.token", "client.services.missing"}) {
        INFO(key);
        CHECK(reading.has_lost(key));
    }
    CHECK(reading.client().find("tcp: 1002") != std::string::npos);
}

TEST_CASE("two clients of rathole are imported one after the other", "[import][rathole]") {
    constexpr std::string_view client = "[client]\nremote_addr = \"a:1\"\n[client.services]\n";
    CHECK_THROWS_AS(read_toml(read_rathole, {client, client}), SourceError);
}

}  // namespace ferrotunnel::cli::importing
