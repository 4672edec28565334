// IPv6 addresses without brackets, which other tunnels accept in front of a port.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "cli/import/command_line_parts.hpp"
#include "cli/import/mapping.hpp"
#include "cli/import/readers.hpp"
#include "frp_support.hpp"
#include "reading.hpp"

using namespace ferrotunnel::cli::importing;
using frp_test::contains;

namespace {

std::string local_of_command(const std::vector<std::string>& words) {
    const Draft draft = read_command_line(words);
    const Node* const services = draft.client.find("services");
    const Node* const local = services == nullptr ? nullptr : services->children().front().find("local");
    return local == nullptr ? std::string() : local->scalar();
}

std::string server_of_command(const std::vector<std::string>& words) {
    const Draft draft = read_command_line(words);
    const Node* const server = draft.client.find("server");
    return server == nullptr ? std::string() : server->scalar();
}

}  // namespace

TEST_CASE("addresses with and without brackets", "[address]") {
    CHECK(split_address("::1:8080") == Address{"::1", "8080"});
    CHECK(split_address("[::1]:8080") == Address{"::1", "8080"});
    CHECK(split_address("2001:db8::7:443") == Address{"2001:db8::7", "443"});
    CHECK(split_address("fe80::1%eth0:22") == Address{"fe80::1%eth0", "22"});
    CHECK_FALSE(split_address("2001:db8::7").has_value());
    CHECK_FALSE(split_address("a:b:80").has_value());
    CHECK(with_port("::1", "80") == "[::1]:80");
    CHECK(with_port("[::1]", "80") == "[::1]:80");
    CHECK(with_port("a.example.net", "80") == "a.example.net:80");
    const auto url = command_line::parse_url("http://::1:8080/x");
    CHECK(url.host == "::1");
    CHECK(url.port == "8080");
    CHECK(command_line::parse_url("user@2001:db8::7").host == "2001:db8::7");
    CHECK(command_line::backend_of("::1", 80) == "[::1]:80");
    CHECK(command_line::backend_of("::1:3000", 80) == "[::1]:3000");
    CHECK(command_line::backend_of("https://::1:3000", 80) == "https://[::1]:3000");
}

TEST_CASE("IPv6 backends of frp", "[address][frp]") {
    const auto local = [](const std::string& lines) {
        return frp_test::yaml(frp_test::read({frp_test::with_proxy(lines)}));
    };
    for (const char* const type : {"tcp", "udp", "stcp"}) {
        CHECK(contains(local("name = \"a\"\ntype = \"" + std::string(type) + "\"\nlocalIP = \"::1\"\nlocalPort = 53\n"),
                       "local: \"[::1]:53\""));
    }
    CHECK(contains(
        local("name = \"a\"\ntype = \"http\"\ncustomDomains = [\"a.example.net\"]\nplugin.type = \"http2http\"\n"
              "plugin.localAddr = \"::1:8080\"\n"),
        "local: \"http://[::1]:8080\""));
    CHECK(local_of_command({"frpc", "tcp", "-i", "::1", "-l", "22", "-r", "6000"}) == "[::1]:22");
    CHECK(server_of_command({"frpc", "tcp", "-s", "2001:db8::7", "-l", "22"}) == "[2001:db8::7]:7000");
}

TEST_CASE("IPv6 backends of rathole", "[address][rathole]") {
    const Reading reading =
        read_toml(read_rathole,
                  {"[server]\nbind_addr = \":::2333\"\n[server.services.a]\ntoken = \"t\"\nbind_addr = \":::6000\"\n",
                   "[client]\nremote_addr = \"2001:db8::7:2333\"\n[client.services.a]\ntoken = \"t\"\nlocal_addr = "
                   "\"::1:22\"\n"});
    CHECK(contains(reading.server(), "bind: \"[::]:2333\""));
    CHECK(contains(reading.client(), "server: \"[2001:db8::7]:2333\""));
    CHECK(contains(reading.client(), "local: \"[::1]:22\""));
}

TEST_CASE("IPv6 backends of ngrok", "[address][ngrok]") {
    const Reading reading = read_yaml(read_ngrok,
                                      "web_addr: ::1:4040\ntunnels:\n  a: {proto: tcp, addr: \"::1:22\"}\n  b: {proto: "
                                      "http, addr: \"http://::1:80\"}\n");
    CHECK(contains(reading.client(), "dashboard: \"[::1]:4040\""));
    CHECK(contains(reading.client(), "local: \"[::1]:22\""));
    CHECK(contains(reading.client(), "local: \"http://[::1]:80\""));
    CHECK(local_of_command({"ngrok", "tcp", "::1:22"}) == "[::1]:22");
}

TEST_CASE("IPv6 backends of cloudflared", "[address][cloudflared]") {
    const Reading reading =
        read_yaml(read_cloudflared,
                  "metrics: ::1:2000\ningress:\n  - {hostname: a.example.net, service: \"http://::1:80\"}\n"
                  "  - {hostname: b.example.net, service: \"ssh://::1:22\"}\n"
                  "  - service: http_status:404\n");
    CHECK(contains(reading.client(), "metrics: \"[::1]:2000\""));
    CHECK(contains(reading.client(), "local: \"http://[::1]:80\""));
    CHECK(contains(reading.client(), "local: \"[::1]:22\""));
    CHECK(local_of_command({"cloudflared", "tunnel", "--url", "ssh://[::1]:22"}) == "[::1]:22");
    CHECK(local_of_command({"cloudflared", "tunnel", "--url", "http://::1:80"}) == "http://[::1]:80");
    const Draft visit = read_command_line(
        std::vector<std::string>{"cloudflared", "access", "tcp", "--hostname", "a.example.net", "--url", "[::1]:9000"});
    CHECK(contains(frp_test::yaml(visit), "local: \"[::1]:9000\""));
}

TEST_CASE("IPv6 backends of bore and ssh", "[address]") {
    CHECK(local_of_command({"bore", "local", "22", "--local-host", "::1", "--to", "edge"}) == "[::1]:22");
    CHECK(server_of_command({"bore", "local", "22", "--to", "2001:db8::7"}) == "[2001:db8::7]");
    CHECK(contains(frp_test::yaml(read_command_line(std::vector<std::string>{"bore", "server", "--bind-addr", "::"})),
                   "bind: \"[::]:7835\""));
    CHECK(local_of_command({"ssh", "-R", "6000:[::1]:22", "edge"}) == "[::1]:22");
    CHECK(server_of_command({"ssh", "-R", "6000:localhost:22", "user@2001:db8::7"}) == "[2001:db8::7]");
}
