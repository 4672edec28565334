// The plugins that a client asks for: their bytes, their bounds, and random ones.
#include <catch2/catch.hpp>

#include "support/seeded_random.hpp"
#include "unit/wire/control_messages.hpp"
#include "unit/wire/hex.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::wire;
using test::decode;
using test::hex;
using test::json;
using test::register_json;
using test::to_hex;

namespace {

PluginsPart plugins_of(const json& message) {
    auto decoded = decode(message);
    if (!decoded) {
        FAIL(decoded.error().text);
    }
    return std::get<Register>(*decoded).services.at(0).plugins;
}

Code code_of(const json& message) {
    auto decoded = decode(message);
    REQUIRE_FALSE(decoded);
    CAPTURE(decoded.error().text);
    CHECK(decoded.error().text.find("plugins") != std::string::npos);
    return decoded.error().code;
}

Service service_with(PluginsPart plugins) {
    Service service;
    service.id = 6;
    service.remote_port = 53;
    service.plugins = std::move(plugins);
    return service;
}

}  // namespace

TEST_CASE("register: a service that asks for plugins has exactly these bytes") {
    const Service service = service_with({{"ip-filter", "{}"}, {"geo", ""}});
    const auto payload = encode_register(3, std::vector{service}).at(0);
    CHECK(to_hex(payload) ==
          hex("a3 6174 687265676973746572 6772657175657374 03 687365727669636573 81 a4 626964 06 646b696e64 01"
              "6b72656d6f74655f706f7274 1835 67706c7567696e73 82"
              "a2 6474797065 6969702d66696c746572 6873657474696e6773 627b7d a1 6474797065 6367656f"));
    const auto back = decode_control(payload);
    REQUIRE(back);
    CHECK(std::get<Register>(*back).services == std::vector{service});
}

TEST_CASE("register: plugins have their rules") {
    json message = register_json();
    json& plugins = message["services"][0]["plugins"];
    plugins = json::array({{{"type", "geo"}}});
    CHECK(plugins_of(message) == PluginsPart{{"geo", ""}});
    plugins = json::array();
    CHECK(code_of(message) == Code::protocol);
    plugins = "geo";
    CHECK(code_of(message) == Code::protocol);
    plugins = json::array({"geo"});
    CHECK(code_of(message) == Code::protocol);
    plugins = json::array({{{"settings", "{}"}}});
    CHECK(code_of(message) == Code::protocol);
    plugins = json::array({{{"type", ""}}});
    CHECK(code_of(message) == Code::protocol);
    plugins = json::array({{{"type", "geo"}, {"settings", "{\n}"}}});
    CHECK(code_of(message) == Code::protocol);
    plugins = json::array({{{"type", "geo"}, {"when", "x"}, {"hosts", 1}}});
    CHECK_FALSE(plugins_of(message).at(0).unknown.empty());  // it is refused, not served without it
}

TEST_CASE("limit: plugins of a service, the length of a type, and what they take with the service's rules") {
    json message = register_json();
    json& plugins = message["services"][0]["plugins"];
    plugins = json::array();
    for (std::size_t i = 0; i < limits::service_plugins_max; ++i) {
        plugins.push_back({{"type", std::string(limits::plugin_type_max, 'a')}});
    }
    CHECK(plugins_of(message).size() == limits::service_plugins_max);
    plugins.push_back({{"type", "a"}});
    CHECK(code_of(message) == Code::limit);
    plugins = json::array({{{"type", std::string(limits::plugin_type_max + 1, 'a')}}});
    CHECK(code_of(message) == Code::limit);

    const std::size_t room = limits::http_rules_bytes_max - limits::service_plugin_bytes - 1;
    Service full = service_with({{"a", std::string(room, 'x')}});
    CHECK_FALSE(problem_of(full));
    full.plugins[0].settings += 'x';
    CHECK(problem_of(full)->code == Code::limit);
    full.kind = ServiceKind::http;
    full.plugins[0].settings.resize(room - 100);
    full.http.rules.host = std::string(100 - limits::http_other_rule_bytes, 'h');
    CHECK_FALSE(problem_of(full));
    full.http.rules.host += 'h';
    CHECK(problem_of(full)->code == Code::limit);
}

TEST_CASE("register: random plugins decode equal, also where bytes of others are damaged") {
    test::SeededRandom random(7);
    for (int round = 0; round < 300; ++round) {
        PluginsPart plugins;
        for (std::size_t i = random.below(limits::service_plugins_max + 1); i > 0; --i) {
            plugins.push_back({std::string(1 + random.below(limits::plugin_type_max), 'a'),
                               std::string(random.below(800), "x{\"ü"[random.below(3)])});
        }
        const Service service = service_with(plugins);
        auto payload = encode_register(1, std::vector{service}).at(0);
        const auto back = decode_control(payload);
        REQUIRE(back);
        CHECK(std::get<Register>(*back).services == std::vector{service});
        payload[random.below(payload.size())] = static_cast<std::uint8_t>(random.below(256));
        if (const auto other = decode_control(payload)) {
            if (const auto* message = std::get_if<Register>(&*other)) {
                for (const Service& one : message->services) {
                    CHECK(one.plugins.size() <= limits::service_plugins_max);
                    CHECK(bytes_of(one.plugins) <= limits::http_rules_bytes_max);
                }
            }
        }
    }
}

TEST_CASE("limit: the largest service that asks for plugins fits into one message") {
    Service service{0xffff'ffff,
                    ServiceKind::http,
                    65'535,
                    std::string(limits::bind_text_max, 'b'),
                    std::string(limits::service_name_max, 'n'),
                    std::string(limits::service_metadata_max, 'm'),
                    {std::vector(limits::http_hosts_per_service_max, std::string(limits::http_host_text_max, 'h')),
                     std::string(limits::http_path_text_max, 'p')}};
    constexpr std::size_t settings = limits::http_rules_bytes_max / limits::service_plugins_max -
                                     limits::service_plugin_bytes - limits::plugin_type_max;
    service.plugins.assign(limits::service_plugins_max,
                           {std::string(limits::plugin_type_max, 't'), std::string(settings, 's')});
    REQUIRE(bytes_of(service.plugins) == limits::http_rules_bytes_max);
    CHECK_FALSE(problem_of(service));
    CHECK(encode_register(1, std::vector{service, service}).size() == 2);
}
