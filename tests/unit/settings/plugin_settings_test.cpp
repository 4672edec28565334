// The plugins of a configuration file: which are found, what is wrong with them and where, and how files are compared.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <optional>
#include <string>

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
        Contains("4:") && Contains("server.plugins.chain[0].headers.request.set") && Contains("stands for nothing"));
    CHECK_THAT(only_problem("    chain: [{id: a}]\n"), Contains("no plugin is named here"));
    CHECK_THAT(only_problem("    chain: [{headers: {}, other: {}}]\n"), Contains("headers and other"));
    CHECK_THAT(only_problem("    chain: [{headers: {}, id: \"a b\"}]\n"), Contains("chain[0].id"));
    CHECK_THAT(only_problem("    chain: [{headers: {}, mode: perhaps}]\n"), Contains("observe"));
    CHECK_THAT(only_problem("    load: none.so\n    chain: []\n"), Contains("4:") && Contains("can not be loaded"));
    CHECK_THAT(only_problem("    order: []\n"), Contains("chain"));
    CHECK_THAT(only_problem("    chain: headers\n"), Contains("list"));
}

TEST_CASE("without plugins on this machine, none can be named", "[plugins]") {
    ::setenv(folder_variable, "/nowhere", 1);
    CHECK_THAT(only_problem("    chain: [{headers: {}}]\n"), Catch::Contains("none is loaded or installed"));
    ::unsetenv(folder_variable);
}

}  // namespace ferrotunnel
