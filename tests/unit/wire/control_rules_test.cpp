// Each rule of each field: reached, and passed by one.
#include <catch2/catch.hpp>

#include "unit/wire/control_messages.hpp"
#include "unit/wire/hex.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;
using namespace ferrotunnel::wire;

namespace {

// Both put a value into the field at `path`, a JSON pointer; a refused value comes with what the error says.
void accepts(json message, const char* path, const json& value) {
    CAPTURE(message["t"].get<std::string>(), path, value.dump(-1, ' ', false, json::error_handler_t::replace));
    message[json::json_pointer(path)] = value;
    auto result = decode(message);
    INFO((result ? "" : result.error().text));
    CHECK(result);
}

void refuses(json message, const char* path, const json& value, const char* text, Code code = Code::protocol) {
    CAPTURE(message["t"].get<std::string>(), path);
    message[json::json_pointer(path)] = value;
    auto result = decode(message);
    REQUIRE_FALSE(result);
    CHECK_THAT(result.error().text, Catch::Contains(text));
    CHECK(result.error().code == code);
}

void number_rule(const json& message, const char* path, std::uint64_t least, std::uint64_t most, const char* text) {
    accepts(message, path, least);
    accepts(message, path, most);
    if (least > 0) {
        refuses(message, path, least - 1, text);
    }
    if (most < UINT64_MAX) {
        refuses(message, path, most + 1, text);
    }
    refuses(message, path, -1, text);
    refuses(message, path, "1", text);
    refuses(message, path, nullptr, text);
    refuses(message, path, true, text);
    refuses(message, path, 1.5, "cannot be read");
}

void text_rule(const json& message, const char* path, std::size_t most, const char* text) {
    accepts(message, path, "");
    accepts(message, path, std::string(most, 'x'));
    accepts(message, path, "gr\xc3\xbc\xc3\x9f dich");
    refuses(message, path, std::string(most + 1, 'x'), text, Code::limit);
    refuses(message, path, "two\nlines", text);
    refuses(message, path, "\x1b[2J", text);
    refuses(message, path, 5, text);
    refuses(message, path, binary(1), text);
}

void bytes_rule(const json& message, const char* path, std::size_t size, const char* text) {
    accepts(message, path, binary(size, 0xff));
    refuses(message, path, binary(size - 1), text);
    refuses(message, path, binary(size + 1), text);
    refuses(message, path, std::string(size, 'x'), text);
}

json many_services(std::size_t count) {
    json array = json::array();
    for (std::size_t i = 1; i <= count; ++i) {
        array.push_back({{"id", i}, {"kind", 1}, {"remote_port", 0}, {"port", 1}, {"address", ""}});
    }
    return array;
}

}  // namespace

