// Configuration files as an application uses them.
#include "ferrotunnel/config.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "settings/file.hpp"

namespace ferrotunnel {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

std::string token() {
    static const std::string text(Secret::generate().reveal());
    return text;
}

std::string client_text(const std::string& more = {}) {
    return "client:\n  server: tunnel.example.com\n  token: " + token() + "\n" + more;
}

std::string server_text(const std::string& more = {}) {
    return "server:\n  token: " + token() + "\n" + more;
}

Texts to_texts(const std::vector<Problem>& problems) {
    Texts texts;
    for (const Problem& problem : problems) {
        texts.push_back(to_text(problem));
    }
    return texts;
}

Texts file_problems(const std::string& text) {
    std::vector<Problem> problems;
    Config::try_parse(text, "f.yml", problems);
    return to_texts(problems);
}

Texts problems_of_building(const std::string& text) {
    std::vector<Problem> ignored;
    const Config config = Config::try_parse(text, "f.yml", ignored);
    std::vector<Problem> problems;
    if (config.has_client()) {
        CHECK_FALSE(config.client().workers(1).try_build(problems));
    } else {
        CHECK_FALSE(config.server().workers(1).try_build(problems));
    }
    return to_texts(problems);
}

class TemporaryConfig {
public:
    explicit TemporaryConfig(const std::string& text) {
        std::string name = "/tmp/ferrotunnel-config-XXXXXX";
        const int fd = ::mkstemp(name.data());
        REQUIRE(fd >= 0);
        ::close(fd);
        path_ = name;
        std::ofstream(path_) << text;
    }
    ~TemporaryConfig() { ::unlink(path_.c_str()); }
    TemporaryConfig(const TemporaryConfig&) = delete;
    TemporaryConfig& operator=(const TemporaryConfig&) = delete;

    const std::string& path() const { return path_; }
    std::string folder() const { return path_.substr(0, path_.rfind('/')); }
    std::string name() const { return path_.substr(path_.rfind('/') + 1); }

private:
    std::string path_;
};

}  // namespace

TEST_CASE("a file gives builders and services", "[config]") {
    const Config config = Config::parse(client_text("  connections: 3\n  drain: 3s\n  services:\n"
                                                    "    - {name: ssh, tcp: 0, local: 22}\n"
                                                    "    - {tcp: 8080, local: web.internal:80}\n"),
                                        "f.yml");
    CHECK(config.has_client());
    CHECK_FALSE(config.has_server());
    const Config::ClientSection section = config.client_section();
    CHECK(section.server == "tunnel.example.com");
    CHECK(section.connections == 3);
    CHECK(section.drain == 3s);
    CHECK(section.services == std::vector<Tcp>{{0, "localhost:22", "ssh"}, {8080, "web.internal:80", "tcp:8080"}});
    Client client = config.client().workers(1).build();
    const std::vector<Service> services = config.offer(client);
    REQUIRE(services.size() == 2);
    CHECK(services[0].name() == "ssh");
    CHECK(services[1].state() == Service::State::pending);

    Server server = Config::parse(server_text(), "f.yml").server().workers(1).build();
    CHECK(server.client_endpoint().empty());
}

TEST_CASE("a file names its client, and may offer a service without a public port", "[config]") {
    const Config config = Config::parse(client_text("  name: desk-7\n  services:\n"
                                                    "    - {name: db, tcp: private, local: 5432}\n"
                                                    "    - {tcp: private, local: 22}\n"),
                                        "f.yml");
    const Config::ClientSection section = config.client_section();
    CHECK(section.name == "desk-7");
    CHECK(section.services == std::vector<Tcp>{Tcp::private_service("db", "localhost:5432"),
                                               Tcp::private_service("private:127.0.0.1:22", "localhost:22")});
    CHECK(problems_of_building(client_text("  name: two words\n")).size() == 1);
}

