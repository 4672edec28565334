// Settings of the HTTPS listener: what is checked, and what a file says.
#include "settings/https.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "ferrotunnel/config.hpp"
#include "ferrotunnel/server.hpp"
#include "settings/file.hpp"

namespace ferrotunnel::detail {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> https_problems(ServerSettings settings) {
    std::vector<Problem> problems;
    check_https(settings, problems);
    std::vector<std::string> lines;
    for (const Problem& problem : problems) {
        lines.push_back(to_text(problem));
    }
    return lines;
}

ServerSettings listening(Https https = {}) {
    ServerSettings settings;
    settings.https_bind = "127.0.0.1:0";
    settings.https = std::move(https);
    return settings;
}

template <typename Change>
void expect(Change change, const std::string& problem) {
    ServerSettings settings = listening();
    change(settings);
    INFO(problem);
    CHECK(https_problems(settings) == std::vector<std::string>{problem});
}

ConfigFile read(const std::string& text) {
    return read_config({text, "/etc/f.yml", false, [](const std::string&) { return std::nullopt; }});
}

std::string fault_of(const std::string& text) {
    const ConfigFile file = read("server: {https: {" + text + "}}\n");
    std::string lines;
    for (const Problem& problem : file.problems) {
        lines += (lines.empty() ? "" : "\n") + problem.key + ": " + problem.text;
    }
    return lines;
}

}  // namespace

TEST_CASE("an address for HTTPS gets the usual port", "[https]") {
    ServerSettings settings = listening();
    std::vector<Problem> problems;
    settings.https_bind = "localhost";
    check_https(settings, problems);
    CHECK(problems.empty());
    CHECK(settings.https_bind == "127.0.0.1:8443");
}

TEST_CASE("what cannot work is refused before anything is loaded", "[https]") {
    expect([](auto& settings) { settings.https_bind = "nowhere"; },
           "https_bind: \"nowhere\" is not a valid address to listen on; expected one like 0.0.0.0:8443");
    expect(
        [](auto& settings) {
            settings.https_bind.clear();
            settings.https.redirect = 308;
        },
        "https: has no meaning without https_bind");
    expect(
        [](auto& settings) {
            settings.https.certificates = {{"", "key.pem"}};
        },
        "https.certificates: a certificate has no file");
    expect([](auto& settings) { settings.https.folders = {""}; }, "https.folders: a folder has no name");
    expect([](auto& settings) { settings.https.fallback = Certificate(); },
           "https.fallback: the certificate has no file");
    expect(
        [](auto& settings) {
            settings.https.client_certificates = {{"", "ca.pem", true}};
        },
        "https.client_certificates: a rule needs a host, like app.example.com or *, and the file of its CAs");
    for (const auto time : {99ms, 3'600'001ms}) {
        expect([&](auto& settings) { settings.https.reload_interval = time; },
               "https.reload_interval: expected a time from 100ms to 1h");
    }
    expect([](auto& settings) { settings.https.handshakes_per_second = limits::visitor_handshakes_settable_max + 1; },
           "https.handshakes_per_second: expected a number from 0 to 1000000, found 1000001");
    CHECK(Https().handshakes_per_second == limits::visitor_handshakes_per_second);
    expect([](auto& settings) { settings.https.redirect = 303; }, "https.redirect: is not 301, 302, 307 or 308");
    expect(
        [](auto& settings) {
            settings.https.hsts = Hsts{-1s, false, false};
        },
        "https.hsts.max_age: is not from 0 to 315360000 seconds");
    expect(
        [](auto& settings) {
            settings.https.hsts = Hsts{31'536'000s, false, true};
        },
        "https.hsts.preload: needs include_subdomains and a max_age of at least 31536000 seconds (a year); "
        "preload lists reject the host otherwise");
    expect(
        [](auto& settings) {
            settings.proxies = {"10.0.0.0/8", "10.1.2.3/8"};
        },
        "proxy_protocol_from: \"10.1.2.3/8\" has bits set beyond its length; the network is 10.0.0.0/8");
}

TEST_CASE("what can work has no problems", "[https]") {
    Https https;
    https.certificates = {{"chain.pem", "key.pem"}, {"both.pem", ""}};
    https.folders = {"certificates"};
    https.fallback = Certificate{"any.pem", ""};
    https.client_certificates = {{"*", "ca.pem", false}};
    https.redirect = 301;
    https.hsts = Hsts{0s, true, false};
    ServerSettings settings = listening(https);
    settings.proxies = {"10.0.0.0/8", "::1"};
    CHECK(https_problems(settings).empty());
    CHECK(https_problems(ServerSettings()).empty());
}

