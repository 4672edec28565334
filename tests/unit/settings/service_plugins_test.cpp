// The plugins that a client asks for: as an application and a file say them, in the one form in which they are sent.
#include "settings/service_plugins.hpp"

#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <vector>

#include "settings/file.hpp"
#include "settings/plugins.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel {
namespace {

using Catch::Contains;

std::string settings_of(const ServicePlugin& plugin) {
    std::vector<Problem> problems;
    const wire::PluginsPart part = detail::plugins_part({plugin}, "web", problems);
    CHECK(problems.empty());
    REQUIRE(part.size() == 1);
    CHECK(part[0].type == plugin.type);
    return part[0].settings;
}

std::string problem_with(const std::vector<ServicePlugin>& plugins) {
    std::vector<Problem> problems;
    (void)detail::plugins_part(plugins, "web", problems);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].key == "web");
    return problems[0].text;
}

detail::ConfigFile read_services(const std::string& services) {
    const std::string text = "client:\n  server: h\n  token: ${TOKEN}\n  services:\n" + services;
    return detail::read_config({text, "f.yml", false, [](const std::string& name) -> std::optional<std::string> {
                                    return name == "NET" ? "10.0.0.0/8" : "some weak token";
                                }});
}

std::string only_problem(const std::string& services) {
    const detail::ConfigFile file = read_services(services);
    REQUIRE(file.problems.size() == 1);
    return file.problems.front().key + ": " + file.problems.front().text;
}

}  // namespace

TEST_CASE("settings are sent in one form, however they are written", "[service-plugins]") {
    const std::string one = R"({"allow":["10.0.0.0/8","::1"],"deny":"a\"b\\"})";
    CHECK(settings_of(ServicePlugin("x", "{deny: 'a\"b\\', allow: [10.0.0.0/8, '::1']}")) == one);
    CHECK(settings_of(ServicePlugin("x", "allow:\n  - 10.0.0.0/8\n  - ::1\ndeny: a\"b\\\n")) == one);
    CHECK(settings_of(ServicePlugin("x", one)) == one);
    CHECK(settings_of(ServicePlugin("x")).empty());
    CHECK(settings_of(ServicePlugin("x", "{a: {}, b: [], c: 5}")) == R"({"a":{},"b":[],"c":"5"})");
    CHECK(settings_of(ServicePlugin("x", R"({a: "\t\x7f\u0085é"})")) == "{\"a\":\"\\u0009\\u007f\\u0085é\"}");
    CHECK(settings_of(ServicePlugin("x", "{a: '${HOME}'}")) == R"({"a":"${HOME}"})");  // no variables
}

TEST_CASE("the helpers say what their plugins understand", "[service-plugins]") {
    CHECK(settings_of(ServicePlugin::allow_ip({"10.0.0.0/8", "::1"})) == R"({"allow":["10.0.0.0/8","::1"]})");
    CHECK(settings_of(ServicePlugin::rate("20/s")) == R"({"rate":"20/s"})");
    CHECK(settings_of(ServicePlugin::rate("20/s", 40)) == R"({"burst":"40","rate":"20/s"})");
    CHECK(settings_of(ServicePlugin::basic_auth("a\"n", "$y$j9T$x")) == R"({"users":{"a\"n":"$y$j9T$x"}})");
}

TEST_CASE("limit: plugins of a service, and their bytes", "[service-plugins]") {
    std::vector<ServicePlugin> plugins(limits::service_plugins_max, ServicePlugin("x"));
    std::vector<Problem> problems;
    CHECK(detail::plugins_part(plugins, "web", problems).size() == limits::service_plugins_max);
    CHECK(problems.empty());
    plugins.emplace_back("x");
    CHECK_THAT(problem_with(plugins), Contains("there may be up to 8"));
    CHECK_THAT(problem_with({ServicePlugin("x", "{a: " + std::string(9'000, 'x') + "}")}), Contains("at most 8192"));
    CHECK_THAT(problem_with({ServicePlugin("No Type")}), Contains("is not a valid plugin type"));
    CHECK_THAT(problem_with({ServicePlugin("x", "{a: [}")}), Contains("settings of \"x\""));
}

TEST_CASE("services of a file have a list of them, with variables", "[service-plugins]") {
    const detail::ConfigFile file = read_services(
        "    - http: a.x\n      local: 1\n      plugins:\n        - ip-filter: {allow: \"${NET}\"}\n        - geo:\n"
        "    - {tcp: 1, local: 2, plugins: [{rate-limit: {rate: 1/s}}]}\n"
        "    - {tls: b.x, local: 2, plugins: [{rate-limit: {rate: 2/s}}]}\n");
    for (const Problem& problem : file.problems) {
        FAIL(problem.key << ": " << problem.text);
    }
    const detail::ClientPart& client = *file.values.client;
    CHECK(client.http_services.at(0).plugins ==
          std::vector{ServicePlugin("ip-filter", R"({"allow":"10.0.0.0/8"})"), ServicePlugin("geo")});
    CHECK(client.services.at(0).plugins == std::vector{ServicePlugin("rate-limit", R"({"rate":"1/s"})")});
    CHECK(client.tls_services.at(0).plugins == std::vector{ServicePlugin("rate-limit", R"({"rate":"2/s"})")});
}

TEST_CASE("what is wrong with a list of them is told at its place", "[service-plugins]") {
    CHECK_THAT(only_problem("    - {udp: 1, local: 2, plugins: [a]}\n"), Contains("client.services[0].plugins[0]"));
    CHECK_THAT(only_problem("    - {tcp: private, name: p, local: 2, plugins: [{a: {}}]}\n"), Contains("is private"));
    CHECK_THAT(only_problem("    - {tcp: 1, local: 2, plugins: [{a: {}, b: {}}]}\n"), Contains("expected one plugin"));
    CHECK_THAT(only_problem("    - {tcp: 1, local: 2, plugins: [{a: 5}]}\n"), Contains("the settings of the plugin"));
    CHECK_THAT(only_problem("    - {tcp: 1, local: 2, plugins: [{A b: {}}]}\n"), Contains("is not a valid plugin "
                                                                                          "type"));
}

TEST_CASE("an operator's chain leaves room for the plugins of clients, where these may ask for some",
          "[service-plugins]") {
    std::vector<Problem> problems;
    detail::check_client_plugins(detail::usual_client_plugins(), 56, problems);
    detail::check_client_plugins({}, 64, problems);
    detail::check_client_plugins(detail::usual_client_plugins(), 65, problems);  // which is told elsewhere
    CHECK(problems.empty());
    detail::check_client_plugins(detail::usual_client_plugins(), 57, problems);
    REQUIRE(problems.size() == 1);
    CHECK_THAT(problems[0].text, Contains("there may be up to 56"));
    problems.clear();
    detail::check_client_plugins({{.type = "Bad Name"}}, 0, problems);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].key == "client_plugins[0]");
}

}  // namespace ferrotunnel