TEST_CASE("all problems of a file are told at once, in its order", "[config]") {
    CHECK(file_problems("server:\n  bnid: x\n  workers: 257\n  timing: {open_timeout: soon}\nclient:\n"
                        "  token: env:FERROTUNNEL_NO_SUCH\n  services:\n    - {tcp: 1}\nlog: {level: inof}\n") ==
          Texts{
              "f.yml:2:3: server.bnid: no such key; did you mean bind?",
              "f.yml:3:12: server.workers: expected a whole number from 0 to 256, found \"257\"",
              "f.yml:4:26: server.timing.open_timeout: expected a time like 500ms, 30s, 2m or 1h, or a number of "
              "seconds, found \"soon\"",
              "f.yml:6:10: client.token: the variable FERROTUNNEL_NO_SUCH is not set",
              "f.yml:8:7: client.services[0]: `local` is missing: the backend that visitors are forwarded to, like "
              "127.0.0.1:22",
              "f.yml:9:14: log.level: expected one of trace, debug, info, warn, error, off, found \"inof\"; did you "
              "mean info?",
          });
    try {
        Config::parse("server: 1\n", "f.yml");
        FAIL("it must throw");
    } catch (const config_error& error) {
        REQUIRE(error.problems().size() == 1);
        CHECK(error.problems()[0].key == "server");
        CHECK(error.problems()[0].line == 1);
        CHECK(error.problems()[0].column == 9);
        CHECK(std::string(error.what()) == "f.yml:1:9: server: expected keys below this one, found \"1\"");
    }
}

TEST_CASE("what building finds has its place in the file", "[config]") {
    CHECK(problems_of_building("client:\n  server: nowhere:x\n  tls: off\n  tls_ca: system\n") ==
          Texts{"f.yml:1:1: client.token: missing: the token that the server was started with",
                "f.yml:2:11: client.server: \"nowhere:x\" is not a valid address; expected host:port",
                "f.yml:4:11: client.tls_ca: has no meaning while TLS is off"});
    CHECK(
        problems_of_building(server_text("  bind: nowhere\n  allow_ports: [22, 9-1]\n  tls_key: /nonexistent\n"
                                         "  timing: {ping_interval: 20s}\n")) ==
        Texts{"f.yml:3:9: server.bind: \"nowhere\" is not a valid address to listen on; expected one like 0.0.0.0:7835 "
              "or "
              "[::]:7835",
              "f.yml:4:16: server.allow_ports: \"9-1\" is not a port (1 to 65535) or a range of ports like 8000-8100.",
              "f.yml:5:12: server.tls_key: needs both the certificate's file and the key's file",
              "f.yml:6:3: server.timing.dead_interval: must be at least three times ping_interval"});
}

TEST_CASE("the builders of a wrong file build nothing, and tell all", "[config]") {
    CHECK(problems_of_building(server_text("  workers: many\n  bind: x\n")) ==
          Texts{"f.yml:3:12: server.workers: expected a whole number from 0 to 256, found \"many\"",
                "f.yml:4:9: server.bind: \"x\" is not a valid address to listen on; expected one like 0.0.0.0:7835 or "
                "[::]:7835"});
    // A token that is wrong is not reported as missing, too.
    CHECK(problems_of_building("server:\n  token: env:FERROTUNNEL_NO_SUCH\n").size() == 1);
    CHECK(problems_of_building("server:\n  token: [env:FERROTUNNEL_NO_SUCH]\n").size() == 1);
    // Nor is anything reported as missing from a section that is none.
    CHECK(problems_of_building("server: 1\n").size() == 1);
}

TEST_CASE("what is wrong in the other section does not keep a builder from building", "[config]") {
    std::vector<Problem> problems;
    const Config config =
        Config::try_parse(server_text() + "client: {token: env:FERROTUNNEL_NO_SUCH}\n", "f.yml", problems);
    CHECK(problems.size() == 1);
    CHECK(config.server().check().empty());
    CHECK_FALSE(config.client().server("127.0.0.1:1").check().empty());
}

TEST_CASE("a call on a builder overrides the file, and its problems are none of the file's", "[config]") {
    const Config config = Config::parse(server_text("  bind: nowhere\n"), "f.yml");
    CHECK(config.server().bind("127.0.0.1:0").check().empty());
    const auto problems = config.server().bind("elsewhere").check();
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].file.empty());
    CHECK(problems[0].key == "bind");
    const Config named = Config::parse(server_text("  public_host: tunnel.example.com\n"), "f.yml");
    const auto about_host = named.server().public_host("no host").check();
    REQUIRE(about_host.size() == 1);
    CHECK(about_host[0].file.empty());

    Timing timing = config.server_section().timing;
    timing.ping_interval = 20s;
    const auto about_time = config.server().bind("127.0.0.1:0").timing(timing).check();
    REQUIRE(about_time.size() == 1);
    CHECK(about_time[0].key == "server.timing.dead_interval");  // the file could say this key

    // Tokens of the file are dropped when the application says one; a second call adds one.
    const Config weak = Config::parse("server: {token: hunter2hunter2, bind: \"0.0.0.0:0\"}\n", "f.yml");
    CHECK(weak.server().check().size() == 1);
    CHECK(weak.server().allow_weak_token().check().empty());
    CHECK(weak.server().add_token(Secret::generate()).add_token(Secret::generate()).check().empty());
}