TEST_CASE("a file says all of it", "[https]") {
    const ConfigFile file = read(
        "server:\n"
        "  https_bind: 127.0.0.1:1\n"
        "  https:\n"
        "    certificates: [both.pem, {chain: /a/chain.pem, key: key.pem}]\n"
        "    folders: certificates\n"
        "    fallback: any.pem\n"
        "    grade: intermediate\n"
        "    client_certificates: [{host: a.x, ca: ca.pem, chain: on}, {host: '*', ca: ca.pem, required: no}]\n"
        "    reload_interval: 1s\n"
        "    public_port: 443\n"
        "    redirect: on\n"
        "    hsts: {max_age: 1m, include_subdomains: yes}\n"
        "  proxy_protocol_from: [10.0.0.0/8, '::1']\n");
    CHECK(file.problems.empty());
    Https https;
    https.certificates = {{"/etc/both.pem", ""}, {"/a/chain.pem", "/etc/key.pem"}};
    https.folders = {"/etc/certificates"};
    https.fallback = Certificate{"/etc/any.pem", ""};
    https.grade = TlsGrade::intermediate;
    https.client_certificates = {{.host = "a.x", .ca_file = "/etc/ca.pem", .chain = true}, {"*", "/etc/ca.pem", false}};
    https.reload_interval = 1s;
    https.public_port = 443;
    https.redirect = 308;
    https.hsts = Hsts{60s, true, false};
    const ServerValues& settings = file.values.server->settings;
    CHECK(settings.https == https);
    CHECK(settings.https_bind == "127.0.0.1:1");
    CHECK(settings.proxies == std::vector<std::string>{"10.0.0.0/8", "::1"});
    CHECK(read("server: {https: {hsts: {}}}\n").values.server->settings.https.hsts == Hsts());
    CHECK_FALSE(read("server: {https: {}}\n").values.server->settings.https.hsts);
    CHECK(read("server: {https_bind: off, https: {redirect: on}}\n").values.server->settings.https == Https());
}

TEST_CASE("what a file says wrong is told at its key", "[https]") {
    CHECK(fault_of("certificates: [{key: a}]") ==
          "server.https.certificates[0]: `chain` is missing: the file of the certificate");
    CHECK(fault_of("client_certificates: a.x") ==
          "server.https.client_certificates: expected a rule, like {host: app.example.com, ca: staff.pem}, found "
          "\"a.x\"");
    CHECK(fault_of("client_certificates: {host: a.x}") ==
          "server.https.client_certificates: `host` and `ca` are required: the host of the rule, and the file of the "
          "CAs");
    CHECK(fault_of("fallback: {chain: a, kye: b}") == "server.https.fallback.kye: no such key; did you mean key?");
    CHECK(fault_of("redirect: 303") ==
          "server.https.redirect: expected one of off, on, 301, 302, 307, 308, found \"303\"; did you mean 301?");
    CHECK(fault_of("hsts: {max_age: 1y}") ==
          "server.https.hsts.max_age: expected a time like 500ms, 30s, 2m or 1h, or a number of seconds, found \"1y\"");
}

TEST_CASE("what only the whole can tell stands at its key in the file", "[https]") {
    const Config config = Config::parse(
        "server:\n"
        "  bind: 127.0.0.1:0\n"
        "  https_bind: 127.0.0.1:0\n"
        "  https:\n"
        "    reload_interval: 1ms\n"
        "    certificates: none.pem\n",
        "f.yml");
    const auto lines = [](const Server::Builder& builder) {
        std::string all;
        for (const Problem& problem : builder.check()) {
            all += to_text(problem) + "\n";
        }
        return all;
    };
    Server::Builder builder = config.server();
    builder.add_token(Secret::generate());
    CHECK(lines(builder) == "f.yml:5:22: server.https.reload_interval: expected a time from 100ms to 1h\n");
    Https https = config.server_section().https;
    https.reload_interval = 1s;
    builder.https(https);
    CHECK(lines(builder) == "https: no certificate can be used: none.pem: No such file or directory\n");
}

}  // namespace ferrotunnel::detail
