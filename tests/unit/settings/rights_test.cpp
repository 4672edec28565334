#include "settings/rights.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "ferrotunnel/server.hpp"
#include "settings/file.hpp"

namespace ferrotunnel {
namespace {

using Texts = std::vector<std::string>;
using namespace std::chrono_literals;

std::string fresh_token() {
    return std::string(Secret::generate().reveal());
}

detail::ConfigFile read_rights(const std::string& keys) {
    return detail::read_config({"server:\n  token:\n    - secret: ${TOKEN}\n" + keys, "f.yml", false,
                                [](const std::string&) -> std::optional<std::string> { return fresh_token(); }});
}

// Everything that the check says about rights of a builder.
Texts rights_problems(const Rights& rights) {
    Server::Builder builder;
    builder.token(Secret::generate(), "alice", rights);
    Texts texts;
    for (const Problem& problem : builder.check()) {
        texts.push_back(to_text(problem));
    }
    return texts;
}

}  // namespace

TEST_CASE("the rights of a token are read from a file, and become those of the engine", "[rights]") {
    const detail::ConfigFile file = read_rights(
        "      hosts: [App.Example.com., \"*.example.org\", \"*\"]\n      ports: [2222, 8000-8099]\n"
        "      kinds: [tcp, private]\n      visited_by: [bob, carol]\n      from: [10.0.0.0/8, \"::1\"]\n      "
        "expires: 2100-01-01T00:00:00Z\n"
        "      connections: 3\n      services: 4\n      visitors: 5\n      visitors_per_second: 0.5\n"
        "      bytes_per_second: 10M\n      service_bytes_per_second: {up: 1M, down: 2MiB}\n"
        "      visitor_bytes_per_second: {down: 1KiB}\n"
        "      also: ${OTHER}\n");
    for (const Problem& problem : file.problems) {
        UNSCOPED_INFO(to_text(problem));
    }
    REQUIRE(file.problems.empty());
    CHECK(file.warnings.empty());
    const detail::NamedToken& read_token = file.values.server->settings.tokens.at(0);
    CHECK_FALSE(read_token.also.empty());
    const login::Rights rights = detail::engine_rights(read_token.rights);
    CHECK(rights.hosts == Texts{"app.example.com", "*.example.org", "*"});
    REQUIRE(rights.ports);
    CHECK((rights.ports->listed.allows(8050) && !rights.ports->listed.allows(8100) && !rights.ports->any));
    CHECK(rights.kinds == std::vector{wire::ServiceKind::tcp, wire::ServiceKind::private_tcp});
    CHECK((rights.lets_visit("bob") && rights.lets_visit("carol") && !rights.lets_visit("alice") &&
           !rights.lets_visit("")));
    CHECK((rights.from->contains("10.1.2.3") && rights.from->contains("::1") && !rights.from->contains("11.0.0.1")));
    CHECK(rights.expires == std::chrono::sys_days(std::chrono::year(2100) / 1 / 1));
    CHECK((rights.connections == 3U && rights.services == 4U && rights.visitors == 5U));
    CHECK(rights.visitors_per_second == 0.5);
    constexpr std::uint64_t mebi = 1024 * 1024;
    CHECK(rights.rates.all == shaping::Rates{10 * mebi, 10 * mebi});
    CHECK(rights.rates.service == shaping::Rates{mebi, 2 * mebi});
    CHECK(rights.rates.visitor == shaping::Rates{0, 1024});
}

TEST_CASE("a right that is left out stays out, and an empty list allows nothing", "[rights]") {
    const detail::ConfigFile file = read_rights("      hosts: []\n      ports: any\n");
    REQUIRE(file.problems.empty());
    const login::Rights rights = detail::engine_rights(file.values.server->settings.tokens.at(0).rights);
    CHECK(rights.hosts == Texts());
    CHECK((rights.ports && rights.ports->any));
    CHECK_FALSE((rights.kinds || rights.from || rights.expires || rights.services));
    CHECK(read_rights("").values.server->settings.tokens.at(0).rights == Rights());
}

TEST_CASE("an expiry that is over is a warning at its place", "[rights]") {
    const detail::ConfigFile file = read_rights("      expires: 2001-02-03T04:05:06+01:00\n");
    CHECK(file.problems.empty());
    REQUIRE(file.warnings.size() == 1);
    CHECK(to_text(file.warnings[0]) ==
          "f.yml:4:16: server.token[0].expires: 2001-02-03T03:05:06Z is in the past: this token is refused");
}

TEST_CASE("the builder's check says what is wrong with rights", "[rights]") {
    CHECK(rights_problems({}).empty());
    CHECK(rights_problems({.hosts = {{"a.example.com"}}, .ports = {{"any"}}, .kinds = {{"tcp"}}}).empty());
    CHECK(rights_problems({.ports = {{"8100-8000"}}}) ==
          Texts{"token: `ports` of \"alice\": \"8100-8000\" is a reversed range: write the lower port first"});
    CHECK(rights_problems({.ports = {{"any", "80"}}}) == Texts{"token: `ports` of \"alice\": `any` must be the only "
                                                               "port"});
    CHECK(rights_problems({.ports = {{"80,81"}}}).size() == 1);
    CHECK(rights_problems({.kinds = {{"smtp"}}}) ==
          Texts{"token: `kinds` of \"alice\": \"smtp\" is not a valid kind of service; expected one of tcp, udp, http, "
                "tls, private"});
    CHECK(rights_problems({.hosts = {{"*.*.example.com"}}, .from = {{"10.0.0.1/8"}}}).size() == 2);
    CHECK(rights_problems({.visited_by = {{""}}}) ==
          Texts{"token: `visited_by` of \"alice\": an empty text is not a valid token name"});
    CHECK(rights_problems({.services = 0, .visitors = 1'000'001}).size() == 2);
    CHECK(rights_problems({.connections = 4'097}) == Texts{"token: `connections` of \"alice\": must be 1 to 4096"});
    CHECK(rights_problems({.visitors_per_second = 0}).size() == 1);
    CHECK(rights_problems({.bytes_per_second = {1024, std::uint64_t{100} << 30}}).empty());
    CHECK(rights_problems({.bytes_per_second = {{}, 1023}}) ==
          Texts{"token: `bytes_per_second` of \"alice\": must be 1 KiB to 100 GiB"});
    CHECK(rights_problems({.service_bytes_per_second = {(std::uint64_t{100} << 30) + 1, {}}}).size() == 1);
}

TEST_CASE("limit: rights list as many hosts, ports and networks as they may, and not one more", "[rights]") {
    Texts hosts;
    Texts ports;
    Texts networks;
    for (std::size_t i = 0; i < login::rights_list_max; ++i) {
        hosts.push_back("h" + std::to_string(i) + ".example.com");
        ports.push_back(std::to_string(2000 + i));
        networks.push_back("10.0.0." + std::to_string(i));
    }
    CHECK(rights_problems({.hosts = hosts, .ports = ports, .from = networks}).empty());
    hosts.push_back("one.more.example.com");
    ports.push_back("3000");
    networks.push_back("10.0.1.0");
    CHECK(rights_problems({.hosts = hosts, .ports = ports, .from = networks}).size() == 3);
}

TEST_CASE("a second secret is checked as the first one is, and is there once", "[rights]") {
    const std::string text = fresh_token();
    Server::Builder builder;
    builder.token(Secret::from_string(text), "alice", {}, Secret::from_string(text));
    REQUIRE(builder.check().size() == 1);
    CHECK(builder.check()[0].text == "the token \"alice\" appears twice");
}

}  // namespace ferrotunnel
