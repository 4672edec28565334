// From the settings of ACME to the part that orders certificates, and the addresses of a server with ACME.
#include "api/acme_settings.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <mutex>
#include <string>
#include <vector>

#include "api/server_comparison.hpp"
#include "ferrotunnel/config.hpp"
#include "unit/api/end_to_end.hpp"

namespace ferrotunnel::detail {
namespace {

ServerSettings settings_with_acme() {
    ServerSettings settings;
    settings.bind = "127.0.0.1:0";
    settings.http_bind = "127.0.0.1:0";
    settings.https_bind = "127.0.0.1:0";
    settings.state_dir = "/s";
    settings.tls = false;  // the folder is not tried
    settings.tokens.push_back({Secret::generate(), "one"});
    settings.has_acme = true;
    return settings;
}

std::vector<std::string> applied_of(const SettingsComparison& all) {
    std::vector<std::string> keys;
    for (const ApplyReport::Change& change : all.report.applied) {
        keys.push_back(change.key);
    }
    return keys;
}

/// Collects what a server logs.
class LoggedLines {
public:
    LogSink sink() {
        return [this](const LogRecord& record) {
            std::string line(record.message);
            for (const LogRecord::Field& field : record.fields) {
                line += ' ' + std::string(field.key) + '=' + std::string(field.value);
            }
            const std::lock_guard lock(mutex_);
            lines_.push_back(std::move(line));
        };
    }
    std::string with(const std::string& part) const {
        const std::lock_guard lock(mutex_);
        const auto found =
            std::ranges::find_if(lines_, [&](const std::string& line) { return line.find(part) != std::string::npos; });
        return found == lines_.end() ? "" : *found;
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

}  // namespace

TEST_CASE("acme: each setting reaches the part that orders", "[acme-settings]") {
    ServerSettings settings = settings_with_acme();
    settings.domain = "tunnel.example.com";
    Acme& acme = settings.acme;
    acme.email = "me@example.com";
    acme.directories = {"https://a.example/d", "https://b.example/d"};
    acme.staging = "https://s.example/d";
    acme.ca_file = "ca.pem";
    acme.profile = "shortlived";
    acme.external_account = {"kid", "a2V5bQ=="};
    acme.ways = {"dns-01", "http-01"};
    acme.names = {"A.example.com", "a.example.com", "*.b.example.com", "192.0.2.1"};
    acme.dns_command = {"/bin/set", "x"};
    acme.dns_command_time = std::chrono::seconds(7);
    acme.dns_server = "192.0.2.53:53";
    acme.http_port = 5002;
    acme.tls_port = 5001;
    acme.orders_per_token = 9;
    issuance::Settings expected;
    expected.email = "me@example.com";
    expected.directories = acme.directories;
    expected.staging = "https://s.example/d";
    expected.ca_file = "ca.pem";
    expected.profile = "shortlived";
    expected.external = {"kid", "a2V5bQ"};
    expected.ways = {acme::Way::dns_01, acme::Way::http_01};
    expected.names = {{acme::Identifier::Type::dns, "a.example.com"},
                      {acme::Identifier::Type::dns, "*.b.example.com"},
                      {acme::Identifier::Type::ip, "192.0.2.1"}};
    expected.domain = "tunnel.example.com";
    expected.dns_command = {"/bin/set", "x"};
    expected.dns_command_time = std::chrono::seconds(7);
    expected.dns_server = "192.0.2.53:53";
    expected.http_port = 5002;
    expected.tls_port = 5001;
    expected.has_http = true;
    expected.has_https = true;
    expected.orders_per_token = 9;
    expected.folder = "/s/acme";
    CHECK(issuance_settings(settings) == expected);
}

TEST_CASE("acme: without a listener its way is left out", "[acme-settings]") {
    ServerSettings settings = settings_with_acme();
    settings.http_bind.clear();
    const issuance::Settings made = issuance_settings(settings);
    CHECK_FALSE(made.has_http);
    CHECK(made.ways == std::vector{acme::Way::tls_alpn_01, acme::Way::dns_persist_01});
    CHECK(made.directories == Acme().directories);
    CHECK(made.dns_command_time == issuance::Settings().dns_command_time);
    CHECK(made.orders_per_token == issuance::Settings().orders_per_token);
}

TEST_CASE("acme: it is turned on and off while the server runs", "[acme-settings]") {
    ServerSettings off = settings_with_acme();
    REQUIRE(problems_of(off).empty());
    off.has_acme = false;
    ServerSettings on = off;
    on.has_acme = true;
    on.acme.email = "me@example.com";
    SettingsComparison all = compare_settings(off, ServerSettings(on));
    CHECK(applied_of(all) == std::vector<std::string>{"server.acme", "server.acme.email"});
    CHECK(all.has_acme());
    CHECK(all.mixed.has_acme);
    CHECK(all.mixed.acme == on.acme);
    all = compare_settings(on, ServerSettings(off));
    CHECK(all.has_acme());
    CHECK_FALSE(all.mixed.has_acme);
    all = compare_settings(on, ServerSettings(on));
    CHECK_FALSE(all.has_acme());
}

TEST_CASE("acme: without an HTTPS listener it waits for a restart", "[acme-settings]") {
    ServerSettings present = settings_with_acme();
    present.has_acme = false;
    present.https_bind.clear();
    REQUIRE(problems_of(present).empty());
    ServerSettings next = settings_with_acme();
    next.tokens = present.tokens;
    const SettingsComparison all = compare_settings(present, std::move(next));
    CHECK(all.report.ok());
    CHECK(all.report.needs_restart == std::vector<std::string>{"server.https_bind", "server.acme"});
    CHECK_FALSE(all.mixed.has_acme);
}

TEST_CASE("acme: a builder sets all of it, and a file is read into its section", "[acme-settings]") {
    const auto keys_of = [](const Server::Builder& builder) {
        std::vector<std::string> keys;
        for (const Problem& problem : builder.check()) {
            keys.push_back(problem.key);
        }
        return keys;
    };
    const Secret token = Secret::generate();
    CHECK(keys_of(test::server_builder(token).acme(Acme())) == std::vector<std::string>{"acme", "state_dir"});
    CHECK(keys_of(test::server_builder(token).acme(Acme()).acme(std::nullopt)).empty());
    Server::Builder builder = test::server_builder(token);
    builder.tls(false).https_bind("127.0.0.1:0").state_dir("/s").acme(Acme{.email = "admin"});
    CHECK(keys_of(builder) == std::vector<std::string>{"acme.email"});
    CHECK(keys_of(builder.acme(Acme{.email = "admin@example.com"})).empty());

    const Config config = Config::parse("server: {acme: {email: admin, profile: shortlived}}\n", "f.yml");
    REQUIRE(config.server_section().acme);
    CHECK(config.server_section().acme->profile == "shortlived");
    CHECK_FALSE(Config::parse("server: {}\n", "f.yml").server_section().acme);
    Server::Builder of_file = config.server();
    const std::vector<Problem> problems = of_file.check();
    const auto found = std::ranges::find(problems, "server.acme.email", &Problem::key);
    REQUIRE(found != problems.end());
    CHECK(found->line == 1);
    of_file.acme(Acme{.email = "wrong"});  // no longer the file's
    const std::vector<Problem> other = of_file.check();
    CHECK(std::ranges::find(other, "acme.email", &Problem::key) != other.end());
}

TEST_CASE("acme: an address that is in use is replaced by its fallback, with a warning", "[listeners]") {
    const Secret token = Secret::generate();
    Server first = test::server_builder(token).http_bind("127.0.0.1:0").https_bind("127.0.0.1:0").build();
    first.start();
    const std::string busy = first.http_endpoint();
    LoggedLines lines;
    Server second = test::server_builder(token)
                        .log(lines.sink(), LogLevel::warn)
                        .http_bind(busy, true, "127.0.0.1:0")
                        .https_bind(first.https_endpoint(), true, "127.0.0.1:0")
                        .build();
    second.start();
    CHECK(second.http_endpoint() != busy);
    CHECK(second.http_endpoint().starts_with("127.0.0.1:"));
    CHECK(second.https_endpoint() != first.https_endpoint());
    REQUIRE(test::eventually([&] { return !lines.with("cannot listen for HTTPS").empty(); }));
    const std::string line = lines.with("cannot listen for HTTP at the standard port");
    CHECK(line.find(busy) != std::string::npos);
    CHECK(line.find("Address already in use") != std::string::npos);
    CHECK(line.find("ss -ltnp") != std::string::npos);
}

TEST_CASE("acme: an address without a fallback, or with a busy one, fails as before", "[listeners]") {
    const Secret token = Secret::generate();
    Server first = test::server_builder(token).http_bind("127.0.0.1:0").https_bind("127.0.0.1:0").build();
    first.start();
    std::error_code error;
    Server second = test::server_builder(token).http_bind(first.http_endpoint(), true, first.https_endpoint()).build();
    second.start(error);
    CHECK(error == std::errc::address_in_use);
    Server third = test::server_builder(token).http_bind(first.http_endpoint(), false, first.https_endpoint()).build();
    third.start();
    CHECK(third.http_endpoint().empty());
    CHECK_THROWS_WITH(test::server_builder(token).http_bind("127.0.0.1:0", true, "nowhere").build(),
                      Catch::Contains("is not a valid address to fall back to"));
}

}  // namespace ferrotunnel::detail
