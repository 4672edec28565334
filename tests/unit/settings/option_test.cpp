// Settings that are given as texts, as by the program's options.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "ferrotunnel/config.hpp"
#include "ferrotunnel/detail/setting_texts.hpp"
#include "settings/option.hpp"
#include "settings/rows.hpp"

namespace ferrotunnel::detail {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> lines_of(const std::vector<Problem>& problems) {
    std::vector<std::string> lines;
    for (const Problem& problem : problems) {
        lines.push_back(to_text(problem));
    }
    return lines;
}

}  // namespace

TEST_CASE("options: each setting is offered once, under its topic", "[options]") {
    for (const std::vector<SettingOption>& options : {server_options(), client_options()}) {
        CHECK(options.size() > 15);
        std::set<std::string> names, topics;
        std::string topic;
        for (const SettingOption& option : options) {
            INFO(option.name);
            CHECK((names.insert(option.name).second || option.help.empty()));
            if (!option.help.empty() && option.topic != topic) {
                CHECK(topics.insert(option.topic).second);
                topic = option.topic;
            }
            CHECK((option.help.empty() || option.help.ends_with('.')));
            CHECK(!option.brief.ends_with('.'));
        }
    }
    const auto options = server_options();
    const auto share = std::ranges::find(options, "ports-per-token", &SettingOption::name);
    REQUIRE(share != options.end());
    CHECK(share->help.find(" 1 to 65535. Default: 65535, or ") != std::string::npos);
    const auto bind = std::ranges::find(options, "bind", &SettingOption::name);
    REQUIRE(bind != options.end());
    CHECK(bind->help == "Listen address for clients; port 0: the system chooses. Default: 0.0.0.0:7835.");
    CHECK(bind->brief == "Listen address for clients (default 0.0.0.0:7835)");
    const auto ports = std::ranges::find(options, "allow-ports", &SettingOption::name);
    REQUIRE(ports != options.end());
    CHECK(ports->brief == "Public ports that clients may use (default: 1024 and above)");
    CHECK(share->brief.empty());
}

TEST_CASE("options: texts become values, and nothing else changes", "[options]") {
    ServerSettings settings;
    CHECK(say(settings, {}).empty());
    CHECK(static_cast<ServerValues&>(settings) == ServerValues());
    CHECK(say(settings, {{"bind", {"127.0.0.1:1"}},
                         {"workers", {"3"}},
                         {"memory_max", {"64MiB"}},
                         {"tls", {"off"}},
                         {"allow_ports", {"22,80"}},
                         {"state_dir", {"here"}},
                         {"proxy_protocol_from", {"::1", "10.0.0.0/8"}},
                         {"https.grade", {"intermediate"}},
                         {"https.redirect", {"on"}},
                         {"http.trusted_proxies", {"::1"}}})
              .empty());
    ServerValues expected;
    expected.bind = "127.0.0.1:1";
    expected.workers = 3;
    expected.memory_max = 64 << 20;
    expected.tls = false;
    expected.allow_ports = "22,80";
    expected.state_dir = "here";
    expected.proxies = {"::1", "10.0.0.0/8"};
    expected.https.grade = TlsGrade::intermediate;
    expected.https.redirect = 308;
    expected.http.trusted_proxies = {"::1"};
    CHECK(static_cast<ServerValues&>(settings) == expected);
}

TEST_CASE("options: a text is taken as it is, variables are for files", "[options]") {
    ClientSettings settings;
    CHECK(say(settings, {{"name", {"${HOME}"}}}).empty());
    CHECK(settings.name == "${HOME}");
}

TEST_CASE("options: what is wrong is told by the setting, and not said", "[options]") {
    ServerSettings settings;
    CHECK(lines_of(say(settings, {{"workers", {"many"}},
                                  {"https.grade", {"old"}},
                                  {"proxy_protocol_from", {"::1", "x"}},
                                  {"no.such", {"1"}}})) ==
          std::vector<std::string>{
              "proxy_protocol_from: \"x\" is neither an IP address nor a network like 10.0.0.0/8 or fd00::/8",
              "workers: expected a whole number from 0 to 256, found \"many\"",
              "https.grade: expected one of modern, intermediate, found \"old\"",
              "no: no such key; the keys here are bind, tcp_bind, public_host, http_bind, domain, allow_ports, "
              "https_bind, connect_bind, ssh_service, silent_service, proxy_protocol_from, tls_cert, tls_key, "
              "state_dir, connections_per_token, "
              "ports_per_token, hold, access_log, access_log_format, access_log_mask, audit_log, "
              "allow_weak_token, tls, workers, busy_poll, memory_max, resume, resume_memory, control, metrics, "
              "dashboard, dashboard_token_file, "
              "dashboard_tls_cert, "
              "dashboard_tls_key, timing, http, "
              "https, acme, cluster, traces, plugins"});
    CHECK(settings.workers == 0);
    CHECK(settings.https.grade == TlsGrade::modern);
}

TEST_CASE("options: a time that is said pulls one along that is not", "[options]") {
    ClientSettings settings;
    CHECK(say(settings, {{"timing.dead_interval", {"3s"}}, {"timing.reconnect_max", {"100ms"}}}).empty());
    CHECK(settings.timing.ping_interval == 1s);
    CHECK(settings.timing.reconnect_first == 100ms);
    CHECK(say(settings, {{"timing.dead_interval", {"30s"}}, {"timing.ping_interval", {"20s"}}}).empty());
    CHECK(settings.timing.ping_interval == 20s);
}

