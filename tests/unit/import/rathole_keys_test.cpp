// Files of rathole: every key of both sides.
#include <catch2/catch.hpp>

#include "cli/import/readers.hpp"
#include "reading.hpp"

namespace ferrotunnel::cli::importing {
namespace {

constexpr std::string_view whole_server = R"([server]
bind_addr = "0.0.0.0:2444"
default_token = "of all services"
default_token_file = "all.token"
heartbeat_interval = 20

[server.transport]
type = "tls"

[server.transport.tcp]
nodelay = true
keepalive_secs = 30
keepalive_interval = 10
proxy = "http://127.0.0.1:3128"

[server.transport.tls]
pkcs12 = "edge.p12"
pkcs12_password = "open it"

[server.transport.noise]
pattern = "Noise_KK_25519_ChaChaPoly_BLAKE2s"
local_private_key = "cHJpdmF0ZQ=="
remote_public_key = "cHVibGlj"

[server.transport.websocket]
tls = true

[server.transport.http2]
tls = false

[server.services.mail]
type = "tcp"
token = "of mail"
token_file = "mail.token"
bind_addr = "0.0.0.0:2525"
nodelay = false
proxy_protocol = "v2"

[server.services.voice]
type = "udp"
bind_addr = "0.0.0.0:5060"
udp_data_channels = 4

[server.services.agent]
type = "socket_stream"
bind_addr = "/run/agent.sock"
)";

constexpr std::string_view whole_client = R"([client]
remote_addr = "edge.example.com:2444"
default_token = "of all services"
default_token_file = "all.token"
heartbeat_timeout = 50
retry_interval = 4

[client.transport]
type = "tls"

[client.transport.tcp]
proxy = "socks5://127.0.0.1:1080"
nodelay = false
keepalive_secs = 30
keepalive_interval = 10

[client.transport.tls]
trusted_root = "root.pem"
hostname = "edge.example.com"

[client.transport.noise]
pattern = "Noise_KK_25519_ChaChaPoly_BLAKE2s"
local_private_key = "cHJpdmF0ZQ=="
remote_public_key = "cHVibGlj"

[client.transport.websocket]
tls = true

[client.transport.http2]
tls = false

[client.services.mail]
type = "tcp"
token = "of mail"
token_file = "mail.token"
local_addr = "127.0.0.1:25"
nodelay = true
retry_interval = 9

[client.services.voice]
type = "udp"
local_addr = "pbx.internal:5060"
prefer_ipv6 = true
retry_interval = 4

[client.services.agent]
type = "socket_stream"
local_addr = "/run/local-agent.sock"
)";

}  // namespace

TEST_CASE("each key of rathole is imported or listed", "[import][rathole]") {
    const Reading reading = read_toml(read_rathole, {whole_server, whole_client});
    CHECK(reading.forgotten() == std::vector<std::string>());
    CHECK(reading.server() == R"(bind: 0.0.0.0:2444
token: file:token
http_bind: off
allow_ports: [2525, 5060]
timing:
  ping_interval: 20s
  dead_interval: 60s
services:
  - name: mail
    token: file:mail.token
    ports: 2525
)");
    CHECK(reading.client() == R"(server: edge.example.com:2444
token: file:token
timing:
  dead_interval: 50s
  reconnect_max: 4s
proxy: socks5://127.0.0.1:1080
services:
  - name: mail
    tcp: 2525
    local: 127.0.0.1:25
    proxy_protocol: v2
    token: file:mail.token
  - name: voice
    udp: 5060
    local: pbx.internal:5060
)");
    for (const std::string_view key :
         {"server.transport.tls.pkcs12", "client.transport.tls.trusted_root", "client.transport.tls.hostname",
          "client.transport.tcp.nodelay", "server.services.mail.nodelay", "client.services.mail.retry_interval",
          "client.services.voice.prefer_ipv6", "client.services.agent", "server.services.agent"}) {
        INFO(key);
        CHECK(reading.has_lost(key));
    }
    for (const std::string_view key :
         {"client.transport.noise.remote_public_key", "server.transport.tcp.keepalive_secs",
          "client.services.voice.retry_interval", "server.services.voice.udp_data_channels"}) {
        INFO(key);
        CHECK(reading.has_skipped(key));
    }
}

TEST_CASE("unknown keys of rathole are lost", "[import][rathole]") {
    const Reading reading = read_toml(read_rathole, {R"([client]
remote_addr = "a.example.com:2333"
default_token = "t"
colour = "blue"
[client.services.x]
local_addr = "127.0.0.1:1"
shape = 3
)"});
    CHECK(reading.has_lost("client.colour"));
    CHECK(reading.has_lost("client.services.x.shape"));
}

TEST_CASE("files of rathole are recognised", "[import][rathole]") {
    const auto looks = [](std::string_view text, Format format) {
        return looks_like_rathole(parse_source("file", text, format));
    };
    CHECK(looks(whole_client, Format::toml));
    CHECK(looks(whole_server, Format::toml));
    CHECK_FALSE(looks("serverAddr = \"a\"\n", Format::toml));
    CHECK_FALSE(looks("client:\n  server: a.example.com\n  services: []\n", Format::yaml));
}

}  // namespace ferrotunnel::cli::importing