TEST_CASE("hello: every field has its rule") {
    json hello = hello_json();
    CHECK(decode(hello));
    accepts(hello, "/version_max", 255);
    refuses(hello, "/version_max", 256, "hello.version_max");
    refuses(hello, "/version_max", 0, "hello.version_max");
    refuses(hello, "/version_min", 0, "hello.version_min");
    refuses(hello, "/version_min", 2, "hello.version_max is below");  // version_max is 1
    number_rule(hello, "/features", 0, UINT64_MAX, "hello.features");
    bytes_rule(hello, "/nonce", 32, "hello.nonce is not 32 bytes");
    bytes_rule(hello, "/token_id", 8, "hello.token_id is not 8 bytes");
    bytes_rule(hello, "/instance", 16, "hello.instance is not 16 bytes");
    number_rule(hello, "/epoch", 0, UINT64_MAX, "hello.epoch");
    number_rule(hello, "/attempt", 0, UINT64_MAX, "hello.attempt");
    number_rule(hello, "/trunk", 1, 1, "hello.trunk");
    number_rule(hello, "/trunks", 1, limits::trunks_max, "hello.trunks");
    text_rule(hello, "/agent", limits::agent_text_max, "hello.agent");
    hello["name"] = "alice";  // optional
    text_rule(hello, "/name", limits::client_name_max, "hello.name");
    hello["identity"] = "nas";  // likewise
    text_rule(hello, "/identity", identity_text_max, "hello.identity");
    hello["replaces"] = true;
    refuses(hello, "/replaces", 1, "hello.replaces");
    number_rule(hello, "/limits/first_window", limits::first_window_min, limits::credit_outstanding_max,
                "hello.limits.first_window");
    number_rule(hello, "/limits/streams_max", 0, 0x7fff'ffff, "hello.limits.streams_max");
    number_rule(hello, "/limits/opens_max", 0, 0x7fff'ffff, "hello.limits.opens_max");
    number_rule(hello, "/limits/control_max", 16'384, 0xffff'ffff, "hello.limits.control_max");
    number_rule(hello, "/limits/services_max", 0, 0x7fff'ffff, "hello.limits.services_max");
    refuses(hello, "/limits", 1, "hello.limits is not a map");
    hello["trunks"] = 4;
    number_rule(hello, "/trunk", 1, 4, "hello.trunk");
}

TEST_CASE("hello: the role decides about the token") {
    json hello = hello_json();
    refuses(hello, "/role", "server", "hello.token_id");
    refuses(hello, "/role", "proxy", "hello.role");
    refuses(hello, "/role", "", "hello.role");
    hello.erase("token_id");
    accepts(hello, "/role", "server");
    refuses(hello, "/role", "client", "hello.token_id is missing");
}

TEST_CASE("auth and welcome: every field has its rule") {
    bytes_rule(auth_json(), "/proof", 32, "auth.proof");
    json welcome = welcome_json();
    bytes_rule(welcome, "/proof", 32, "welcome.proof");
    text_rule(welcome, "/session", limits::session_text_max, "welcome.session");
    number_rule(welcome, "/version", 1, 255, "welcome.version");
    number_rule(welcome, "/features", 0, UINT64_MAX, "welcome.features");
    number_rule(welcome, "/ping_ms", 1, 45'000, "welcome.");  // not above dead_ms
    number_rule(welcome, "/dead_ms", 15'000, 86'400'000, "welcome.dead_ms");
}

TEST_CASE("resuming: every field has its rule") {
    json auth = auth_json();
    auth["resume"] = {{"id", binary(16)}, {"attempt", 1}, {"received", 5}, {"proof", binary(32)}};
    bytes_rule(auth, "/resume/id", 16, "auth.resume.id");
    number_rule(auth, "/resume/attempt", 0, UINT64_MAX, "auth.resume.attempt");
    number_rule(auth, "/resume/received", 0, UINT64_MAX, "auth.resume.received");
    bytes_rule(auth, "/resume/proof", 32, "auth.resume.proof");
    refuses(auth, "/resume", 1, "auth.resume is not a map");
    json welcome = welcome_json();
    welcome["resume"] = {{"id", binary(16)}, {"ms", 30'000}};
    welcome["resumed"] = {{"received", 5}, {"proof", binary(32)}};
    bytes_rule(welcome, "/resume/id", 16, "welcome.resume.id");
    number_rule(welcome, "/resume/ms", 1, 86'400'000, "welcome.resume.ms");
    number_rule(welcome, "/resumed/received", 0, UINT64_MAX, "welcome.resumed.received");
    bytes_rule(welcome, "/resumed/proof", 32, "welcome.resumed.proof");
}

TEST_CASE("welcome: the members of a cluster have their rules") {
    json welcome = welcome_json();
    welcome["cluster"] = {{"member", "a"}};
    CHECK(decode(welcome));
    welcome["cluster"]["others"] = {{{"name", "b"}}, {{"name", "c"}, {"address", "c.example:7835"}}};
    CHECK(decode(welcome));
    refuses(welcome, "/cluster", 1, "welcome.cluster is not a map");
    refuses(welcome, "/cluster/member", "", "welcome.cluster.member");
    refuses(welcome, "/cluster/member", std::string(64, 'x'), "welcome.cluster.member", Code::limit);
    refuses(welcome, "/cluster/others", json::array(), "welcome.cluster.others is not an array with elements");
    refuses(welcome, "/cluster/others/0", "b", "welcome.cluster.others has an element that is not a map");
    refuses(welcome, "/cluster/others/0/name", "", "welcome.cluster.others[0].name");
    refuses(welcome, "/cluster/others/1/name", std::string(64, 'x'), "welcome.cluster.others[1].name", Code::limit);
    text_rule(welcome, "/cluster/others/1/address", limits::cluster_address_max, "welcome.cluster.others[1].address");
    json members = json::array();
    for (std::size_t i = 0; i < limits::cluster_others_max; ++i) {
        members.push_back({{"name", "m" + std::to_string(i)}});
    }
    accepts(welcome, "/cluster/others", members);
    members.push_back({{"name", "one more"}});
    refuses(welcome, "/cluster/others", members, "welcome.cluster.others", Code::limit);
}

TEST_CASE("a welcome has only as many members of a cluster as fit") {
    Welcome welcome;
    ClusterPart& cluster = welcome.cluster.emplace();
    cluster.member = std::string(limits::cluster_member_max, 'm');
    for (std::size_t i = 0; i < limits::cluster_others_max + 1; ++i) {
        cluster.others.push_back({std::string(limits::cluster_member_max, 'n'), std::string(20, 'a')});
    }
    auto decoded = decode_control(encode_control(welcome));
    REQUIRE(decoded);
    CHECK(std::get<Welcome>(*decoded).cluster->others.size() == limits::cluster_others_max);
    for (ClusterPart::Member& other : cluster.others) {
        other.address = std::string(limits::cluster_address_max, 'a');
    }
    welcome.session = std::string(limits::session_text_max, 's');
    welcome.resume.emplace().ms = 86'400'000;
    const ControlPayload longest = encode_control(welcome);
    CHECK(longest.size() <= limits::control_payload_unauthenticated_max);
    decoded = decode_control(longest);
    REQUIRE(decoded);
    CHECK(std::get<Welcome>(*decoded).cluster->others.size() == 8);  // 3,072 bytes / (20 + 63 + 259)
}

TEST_CASE("register: every field has its rule") {
    json message = register_json();
    number_rule(message, "/request", 0, 0xffff'ffff, "register.request");
    number_rule(message, "/services/1/id", 1, 0xffff'ffff, "register.services[1].id");
    number_rule(message, "/services/1/kind", 1, 255, "register.services[1].kind");
    number_rule(message, "/services/1/remote_port", 0, 65'535, "register.services[1].remote_port");
    text_rule(message, "/services/1/bind", limits::bind_text_max, "register.services[1].bind");
    text_rule(message, "/services/0/name", limits::service_name_max, "register.services[0].name");
    text_rule(message, "/services/0/metadata", limits::service_metadata_max, "register.services[0].metadata");
    accepts(message, "/services", many_services(limits::services_per_message_max));
    refuses(message, "/services", many_services(limits::services_per_message_max + 1), "register.services has more",
            Code::limit);
    refuses(message, "/services", json::array(), "register.services");
    refuses(message, "/services", json::object(), "register.services");
    refuses(message, "/services/0", 1, "register.services has an element");
}

TEST_CASE("register: what a service says of its health has its rules") {
    json message = register_json();
    const auto health_of = [&message](const json& health) {
        message["services"][0]["health"] = health;
        auto decoded = decode(message);
        REQUIRE(decoded);
        return std::get<Register>(*decoded).services[0].health;
    };
    CHECK(health_of({{"healthy", true}, {"try", true}, {"later", 1}}) == HealthPart{true, true});
    CHECK(health_of(json::object()) == HealthPart{});
    refuses(message, "/services/0/health", 1, "register.services[0].health is not a map");
    refuses(message, "/services/0/health/healthy", 1, "register.services.health[0].healthy");
    refuses(message, "/services/0/health/try", "yes", "register.services.health[0].try");
}

TEST_CASE("register: what a service says of its group has its rules") {
    json message = register_json();
    message["services"][0]["group"] = {{"name", "web"}, {"balance", 1}, {"weight", 2}, {"standby", true}};
    REQUIRE(decode(message));
    refuses(message, "/services/0/group", 1, "register.services[0].group is not a map");
    const char* name = "/services/0/group/name";
    accepts(message, name, std::string(group_name_max, 'x'));
    refuses(message, name, std::string(group_name_max + 1, 'x'), "group[0].name is longer", Code::limit);
    refuses(message, name, "", "group[0].name is too short");
    number_rule(message, "/services/0/group/balance", 0, 255, "register.services.group[0].balance");
    number_rule(message, "/services/0/group/weight", 1, group_weight_max, "register.services.group[0].weight");
    refuses(message, "/services/0/group/standby", 1, "register.services.group[0].standby");
    number_rule(message, "/services/0/group/sticky", 0, 255, "register.services.group[0].sticky");
    message["services"][0]["group"]["eject"] = {{"failures", 5}};
    REQUIRE(decode(message));
    refuses(message, "/services/0/group/eject", 5, "register.services.group[0].eject is not a map");
    const std::string eject = "/services/0/group/eject/";
    const std::string words = "register.services.group.eject[0].";
    number_rule(message, (eject + "failures").c_str(), 1, eject_failures_max, (words + "failures").c_str());
    for (const char* time : {"first_ms", "longest_ms"}) {
        number_rule(message, (eject + time).c_str(), eject_ms_min, eject_ms_max, (words + time).c_str());
    }
    number_rule(message, (eject + "share").c_str(), 1, 100, (words + "share").c_str());
    number_rule(message, (eject + "counts").c_str(), 0, UINT32_MAX, (words + "counts").c_str());
    refuses(message, (eject + "last").c_str(), 1, (words + "last").c_str());
    message["services"][0]["group"]["eject"] = {{"share", 5}};
    CHECK_FALSE(decode(message));
    message["services"][0]["group"] = {{"weight", 2}};
    CHECK_FALSE(decode(message));
}

TEST_CASE("register: what an HTTP service says has its rules") {
    json message = register_json();
    message["services"][1]["kind"] = 2;
    CHECK(decode(message));  // without a host the server assigns one
    message["services"][1]["http"] = {{"hosts", {"a.example"}}, {"path", "/api"}};
    refuses(message, "/services/1/http", 1, "register.services[1].http is not a map");
    text_rule(message, "/services/1/http/path", limits::http_path_text_max, "register.services.http[1].path");

    const char* host = "/services/1/http/hosts/0";
    accepts(message, host, "x");
    accepts(message, host, std::string(limits::http_host_text_max, 'x'));
    refuses(message, host, std::string(limits::http_host_text_max + 1, 'x'), "hosts is longer", Code::limit);
    refuses(message, host, "", "hosts is too short");
    refuses(message, host, "two\nlines", "hosts has control characters");
    refuses(message, host, 5, "hosts is not text");
    const char* hosts = "/services/1/http/hosts";
    accepts(message, hosts, json(std::vector<std::string>(limits::http_hosts_per_service_max, "x")));
    refuses(message, hosts, json(std::vector<std::string>(limits::http_hosts_per_service_max + 1, "x")),
            "hosts has more than", Code::limit);
    refuses(message, hosts, json::array(), "hosts is not an array with elements");
    refuses(message, hosts, "a.example", "hosts is not an array with elements");

    auto plain = decode(message);
    REQUIRE(plain);
    CHECK(std::get<Register>(*plain).services[1].http == HttpPart{{"a.example"}, "/api"});
    message["services"][1]["http"]["later"] = {{"more", json::array({1, nullptr})}};
    auto with_more = decode(message);
    REQUIRE(with_more);
    CHECK(*with_more == *plain);
    // For other kinds of services it is one of the keys that nobody knows.
    message["services"][1]["kind"] = 1;
    message["services"][1]["http"] = 5;
    CHECK(decode(message));
}

TEST_CASE("register: the rules of an HTTP service have theirs") {
    json message = register_json();
    message["services"][1]["kind"] = 2;
    json& http = message["services"][1]["http"];
    http["rules"] = json::object();
    CHECK(decode(message));
    accepts(message, "/services/1/http/rules/prefix", std::string(limits::http_path_text_max, 'x'));
    http["rules"] = {{"prefix", ""},
                     {"host", "a.example:80"},
                     {"map_back", false},
                     {"request_headers", {{0, "X-A", "1"}, {1, "X-B", ""}, {2, "X-C"}}},
                     {"response_headers", json::array({json::array({2, "Server"})})},
                     {"redirect", {{"to", "/x"}, {"status", 301}}},
                     {"https_redirect", {{"status", 308}, {"port", 8443}}},
                     {"hsts", {{"max_age", 5}, {"include_subdomains", true}, {"preload", false}}}};
    auto result = decode(message);
    REQUIRE(result);
    const HttpRulesPart rules = std::get<Register>(*result).services[1].http.rules;
    CHECK(rules.prefix == "");
    CHECK(rules.host == "a.example:80");
    CHECK_FALSE(rules.map_back);
    using Action = HttpFieldRule::Action;
    CHECK(rules.request_headers ==
          std::vector<HttpFieldRule>{{Action::add, "X-A", "1"}, {Action::set, "X-B", ""}, {Action::remove, "X-C", ""}});
    CHECK(rules.response_headers == std::vector<HttpFieldRule>{{Action::remove, "Server", ""}});
    CHECK(rules.redirect == HttpRulesPart::Redirect{"/x", 301});
    CHECK(rules.https_redirect == HttpRulesPart::HttpsRedirect{308, 8443});
    CHECK(rules.hsts == HttpRulesPart::Hsts{5, true, false});
    CHECK(rules.unknown.empty());

    refuses(message, "/services/1/http/rules", 5, "register.services.http[1].rules is not a map");
    text_rule(message, "/services/1/http/rules/prefix", limits::http_path_text_max, "http[1].rules.prefix");
    text_rule(message, "/services/1/http/rules/host", limits::http_host_header_max, "http[1].rules.host");
    refuses(message, "/services/1/http/rules/map_back", 1, "rules.map_back is neither true nor false");
    number_rule(message, "/services/1/http/rules/redirect/status", 300, 399, "rules.redirect.status");
    accepts(message, "/services/1/http/rules/redirect/to", std::string(limits::http_redirect_text_max, 'x'));
    refuses(message, "/services/1/http/rules/redirect/to", std::string(limits::http_redirect_text_max + 1, 'x'),
            "rules.redirect.to is longer", Code::limit);
    refuses(message, "/services/1/http/rules/redirect/to", "", "rules.redirect.to is too short");
    refuses(message, "/services/1/http/rules/redirect", json::object(), "rules.redirect.to is missing");
    number_rule(message, "/services/1/http/rules/https_redirect/status", 0, 399, "rules.https_redirect.status");
    number_rule(message, "/services/1/http/rules/https_redirect/port", 0, 65'535, "rules.https_redirect.port");
    number_rule(message, "/services/1/http/rules/hsts/max_age", 0, 315'360'000, "rules.hsts.max_age");
    refuses(message, "/services/1/http/rules/hsts/preload", "on", "rules.hsts.preload is neither true nor false");
}

TEST_CASE("register: rules of fields, and all rules together, have their bounds") {
    json message = register_json();
    message["services"][1]["kind"] = 2;
    message["services"][1]["http"]["rules"]["request_headers"] = json::array({json::array({1, "X-A", "1"})});
    const char* list = "/services/1/http/rules/request_headers";
    const char* first = "/services/1/http/rules/request_headers/0";
    accepts(message, list, json(std::vector<json>(limits::http_header_rules_max, json::array({2, "X"}))));
    refuses(message, list, json(std::vector<json>(limits::http_header_rules_max + 1, json::array({2, "X"}))),
            "request_headers has more than 32", Code::limit);
    refuses(message, list, json::array(), "request_headers is not an array with elements");
    const char* none = "request_headers has an element that is not one of";
    for (const json& wrong :
         {json(5), json::array(), json::array({3, "X", "y"}), json::array({0, "X"}), json::array({1, "X"}),
          json::array({2, "X", "y"}), json::array({"set", "X", "y"}), json::array({1, "X", "y", "z"})}) {
        refuses(message, first, wrong, none);
    }
    refuses(message, first, json::array({1, 5, "y"}), "request_headers is not text");
    refuses(message, first, json::array({1, "X", 5}), "request_headers is not text");
    refuses(message, first, json::array({1, "", "y"}), "request_headers is too short");
    refuses(message, first, json::array({1, "X", "a\r\nY: b"}), "request_headers has control characters");
    accepts(message, first, json::array({2, std::string(limits::http_header_rule_name_max, 'x')}));
    refuses(message, first, json::array({2, std::string(limits::http_header_rule_name_max + 1, 'x')}), "is longer",
            Code::limit);
    accepts(message, first, json::array({0, "X", std::string(limits::http_header_rule_value_max, 'x')}));
    refuses(message, first, json::array({0, "X", std::string(limits::http_header_rule_value_max + 1, 'x')}),
            "is longer", Code::limit);

    // Two rules of eight bytes, each with a name of one byte: what is left is for values.
    const std::size_t left = limits::http_rules_bytes_max - 2 * (limits::http_header_rule_bytes + 1);
    const std::string value(limits::http_header_rule_value_max, 'x');
    const auto with = [&](std::size_t rest) {
        return json::array({json::array({0, "X", value}), json::array({0, "Y", std::string(rest, 'y')})});
    };
    accepts(message, list, with(left - value.size()));
    refuses(message, list, with(left - value.size() + 1), "http[1].rules takes more than 8192 bytes", Code::limit);
}

TEST_CASE("register: a rule that nobody knows here is remembered, for the service must not be served without it") {
    json message = register_json();
    message["services"][1]["kind"] = 2;
    message["services"][1]["http"] = {{"rules", {{"host", "a"}, {"later", json::array({1, nullptr})}}}};
    auto result = decode(message);
    REQUIRE(result);
    CHECK(std::get<Register>(*result).services[1].http.rules.unknown == "later");
    CHECK(std::get<Register>(*result).services[1].http.rules.host == "a");
}

TEST_CASE("register: the limits of an HTTP service have their bounds") {
    json message = register_json();
    message["services"][1]["kind"] = 2;
    message["services"][1]["http"]["limits"]["later"] = 1;
    auto plain = decode(message);
    REQUIRE(plain);
    CHECK(std::get<Register>(*plain).services[1].http.limits == HttpLimitsPart{});
    number_rule(message, "/services/1/http/limits/connect_ms", 1, 10'000, "http[1].limits.connect_ms");
    number_rule(message, "/services/1/http/limits/first_byte_ms", 1, 86'400'000, "limits.first_byte_ms");
    number_rule(message, "/services/1/http/limits/upgraded_idle_ms", 1, 604'800'000, "limits.upgraded_idle_ms");
    number_rule(message, "/services/1/http/limits/body_rate", 0, 1ULL << 30, "limits.body_rate");
    number_rule(message, "/services/1/http/limits/body_max", 1, INT64_MAX, "limits.body_max");
    refuses(message, "/services/1/http/limits/upgrades", 0, "limits.upgrades is neither true nor false");
    refuses(message, "/services/1/http/limits", json::array(), "limits is not a map");
    message["services"][1]["http"]["limits"] = {{"first_byte_ms", 600'000}, {"body_max", 16}, {"upgrades", false}};
    auto some = decode(message);
    REQUIRE(some);
    const HttpLimitsPart limits = std::get<Register>(*some).services[1].http.limits;
    CHECK(limits.first_byte_ms == 600'000U);
    CHECK(limits.body_max == 16U);
    CHECK_FALSE(limits.upgrades);
    CHECK_FALSE(limits.connect_ms);
}

TEST_CASE("registered, refused, unregister and stats: every field has its rule") {
    json registered = registered_json();
    text_rule(registered, "/services/0/host", limits::http_host_text_max, "registered.services[0].host");
    number_rule(registered, "/request", 0, 0xffff'ffff, "registered.request");
    number_rule(registered, "/services/0/id", 1, 0xffff'ffff, "registered.services[0].id");
    number_rule(registered, "/services/0/port", 0, 65'535, "registered.services[0].port");
    text_rule(registered, "/services/0/address", limits::public_address_max, "registered.services[0].address");
    accepts(registered, "/services", many_services(limits::services_per_message_max));
    refuses(registered, "/services", many_services(limits::services_per_message_max + 1), "registered.services",
            Code::limit);

    json refused = refused_json();
    number_rule(refused, "/id", 0, 0xffff'ffff, "refused.id");
    number_rule(refused, "/code", 1, 65'535, "refused.code");
    text_rule(refused, "/text", limits::refused_text_max, "refused.text");

    json unregister = unregister_json();
    number_rule(unregister, "/ids/2", 1, 0xffff'ffff, "unregister.ids");
    accepts(unregister, "/ids", json(std::vector<int>(limits::services_max, 1)));
    refuses(unregister, "/ids", json::array(), "unregister.ids");
    refuses(unregister, "/ids", json(std::vector<int>(limits::services_max + 1, 1)), "many items", Code::limit);

    json counters = json::object();
    for (std::size_t i = 0; i < limits::counters_max; ++i) {
        counters[std::to_string(i)] = i;
    }
    accepts(stats_json(), "/counters", counters);
    counters["more"] = 1;
    refuses(stats_json(), "/counters", counters, "stats.counters", Code::limit);
    refuses(stats_json(), "/counters", 1, "stats.counters");

    for (const json& message : {manage_json(), managed_json()}) {
        const std::string type = message.at("t");
        accepts(message, "/text", std::string(manage_text_max, 'x'));
        refuses(message, "/text", std::string(manage_text_max + 1, 'x'), (type + ".text").c_str(), Code::limit);
        refuses(message, "/text", "{\n}", (type + ".text").c_str());
        refuses(message, "/text", "", (type + ".text").c_str());
        refuses(message, "/request", -1, (type + ".request").c_str());
    }
    accepts(managed_json(), "/status", 599);
    refuses(managed_json(), "/status", 199, "managed.status");
    refuses(managed_json(), "/status", 600, "managed.status");

    number_rule(health_json(), "/id", 1, 0xffff'ffff, "health.id");
    refuses(health_json(), "/healthy", 1, "health.healthy");
    text_rule(health_json(), "/text", health_text_max, "health.text");

    number_rule(taken_over_json(), "/clients", 0, 0xffff'ffff, "taken_over.clients");
    text_rule(replaced_json(), "/text", limits::refused_text_max, "replaced.text");
}

TEST_CASE("stats: what is not a counter is left out") {
    json message = {{"t", "stats"},
                    {"counters", {{"a", 1}, {"b", "text"}, {"c", -1}, {"d\n", 1}, {std::string(65, 'e'), 1}}}};
    auto result = decode(message);
    REQUIRE(result);
    CHECK(std::get<Stats>(*result) == Stats{{{"a", 1}}});
}

TEST_CASE("a missing key is named, an optional one is not missed") {
    for (const json& message : all_messages_json()) {
        for (const auto& [key, value] : message.items()) {
            json without = message;
            without.erase(key);
            auto result = decode(without);
            CAPTURE(message["t"].get<std::string>(), key);
            const bool is_optional = (message["t"] == "refused" && (key == "id" || key == "text")) ||
                                     (message["t"] == "health" && (key == "healthy" || key == "text")) ||
                                     (message["t"] == "replaced" && key == "text");
            if (is_optional) {
                CHECK(result);
                continue;
            }
            REQUIRE_FALSE(result);
            CHECK(result.error().code == Code::protocol);
            CHECK_THAT(result.error().text, Catch::EndsWith("." + key + " is missing"));
        }
    }
    for (const char* key : {"first_window", "streams_max", "opens_max", "control_max", "services_max"}) {
        json hello = hello_json();
        hello["limits"].erase(key);
        auto result = decode(hello);
        REQUIRE_FALSE(result);
        CHECK(result.error().text == std::string("hello.limits.") + key + " is missing");
    }
    const json service = service_json();
    for (const auto& [key, value] : service.items()) {
        json message = register_json();
        message["services"][0].erase(key);
        CHECK(static_cast<bool>(decode(message)) == (key == "bind" || key == "name" || key == "metadata"));
    }
}

TEST_CASE("unknown keys are ignored, whatever is under them") {
    json deep = 1;
    for (int i = 0; i < 6; ++i) {
        deep = i % 2 == 0 ? json::array({deep, "x"}) : json{{"k", deep}};
    }
    for (json message : all_messages_json()) {
        auto plain = decode(message);
        REQUIRE(plain);
        message["a"] = deep;
        message["nonces"] = -5;
        message["zz"] = {{"t", "hello"}, {"id", nullptr}, {"x", binary(100)}, {"y", false}};
        auto result = decode(message);
        REQUIRE(result);
        CHECK(*result == *plain);
    }
    json message = register_json();
    message["services"][0]["later"] = {{"k", json::array({1, nullptr})}};
    CHECK(decode(message));
}

TEST_CASE("an unknown message is named") {
    auto result = decode({{"t", "later"}, {"x", 1}});
    REQUIRE(result);
    CHECK(std::get<Unknown>(*result).type == "later");
    CHECK(decode({{"t", std::string(32, 'x')}}));
    CHECK_FALSE(decode({{"t", std::string(33, 'x')}}));
    CHECK_FALSE(decode({{"t", ""}}));
    CHECK_FALSE(decode({{"t", 1}}));
}

TEST_CASE("what is no message at all is refused with the reason") {
    auto reason = [](const char* bytes) {
        auto result = decode_control(from_hex(bytes));
        return result ? std::string("accepted") : result.error().text;
    };
    CHECK(reason("") == "a control message cannot be read: it ends in the middle of an item");
    CHECK(reason("80") == "a control message is not a map");
    CHECK(reason("a0") == "message.t is missing");
    CHECK(reason("a2 6174 6461757468 6174 6461757468") == "a control message cannot be read: a map has a key twice");
    CHECK_THAT(reason("bf ff"), Catch::Contains("indefinite"));

    auto deep = decode_control(std::vector<std::uint8_t>(limits::control_payload_max, 0x81));
    REQUIRE_FALSE(deep);
    CHECK(deep.error().code == Code::limit);
    auto many_deep = decode_control(std::vector<std::uint8_t>(65'000, 0x81));
    REQUIRE_FALSE(many_deep);
    CHECK(many_deep.error().code == Code::frame_size);
}

TEST_CASE("a message at the size limit is read, one byte more is refused") {
    json message = auth_json();
    message["padding"] = binary(0);
    std::size_t around = json::to_cbor(message).size() + 2;  // the length of a large string takes two more bytes
    message["padding"] = binary(limits::control_payload_max - around);
    REQUIRE(json::to_cbor(message).size() == limits::control_payload_max);
    CHECK(decode(message));
    message["padding"] = binary(limits::control_payload_max - around + 1);
    auto result = decode(message);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Code::frame_size);
}