TEST_CASE("two files that mean the same are equal", "[config]") {
    const Config one = Config::parse(client_text("  services: [{tcp: 0, local: 22}]\n"), "one.yml");
    const Config other =
        Config::parse("# the same\nclient: {services: [{local: \":22\", tcp: \"0\"}], token: \"" + token() +
                          "\",\n  timing: {ping_interval: 15000ms}, attempts: 0,\n"
                          "  server: tunnel.example.com}\n",
                      "/other.yml");
    CHECK(one == other);
    CHECK_FALSE(one == Config::parse(client_text("  services: [{tcp: 0, local: 23}]\n"), "one.yml"));
    CHECK_FALSE(one == Config::parse(client_text("  services: [{tcp: 0, local: 22}]\nlog: {}\n"), "one.yml"));
    CHECK_FALSE(one == Config::parse(server_text(), "one.yml"));
    // Without this key, the number of connections depends on how far the server is.
    CHECK_FALSE(one == Config::parse(client_text("  services: [{tcp: 0, local: 22}]\n  connections: 2\n"), "one.yml"));
    std::string changed = client_text("  services: [{tcp: 0, local: 22}]\n");
    changed.replace(changed.find(token()), token().size(), std::string(Secret::generate().reveal()));
    CHECK_FALSE(one == Config::parse(changed, "one.yml"));
}

TEST_CASE("tokens come from files, variables and the text; only the last is warned about", "[config]") {
    const TemporaryConfig secret(token() + "\n");
    const std::string name = secret.name();
    ::setenv("FERROTUNNEL_TEST_TOKEN", token().c_str(), 1);
    const Config literal = Config::parse(server_text(), secret.folder() + "/f.yml");
    for (const std::string& form :
         {"file:" + secret.path(), "file:" + name, std::string("env:FERROTUNNEL_TEST_TOKEN"),
          std::string("${FERROTUNNEL_TEST_TOKEN}"), std::string("${NO_SUCH:-") + token() + "}"}) {
        const Config config = Config::parse("client: {token: \"" + form + "\"}\n", secret.folder() + "/f.yml");
        CHECK(config.warnings().empty());
        CHECK(config.client().server("127.0.0.1:1").check().empty());
    }
    REQUIRE(literal.warnings().size() == 1);
    CHECK(literal.warnings()[0].line == 2);
    CHECK(literal.warnings()[0].text ==
          "a token in the file itself is in every copy of the file; file:PATH or env:NAME avoid that");
    CHECK(to_text(literal.warnings()[0]).find(token().substr(4, 12)) == std::string::npos);
    ::unsetenv("FERROTUNNEL_TEST_TOKEN");
}

TEST_CASE("tokens of a server have names", "[config]") {
    const TemporaryConfig first(token());
    const TemporaryConfig second(std::string(Secret::generate().reveal()));
    const std::string third(Secret::generate().reveal());
    const auto file =
        detail::read_config({"server:\n  token:\n    - file:" + first.path() +
                                 "\n    - {name: bob, secret: file:" + second.path() + "}\n    - " + third + "\n",
                             "f.yml", false, [](const std::string&) { return std::nullopt; }});
    REQUIRE(file.problems.empty());
    const auto& tokens = file.values.server->settings.tokens;
    REQUIRE(tokens.size() == 3);
    CHECK(tokens[0].name == first.name());
    CHECK(tokens[1].name == "bob");
    CHECK(tokens[2].name.empty());  // the check of the settings calls it token-3
}

