// What applying settings to a server means.
#include "api/server_comparison.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

namespace ferrotunnel::detail {
namespace {

ServerSettings compared_settings() {
    ServerSettings settings;
    settings.tls = false;
    settings.tokens.push_back({Secret::generate(), "one"});
    REQUIRE(problems_of(settings).empty());
    return settings;
}

}  // namespace

TEST_CASE("comparison: equal settings change nothing", "[server]") {
    const ServerSettings present = compared_settings();
    const SettingsComparison all = compare_settings(present, ServerSettings(present));
    CHECK(all.report.unchanged());
    CHECK_FALSE(all.has_live());
    CHECK(all.report.same == std::vector<std::string>{"server.token one"});
}

TEST_CASE("comparison: what is live is mixed with what stays until a restart", "[server]") {
    const ServerSettings present = compared_settings();
    ServerSettings next = present;
    next.bind = "127.0.0.1:1";
    next.hold = std::chrono::seconds(9);
    next.http.idle_timeout = std::chrono::seconds(3);
    const SettingsComparison all = compare_settings(present, std::move(next));
    CHECK(all.report.ok());
    CHECK(all.has("server.bind"));
    CHECK(all.has_any({"server.nothing", "server.hold"}));
    CHECK(all.has_below("server.http."));
    CHECK_FALSE(all.has_below("server.https."));
    CHECK(all.report.needs_restart == std::vector<std::string>{"server.bind"});
    CHECK(all.mixed.bind == present.bind);
    CHECK(all.mixed.hold == std::chrono::seconds(9));
}

TEST_CASE("comparison: tokens that came, went and changed are named", "[server]") {
    ServerSettings present = compared_settings();
    present.tokens.push_back({Secret::generate(), "two"});
    ServerSettings next = present;
    next.tokens.erase(next.tokens.begin());
    next.tokens.front().rights.kinds = {"tcp"};
    next.tokens.push_back({Secret::generate(), "three"});
    const SettingsComparison all = compare_settings(present, std::move(next));
    REQUIRE(all.report.ok());
    std::vector<std::string> texts;
    for (const ApplyReport::Change& change : all.report.applied) {
        texts.push_back(to_text(change));
    }
    REQUIRE(texts.size() == 3);
    CHECK(all.report.applied[0].kind == ApplyReport::Change::Kind::removed);
    CHECK(all.report.applied[0].name == "one");
    CHECK(all.report.applied[1].kind == ApplyReport::Change::Kind::changed);
    CHECK(all.report.applied[2].kind == ApplyReport::Change::Kind::added);
}

TEST_CASE("comparison: without a listener for them, certificates wait for a restart", "[server]") {
    const ServerSettings present = compared_settings();
    ServerSettings next = present;
    next.https_bind = "127.0.0.1:0";
    next.https.handshakes_per_second += 1;
    const SettingsComparison all = compare_settings(present, std::move(next));
    CHECK(all.report.needs_restart ==
          std::vector<std::string>{"server.https_bind", "server.https.handshakes_per_second"});
    CHECK_FALSE(all.has_live());
    CHECK_FALSE(all.has_certificates());
    CHECK_FALSE(all.has_handshakes());
}

TEST_CASE("comparison: a problem of the new settings, or of the mixture, is reported", "[server]") {
    const ServerSettings present = compared_settings();
    ServerSettings next = present;
    next.tokens.clear();
    const SettingsComparison all = compare_settings(present, std::move(next));
    CHECK_FALSE(all.report.ok());
    CHECK(all.report.applied.empty());
}

}  // namespace ferrotunnel::detail
