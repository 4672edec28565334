// The plugins of a configuration file: which are found, what is wrong with them and where, and how files are compared.
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "ferrotunnel/server.hpp"
#include "settings/file.hpp"

namespace ferrotunnel {
namespace {

constexpr const char* folder_variable = "FERROTUNNEL_PLUGINS";

/// The shipped plugins are those of this build, as long as this lives.
class ShippedHere {
public:
    ShippedHere() { ::setenv(folder_variable, FERROTUNNEL_PLUGIN_BUILD_FOLDER, 1); }
    ~ShippedHere() { ::unsetenv(folder_variable); }
};

detail::ConfigFile read(const std::string& plugins) {
    const std::string text = "server:\n  token: ${TOKEN}\n  plugins:\n" + plugins;
    return detail::read_config(
        {text, "f.yml", false, [](const std::string&) -> std::optional<std::string> { return "some weak token"; }});
}

/// "line:column key: text" of the only problem.
std::string only_problem(const std::string& plugins) {
    const detail::ConfigFile file = read(plugins);
    REQUIRE(file.problems.size() == 1);
    const Problem& problem = file.problems.front();
    return std::to_string(problem.line) + ':' + std::to_string(problem.column) + ' ' + problem.key + ": " +
           problem.text;
}

const detail::PluginSpec& first(const detail::ConfigFile& file) {
    REQUIRE(file.problems.empty());
    REQUIRE(file.values.server->settings.plugins.size() == 1);
    return file.values.server->settings.plugins.front();
}

}  // namespace

TEST_CASE("a chain is read in its order, with what each instance says", "[plugins]") {
    const ShippedHere here;
    const detail::ConfigFile file = read(
        "    chain:\n      - headers: {request: {remove: Cookie}}\n        id: a\n        on_failure: closed\n"
        "        mode: observe\n      - headers:\n");
    REQUIRE(file.problems.empty());
    const auto& plugins = file.values.server->settings.plugins;
    REQUIRE(plugins.size() == 2);
    CHECK(plugins[0].use.type == "headers");
    CHECK(plugins[0].use.id == "a");
    CHECK(plugins[0].use.on_failure == PluginFailure::closed);
    CHECK(plugins[0].use.observe);
    CHECK(plugins[1].use.on_failure == PluginFailure::usual);
    CHECK_FALSE(plugins[1].use.observe);
}

TEST_CASE("files with the same plugins are equal, whatever they look like", "[plugins]") {
    const ShippedHere here;
    const auto one = read("    chain: [{headers: {request: {remove: [A]}, response: {set: {X: y}}}}]\n");
    CHECK(first(one) == first(read("    chain:\n      - headers:\n          response: {set: {X: \"y\"}}\n"
                                   "          request: {remove: A}\n")));
    CHECK_FALSE(first(one) ==
                first(read("    chain: [{headers: {request: {remove: [B]}, response: {set: {X: y}}}}]\n")));
    CHECK_FALSE(first(one) ==
                first(read("    chain: [{headers: {request: {remove: [A]}, response: {set: {X: y}}}, id: b}]\n")));
}

TEST_CASE("what is wrong with a plugin is told where it is", "[plugins]") {
    using Catch::Contains;
    const ShippedHere here;
    CHECK_THAT(only_problem("    chain: [{headres: {}}]\n"), Contains("4:") && Contains("headers"));
    CHECK_THAT(only_problem("    chain: [{headers: {reqest: {}}}]\n"), Contains("4:") && Contains("request"));
    CHECK_THAT(
        only_problem("    chain: [{headers: {request: {set: {X-A: \"{{nobody}}\"}}}}]\n"),
        Contains("4:") && Contains("server.plugins.chain[0].headers.request.set") && Contains("which is unknown"));
    CHECK_THAT(only_problem("    chain: [{id: a}]\n"), Contains("no plugin is named here"));
    CHECK_THAT(only_problem("    chain: [{headers: {}, other: {}}]\n"), Contains("headers and other"));
    CHECK_THAT(only_problem("    chain: [{headers: {}, id: \"a b\"}]\n"), Contains("chain[0].id"));
    CHECK_THAT(only_problem("    chain: [{headers: {}, mode: perhaps}]\n"), Contains("observe"));
    CHECK_THAT(only_problem("    load: none.so\n    chain: []\n"), Contains("4:") && Contains("cannot be loaded"));
    CHECK_THAT(only_problem("    order: []\n"), Contains("chain"));
    CHECK_THAT(only_problem("    chain: headers\n"), Contains("list"));
}

TEST_CASE("where and when an instance runs is read, and belongs to what files are compared by", "[plugins]") {
    const ShippedHere here;
    const auto file = read(
        "    chain:\n      - headers:\n        hosts: \"*.example.com\"\n        paths: [/api, \"= /x\"]\n"
        "        services: [web, shop]\n        when: |\n          visitor.tls\n            && request.path != "
        "\"/$\"\n");
    const PluginUse& use = first(file).use;
    CHECK(use.hosts == std::vector<std::string>{"*.example.com"});
    CHECK(use.paths == std::vector<std::string>{"/api", "= /x"});
    CHECK(use.services == std::vector<std::string>{"web", "shop"});
    CHECK(use.when == "visitor.tls\n  && request.path != \"/$\"\n");
    const auto bare = read("    chain: [{headers: {}}]\n");
    for (const char* said : {"hosts: a.test", "paths: /a", "services: a", "when: visitor.tls"}) {
        const auto other = read(std::string("    chain: [{headers: {}, ") + said + "}]\n");
        CHECK_FALSE(first(bare) == first(other));
    }
}

TEST_CASE("what is wrong with where and when an instance runs is told where it is", "[plugins]") {
    const ShippedHere here;
    const std::string before = "    chain:\n      - headers: {}\n        ";
    const auto problem = [&](const std::string& line) { return only_problem(before + line + "\n"); };
    CHECK(problem("hosts: [a.test, b..c]") ==
          "6:25 server.plugins.chain[0].hosts[1]: \"b..c\" has an empty label: two dots in a row, or a dot in front");
    CHECK(problem("paths: api") == "6:16 server.plugins.chain[0].paths: \"api\" does not begin with '/'");
    CHECK(
        problem("services: []") ==
        "6:19 server.plugins.chain[0].services: is an empty list, so the plugin would never run; leave the key out to "
        "run it everywhere");
    CHECK(problem("when: request.pth == 1") ==
          "6:15 server.plugins.chain[0].when: 1:1: unknown field `request.pth`; did you mean `request.path`?");
    CHECK(problem("when: visitor.tls && request.size") ==
          "6:30 server.plugins.chain[0].when: 1:16: each side of `&&` must be true or false, and this is a number");
    CHECK(problem("when: 'visitor.tls &&'") ==
          "6:30 server.plugins.chain[0].when: 1:15: expected a value, found the end");
    CHECK(problem("when: |\n\n          visitor.tls\n           || request.size") ==
          "9:15 server.plugins.chain[0].when: 3:5: each side of `||` must be true or false, and this is a number");
    CHECK(problem("when: {a: b}") ==
          "6:15 server.plugins.chain[0].when: expected a condition, like request.method == \"POST\"; write it behind a "
          "| if it has a : or #, found keys of its own");
    CHECK(problem("wehn: visitor.tls") == "6:9 server.plugins.chain[0].wehn: no such key; did you mean when?");
}

TEST_CASE("notes that are read before they are set are warned of where they are read", "[plugins]") {
    const ShippedHere here;
    const auto warnings = [](const std::string& chain) {
        const detail::ConfigFile file = read("    chain:\n" + chain);
        REQUIRE(file.problems.empty());
        std::vector<std::string> lines;
        for (const Problem& warning : file.warnings) {
            lines.push_back(std::to_string(warning.line) + ':' + std::to_string(warning.column) + ' ' + warning.key +
                            ": " + warning.text);
        }
        return lines;
    };
    CHECK(warnings("      - headers: {request: {set: {X-A: \"{{note.auth.subject}}\"}}}\n") ==
          std::vector<std::string>{"5:40 server.plugins.chain[0].headers.request.set[\"X-A\"]: reads the note "
                                   "`auth.subject`, which no plugin of the chain sets"});
    CHECK(warnings("      - headers: {response: {add: {X-A: \"{{note.a}}\"}}}\n        when: |\n"
                   "          visitor.tls &&\n            note.b == \"1\"\n") ==
          std::vector<std::string>{
              "8:13 server.plugins.chain[0].when: reads the note `b`, which no plugin of the chain sets",
              "5:41 server.plugins.chain[0].headers.response.add[\"X-A\"]: reads the note `a`, which no plugin of the "
              "chain sets"});
    CHECK(warnings("      - headers: {request: {set: {X-A: \"{{visitor}}\"}}}\n        when: visitor.tls\n").empty());
}

TEST_CASE("without plugins on this machine, none can be named", "[plugins]") {
    ::setenv(folder_variable, "/nowhere", 1);
    CHECK_THAT(only_problem("    chain: [{headers: {}}]\n"), Catch::Contains("none is loaded or installed"));
    ::unsetenv(folder_variable);
}

TEST_CASE("the bounds of what waits for plugins stand beside the chain", "[plugins]") {
    const auto limits_of = [](const std::string& text) {
        const detail::ConfigFile file = read(text);
        REQUIRE(file.problems.empty());
        return file.values.server->settings.plugin_limits;
    };
    CHECK(limits_of("    chain: []\n") == PluginLimits{});
    CHECK(limits_of("    wait_timeout: 2m\n    waiting: 20000\n    collected: 1GiB\n") ==
          PluginLimits{std::chrono::minutes(2), 20'000, std::uint64_t{1} << 30U});
    CHECK(limits_of("    wait_timeout: 5m\n    waiting: 65536\n    collected: 64KiB\n").waiting == 65'536);
    CHECK(only_problem("    waiting: 0\n").find("server.plugins.waiting") != std::string::npos);
    CHECK(only_problem("    waiting: 65537\n").find("server.plugins.waiting") != std::string::npos);
    CHECK(only_problem("    collected: 1KiB\n").find("server.plugins.collected") != std::string::npos);
    CHECK(only_problem("    colected: 1MiB\n").find("did you mean collected?") != std::string::npos);
}

TEST_CASE("a builder has the bounds of what waits for plugins", "[plugins]") {
    const auto build = [](const PluginLimits& limits) {
        return Server::builder().bind("127.0.0.1:0").add_token(Secret::generate()).plugin_limits(limits).build();
    };
    CHECK_NOTHROW(build({std::chrono::minutes(5), 65'536, 65'536}));
    CHECK_THROWS_WITH(build({std::chrono::minutes(6)}), Catch::Contains("plugin_limits.wait_timeout"));
    CHECK_THROWS_WITH(build({std::chrono::seconds(1), 0}), Catch::Contains("plugin_limits.waiting"));
    CHECK_THROWS_WITH(build({std::chrono::seconds(1), 1, 1}), Catch::Contains("plugin_limits.collected"));
}

}  // namespace ferrotunnel
