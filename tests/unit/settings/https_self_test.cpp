// Settings of the server's own CA.
#include "settings/https_self.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "settings/file.hpp"
#include "settings/https.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {
namespace {

std::string self_problems(const std::vector<std::string>& names, bool is_on = true, const std::string& state = "/s") {
    ServerSettings settings;
    settings.https_bind = "127.0.0.1:0";
    settings.state_dir = state;
    settings.https.self = is_on;
    settings.https.self_names = names;
    std::vector<Problem> problems;
    check_https(settings, problems);
    std::string lines;
    for (const Problem& problem : problems) {
        lines += (lines.empty() ? "" : "\n") + problem.key + ": " + problem.text;
    }
    return lines;
}

}  // namespace

TEST_CASE("https.self: what it may be for", "[https-self]") {
    CHECK(self_problems({}).empty());
    CHECK(self_problems({"app.example.com", "test", "local", "LAN.Test.", "10.0.0.1", "2001:db8::1"}).empty());
    const std::string whole = "is a whole top-level domain; expected a host below it, like app.";
    for (const char* zone : {"dev", "com"}) {
        CHECK(self_problems({zone}) == "https.self_names: \"" + std::string(zone) + "\" " + whole + zone);
    }
    for (const char* name : {"*.app.test", "a b.test", "a_b.test", "-a.test", "10.0.0", "10.0.0.0/8", ".", ".test"}) {
        INFO(name);
        CHECK(self_problems({name}) == "https.self_names: \"" + std::string(name) +
                                           "\" is not a valid name; expected a host like app.test or an IP address");
    }
}

TEST_CASE("https.self: what it needs", "[https-self]") {
    CHECK(self_problems({}, true, "") == "state_dir: is missing: https.self keeps its CA there; expected a folder");
    CHECK(self_problems({"app.test"}, false) == "https.self_names: has no meaning without https.self");
    std::vector<std::string> names(https_self_names_max, "app.test");
    CHECK(self_problems(names).empty());
    names.emplace_back("app.test");
    CHECK(self_problems(names) == "https.self_names: has more than 100 names");
}

TEST_CASE("https.self: a file says it", "[https-self]") {
    const ConfigFile file = read_config({"server: {https: {self: on, self_names: [app.test, 10.0.0.1]}}\n",
                                         "/etc/f.yml", false, [](const std::string&) { return std::nullopt; }});
    CHECK(file.problems.empty());
    CHECK(file.values.server->settings.https.self);
    CHECK(file.values.server->settings.https.self_names == std::vector<std::string>{"app.test", "10.0.0.1"});
    CHECK(file.values.server->settings.https.has_certificates());
}

}  // namespace ferrotunnel::detail