TEST_CASE("no message repeats a secret", "[config]") {
    const std::string secret = "hunter2-" + std::string(12, 'x');
    const Texts shapes{
        "token: {" + secret + ": x}",
        "token: [[" + secret + "]]",
        "token: {secret: [" + secret + "]}",
        "token: {name: [" + secret + "], secret: $" + secret + "}",
        "token: $" + secret,
        "token: ${" + secret + "!}",
        "token: ft1_" + secret,
        "token: [" + secret + ", " + secret + "]",
        "tokn: ft1_" + secret + secret,
        "bind: ft1_" + secret + secret,
        "workers: ft1_" + secret + secret,
        "ft1_" + secret + secret + ": 1",
    };
    for (const std::string& shape : shapes) {
        INFO(shape);
        std::vector<Problem> problems;
        const Config config = Config::try_parse("server: {" + shape + "}\n", "f.yml", problems);
        for (const Problem& problem : config.server().check()) {
            problems.push_back(problem);
        }
        CHECK_FALSE(problems.empty());
        for (const Problem& problem : problems) {
            CHECK(to_text(problem).find("hunter2") == std::string::npos);
        }
    }
}

TEST_CASE("what variables held is not repeated either", "[config]") {
    ::setenv("FERROTUNNEL_TEST_SECRET", "hunter2 hunter2", 1);
    const std::string text =
        "server: {bind: \"${FERROTUNNEL_TEST_SECRET}\", workers: \"${FERROTUNNEL_TEST_SECRET}\"}\n"
        "client:\n  server: \"x${FERROTUNNEL_TEST_SECRET}:y\"\n"
        "  services: [{tcp: 0, local: \"${FERROTUNNEL_TEST_SECRET}\", name: \"${FERROTUNNEL_TEST_SECRET}\"}]\n";
    std::vector<Problem> problems;
    const Config config = Config::try_parse(text, "f.yml", problems);
    for (const auto& more : {config.server().check(), config.client().check()}) {
        problems.insert(problems.end(), more.begin(), more.end());
    }
    CHECK(problems.size() > 5);
    for (const Problem& problem : problems) {
        INFO(to_text(problem));
        CHECK(problem.text.find("hunter2") == std::string::npos);
    }
    ::unsetenv("FERROTUNNEL_TEST_SECRET");
}

TEST_CASE("paths are relative to the file", "[config]") {
    auto read = [](const std::string& name) {
        return detail::read_config({"server: {tls_cert: a/cert, tls_key: /key, state_dir: state, endpoint_file: e}\n"
                                    "client: {tls_ca: ca}\n",
                                    name, false, [](const std::string&) { return std::nullopt; }})
            .values;
    };
    const auto values = read("/etc/ft/f.yml");
    CHECK(values.server->settings.tls_chain == "/etc/ft/a/cert");
    CHECK(values.server->settings.tls_key == "/key");
    CHECK(values.server->settings.state_dir == "/etc/ft/state");
    CHECK(values.server->endpoint_file == "/etc/ft/e");
    CHECK(values.client->settings.tls_ca == "/etc/ft/ca");
    CHECK(read("f.yml").client->settings.tls_ca == "ca");
    CHECK(read("/f.yml").client->settings.tls_ca == "/ca");
    CHECK(Config::parse(client_text("  tls_ca: system\n"), "/x/f.yml").client().check().empty());
}