TEST_CASE("options: what they say is the file's no more", "[options]") {
    Client::Builder builder = Config::parse("client: {server: 'a:x', tls_pin: x}\n", "f.yml").client();
    builder.token(Secret::generate());
    CHECK(lines_of(builder.check()).size() == 2);
    CHECK(say(builder, {{"server", {"b:x"}}}).empty());
    const std::vector<std::string> lines = lines_of(builder.check());
    REQUIRE(lines.size() == 2);
    CHECK(lines[0] == "server: \"b:x\" is not a valid address; expected host:port");
    CHECK(lines[1].starts_with("f.yml:1:34: client.tls_pin: "));
}

// The place of a setting in the file is not named for what an option has set, or has changed in consequence.
TEST_CASE("options: no place of the file for what they change", "[options]") {
    const auto lines = [](const std::string& file, const std::vector<SettingText>& texts) {
        Server::Builder builder = Config::parse(file, "f.yml").server();
        builder.add_token(Secret::generate());
        CHECK(say(builder, texts).empty());
        return lines_of(builder.check());
    };
    const std::string plain = "server: {bind: 127.0.0.1:0}\n";
    CHECK(lines(plain, {{"https.redirect", {"on"}}}) ==
          std::vector<std::string>{"https: has no meaning without https_bind"});
    CHECK(lines("server: {bind: 127.0.0.1:0, https_bind: off}\n", {{"https.folders", {"x"}}}) ==
          std::vector<std::string>{"https: has no meaning without https_bind"});
    CHECK(lines(plain, {{"timing.dead_interval", {"2ms"}}}) ==
          std::vector<std::string>{"timing.ping_interval: must be above zero"});
}

TEST_CASE("options: the last of several texts counts, a list may be empty", "[options]") {
    ServerSettings settings;
    settings.proxies = {"::1"};
    CHECK(say(settings, {{"workers", {"1", "2"}}, {"proxy_protocol_from", {}}, {"memory_max", {"0"}}}).empty());
    CHECK(settings.workers == 2);
    CHECK(settings.proxies.empty());
    CHECK_FALSE(say(settings, {{"proxy_protocol_from", {"::1", "x"}}}).empty());
    CHECK(settings.proxies == std::vector<std::string>{"::1"});
}

TEST_CASE("options: KEY=VALUE, of a repeated key the last", "[options]") {
    ClientSettings settings;
    CHECK(say(settings, {{"metadata", {"site=barn", "note=a=b, c", "floor=", "site=shed"}}}).empty());
    CHECK(settings.metadata == std::map<std::string, std::string>{{"site", "shed"}, {"note", "a=b, c"}, {"floor", ""}});
    CHECK(lines_of(say(settings, {{"metadata", {"site=barn", "floor"}}})) ==
          std::vector<std::string>{"metadata: expected keys with their texts, like {site: barn}; as an option "
                                   "KEY=VALUE, found \"floor\""});
    CHECK(settings.metadata.size() == 3);
    CHECK(say(settings, {{"metadata", {}}}).empty());
    CHECK(settings.metadata.empty());
}

TEST_CASE("settings: a file's metadata, and what is wrong with it at its place", "[options]") {
    const auto lines = [](const std::string& metadata) {
        Client::Builder builder =
            Config::parse("client:\n  server: a:1\n  metadata: " + metadata + "\n", "f.yml").client();
        builder.token(Secret::generate());
        return lines_of(builder.check());
    };
    CHECK(lines("{site: barn, floor: 2, on: yes, none: ''}").empty());
    CHECK(lines("{a b: c}") ==
          std::vector<std::string>{"f.yml:3:13: client.metadata: has the key \"a b\"; expected letters, digits and "
                                   "\"._-\""});
    CHECK(lines("{site: \"two\\nlines\"}").size() == 1);
}

// What a row of the settings' table says in two ways has to agree.
TEST_CASE("settings: each row fits its value", "[options]") {
    const auto check_side = [](const auto* values) {
        using Values = std::remove_cvref_t<decltype(*values)>;
        std::set<std::string> paths;
        Groups<Values>::visit([&](const GroupPlace& place, const auto& rows, const auto& part) {
            Values some;
            for (const auto& setting : rows) {
                INFO(path_of(place, setting));
                CHECK(paths.insert(path_of(place, setting)).second);
                CHECK((setting.form == Form::section) == (setting.at.index() == 0));
                CHECK((setting.form != Form::section || setting.is_same != nullptr || setting.keys != nullptr));
                CHECK((setting.form == Form::section || !setting.help.empty()));
                visit_value(setting, part(some), [&](auto& value) {
                    using T = std::remove_cvref_t<decltype(value)>;
                    CHECK(std::is_same_v<T, bool> == (setting.form == Form::on_off));
                    constexpr bool is_time = std::is_same_v<T, std::chrono::milliseconds> ||
                                             std::is_same_v<T, std::optional<std::chrono::milliseconds>>;
                    CHECK(is_time == (setting.form == Form::time));
                    if constexpr (std::is_same_v<T, std::uint16_t> || std::is_same_v<T, std::uint32_t>) {
                        CHECK((setting.form == Form::choice || setting.max <= std::numeric_limits<T>::max()));
                    }
                });
            }
        });
    };
    check_side(static_cast<const ServerValues*>(nullptr));
    check_side(static_cast<const ClientValues*>(nullptr));
}

}  // namespace ferrotunnel::detail
