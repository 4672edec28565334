// HTTP/2 to backends: only over TLS with cloudflared, and never over a Unix socket.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "cli/import/readers.hpp"
#include "frp_support.hpp"
#include "reading.hpp"

using namespace ferrotunnel::cli::importing;
using frp_test::contains;

TEST_CASE("cloudflared: HTTP/2 of a backend", "[cloudflared][http2]") {
    const auto rule = [](const std::string& service) {
        return read_yaml(read_cloudflared,
                         "ingress:\n  - hostname: a.example.net\n    service: " + service +
                             "\n    originRequest: {http2Origin: true}\n  - service: http_status:404\n");
    };
    const Reading tls = rule("https://127.0.0.1:8443");
    CHECK(contains(tls.client(), "local: h2://127.0.0.1:8443"));
    CHECK(tls.has_skipped("ingress[1].originRequest.http2Origin"));
    for (const std::string service : {"unix:/run/a.sock", "http://127.0.0.1:80"}) {
        INFO(service);
        const Reading plain = rule(service);
        CHECK(plain.has_skipped("ingress[1].originRequest.http2Origin"));
        CHECK_FALSE(contains(plain.client(), "h2"));
        CHECK(plain.draft.lost.empty());
    }
    const Reading socket = rule("unix+tls:/run/a.sock");
    CHECK(socket.has_lost("ingress[1]"));
    CHECK(socket.forgotten().empty());
}

TEST_CASE("cloudflared: HTTP/2 of a backend on the command line", "[cloudflared][http2]") {
    const auto local = [](const std::vector<std::string>& words) {
        const Draft draft = read_command_line(words);
        return draft.client.find("services")->children().front().find("local")->scalar();
    };
    CHECK(local({"cloudflared", "tunnel", "--unix-socket", "/run/a.sock", "--http2-origin"}) == "unix:/run/a.sock");
    CHECK(local({"cloudflared", "tunnel", "--url", "unix:/run/a.sock", "--http2-origin"}) == "unix:/run/a.sock");
    CHECK(local({"cloudflared", "tunnel", "--url", "http://localhost:80", "--http2-origin"}) == "http://localhost:80");
    CHECK(local({"cloudflared", "tunnel", "--url", "https://localhost:443", "--http2-origin"}) == "h2://localhost:443");
    const Draft draft = read_command_line(
        std::vector<std::string>{"cloudflared", "tunnel", "--unix-socket", "/run/a.sock", "--http2-origin"});
    CHECK(frp_test::is_needless(draft, "--http2-origin"));
}

TEST_CASE("ngrok: HTTP/2 over a Unix socket is lost", "[ngrok][http2]") {
    const Reading reading =
        read_yaml(read_ngrok, "tunnels:\n  a: {proto: http, addr: \"unix:///run/a.sock\", app_protocol: http2}\n");
    CHECK(reading.has_lost("tunnels.a.app_protocol"));
    const Draft draft =
        read_command_line(std::vector<std::string>{"ngrok", "http", "unix:///run/a.sock", "--app-protocol", "http2"});
    CHECK_FALSE(frp_test::lost(draft, "--app-protocol").empty());
}