TEST_CASE("rules and limits of an HTTP service", "[config]") {
    const auto read = [](const std::string& keys) {
        return Config::parse(
                   client_text("  services:\n    - {http: a.example, path: /api, local: 3000, " + keys + "}\n"),
                   "f.yml")
            .client_section()
            .http_services.at(0);
    };
    CHECK(read("strip_prefix: on").rules.replace_prefix == "");
    CHECK_FALSE(read("strip_prefix: off").rules.replace_prefix);
    CHECK(read("replace_prefix: /v2").rules.replace_prefix == "/v2");
    CHECK(read("host_header: backend").rules.host_header == "backend");
    CHECK_FALSE(read("map_back: off").rules.map_back);
    const HttpHeaderRules fields{{"A", "B"}, {{"C", "1"}, {"D", ""}}, {{"E", "2"}, {"E", "3"}}};
    CHECK(read("request_headers: {remove: [A, B], set: {C: 1, D: ''}, add: {E: [2, 3]}}").rules.request_headers ==
          fields);
    CHECK(read("response_headers: {remove: A}").rules.response_headers == HttpHeaderRules{{"A"}, {}, {}});
    CHECK(read("redirect: https://b.example").rules.redirect == HttpRedirect{"https://b.example", 302});
    CHECK(read("redirect: {to: /x, status: 307}").rules.redirect == HttpRedirect{"/x", 307});
    CHECK(read("https_redirect: on").rules.https_redirect == HttpsRedirect{308, 0});
    CHECK(read("https_redirect: off").rules.https_redirect == HttpsRedirect{0, 0});
    CHECK(read("https_redirect: {status: 301, port: 8443}").rules.https_redirect == HttpsRedirect{301, 8443});
    CHECK(read("hsts: on").rules.hsts == Hsts{});
    CHECK(read("hsts: {max_age: 3650d, include_subdomains: on, preload: on}").rules.hsts ==
          Hsts{std::chrono::hours(87'600), true, true});
    const HttpLimits limits = read(
                                  "limits: {backend_connect_timeout: 1s, first_byte_timeout: 10m, "
                                  "upgraded_idle_timeout: 2h, body_rate: 0, body_max: 10MiB, upgrades: off}")
                                  .limits;
    CHECK(limits.backend_connect_timeout == 1s);
    CHECK(limits.first_byte_timeout == 10min);
    CHECK(limits.upgraded_idle_timeout == 2h);
    CHECK(limits.body_rate == 0U);
    CHECK(limits.body_max == 10U << 20);
    CHECK_FALSE(limits.upgrades);
    const Config redirect =
        Config::parse(client_text("  services:\n    - {http: a.example, redirect: https://b.example}\n"), "f.yml");
    CHECK(redirect.client_section().http_services.at(0).local.empty());
}

TEST_CASE("services are told apart", "[config]") {
    CHECK(file_problems(client_text("  services:\n    - {tcp: 1, local: 22}\n    - {tcp: 1, local: 23, name: x}\n"
                                    "    - {tcp: 2, local: 24, name: x}\n    - {tcp: 3, local: 25, name: 'a b'}\n"
                                    "    - {tcp: 0, local: 22}\n    - {tcp: 0, local: 127.0.0.1:22}\n")) ==
          Texts{"f.yml:6:13: client.services[1].tcp: the public port 1 appears twice; the first one is in line 5",
                "f.yml:7:33: client.services[2].name: a second service is called \"x\"; the first one is in line 6",
                "f.yml:8:33: client.services[3].name: \"a b\": expected a name of up to 64 letters, digits and "
                "\"._-:/[]*\"",
                "f.yml:10:13: client.services[5].tcp: a second service is called \"127.0.0.1:22\"; the first one is in "
                "line 9"});
}

TEST_CASE("an interval that is given alone takes the other one with it", "[config]") {
    const Config config = Config::parse(client_text("  timing: {dead_interval: 6s, reconnect_max: 100ms}\n"), "f.yml");
    CHECK(config.client_section().timing.ping_interval == 2s);
    CHECK(config.client_section().timing.reconnect_first == 100ms);
    CHECK(config.client().check().empty());
}

TEST_CASE("files that cannot be read are problems without a line", "[config]") {
    std::vector<Problem> problems;
    const Config none = Config::try_load("/nonexistent/f.yml", problems);
    CHECK(to_texts(problems) == Texts{"/nonexistent/f.yml: cannot read this file: No such file or directory"});
    CHECK_FALSE(none.has_client());
    CHECK_THROWS_AS(Config::load("/tmp"), config_error);
    CHECK_THROWS_AS(none.client().server("127.0.0.1:1").token(Secret::generate()).build(), config_error);

    const TemporaryConfig file(server_text());
    CHECK(Config::load(file.path()).has_server());
    CHECK(Config::load(file.path()).file() == file.path());
    const TemporaryConfig big("# " + std::string(limits::config_file_bytes_max, 'x'));
    problems.clear();
    Config::try_load(big.path(), problems);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].text == "longer than 1048576 bytes");
}

TEST_CASE("a file without a section runs nothing", "[config]") {
    CHECK(file_problems("log: {level: info}\n") ==
          Texts{"f.yml:1:1: nothing to run: there is neither `server:` nor `client:`"});
    CHECK(file_problems("server:\n").empty());  // the token may come from elsewhere
    CHECK(file_problems("sever: {}\n") == Texts{"f.yml:1:1: sever: no such key; did you mean server?",
                                                "f.yml:1:1: nothing to run: there is neither `server:` nor `client:`"});
}

}  // namespace ferrotunnel
