// The JSON Schema as a whole: every documented key is in it, and all that it refers to. What it takes and refuses is
// held against `ferrotunnel check` by tests/e2e/config_schema.sh.
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "ferrotunnel/config.hpp"
#include "settings/schema_values.hpp"

namespace ferrotunnel {
namespace {

using nlohmann::json;

json schema() {
    return json::parse(Config::json_schema());
}

// What `at` has under `key`; null: nothing.
const json* member(const json& at, const std::string& key) {
    const auto found = at.find(key);
    return found == at.end() ? nullptr : &*found;
}

// All schemas of a value that may stand here: this one, its alternatives, and for "[]" the items of its lists. They
// point into the whole, which is too large to be copied for each key.
void add_alternatives(const json& at, std::vector<const json*>& all) {
    all.push_back(&at);
    if (const json* const alternatives = member(at, "anyOf")) {
        for (const json& each : *alternatives) {
            add_alternatives(each, all);
        }
    }
}

// What the schema says of a key like "server.token[].name"; null: nothing.
const json* find_key(const json& whole, const std::string& path) {
    std::vector<const json*> at{&whole};
    std::istringstream in(path);
    for (std::string part; std::getline(in, part, '.');) {
        const bool is_list = part.ends_with("[]");
        part.resize(part.size() - (is_list ? 2 : 0));
        std::vector<const json*> next;
        for (const json* const each : at) {
            const json* const properties = member(*each, "properties");
            const json* const found = properties == nullptr ? nullptr : member(*properties, part);
            if (found == nullptr || !found->is_object()) {
                continue;
            }
            std::vector<const json*> alternatives;
            add_alternatives(*found, alternatives);
            for (const json* const alternative : alternatives) {
                const json* const items = member(*alternative, "items");
                if (is_list && items != nullptr) {
                    add_alternatives(*items, next);
                } else if (!is_list) {
                    next.push_back(alternative);
                }
            }
        }
        at = std::move(next);
    }
    return at.empty() ? nullptr : at.front();
}

std::vector<std::string> documented_keys() {
    std::ifstream in(std::string(FERROTUNNEL_SOURCE) + "/docs/configuration.md");
    REQUIRE(in);
    std::vector<std::string> keys;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("| `")) {
            keys.push_back(line.substr(3, line.find('`', 3) - 3));
        }
    }
    return keys;
}

template <typename Visit>
void for_each_object(const json& at, Visit visit) {
    if (at.is_object()) {
        visit(at);
    }
    for (const json& each : at) {
        if (each.is_structured()) {
            for_each_object(each, visit);
        }
    }
}

const detail::ValueType& type_called(std::string_view name) {
    for (const detail::ValueType& type : detail::value_types()) {
        if (type.name == name) {
            return type;
        }
    }
    FAIL("there is no type " << name);
    throw std::logic_error("not reached");
}

void check_pattern(const std::string& pattern, const std::vector<std::string>& right,
                   const std::vector<std::string>& wrong) {
    const std::regex expression(pattern);
    for (const std::string& text : right) {
        INFO(text);
        CHECK(std::regex_search(text, expression));
    }
    for (const std::string& text : wrong) {
        INFO(text);
        CHECK_FALSE(std::regex_search(text, expression));
    }
}

}  // namespace

TEST_CASE("every documented key is in the schema, with its meaning", "[json-schema]") {
    const json whole = schema();
    const std::vector<std::string> keys = documented_keys();
    CHECK(keys.size() > 150);
    for (const std::string& key : keys) {
        INFO(key);
        const json* const found = find_key(whole, key);
        REQUIRE(found != nullptr);
        CHECK(!found->value("description", "").empty());
    }
    CHECK(find_key(whole, "server.nothing") == nullptr);
}

TEST_CASE("the schema refuses unknown keys in every group that is not free", "[json-schema]") {
    json whole = schema();
    whole.erase("else");  // says only what is needed besides
    std::size_t groups = 0;
    for_each_object(whole, [&groups](const json& at) {
        if (at.contains("properties") && at.contains("type")) {
            INFO(at.dump().substr(0, 200));
            // An item of the plugins' chain has one key more: the plugin's name.
            CHECK((at.value("additionalProperties", json()) == false || at.contains("propertyNames")));
            ++groups;
        }
    });
    CHECK(groups > 20);
}

TEST_CASE("all that the schema refers to is there, and nothing else is defined", "[json-schema]") {
    const json whole = schema();
    std::set<std::string> references;
    for_each_object(whole, [&references](const json& at) {
        if (at.contains("$ref")) {
            references.insert(at["$ref"].get<std::string>());
        }
    });
    std::set<std::string> defined;
    for (const auto& [name, definition] : whole["definitions"].items()) {
        defined.insert("#/definitions/" + name);
    }
    CHECK(references == defined);
}

TEST_CASE("the patterns of values take what the check takes", "[json-schema]") {
    check_pattern(detail::time_pattern(true), {"0", "30", "0.5s", "500ms", "30 s", "1h30m", "2min", "7d", "1m5ms"},
                  {"", "s", "30secs", "-1", "1m1h", ".5s", "1 h 30 m x"});
    check_pattern(detail::time_pattern(false), {"1", "0.5s", "1ms"}, {"0", "0s", "0.0h", "x1"});
    check_pattern(detail::size_pattern(), {"512", "64KiB", "10m", "4 GB", "7b"}, {"", "-1", "1.5M", "10T", "5 "});
    check_pattern(detail::variable_pattern(), {"${A}", "a$${B_1:-x y}${C}$$"}, {"", "a", "$A", "${}", "${A", "$${A}"});
    check_pattern(detail::text_pattern(), {"a", "$$", "${A}b", "two\nlines"}, {"", "$", "a$b", "${1}"});
    check_pattern(type_called("address").pattern, {"h", "h:1", "[::1]:65535", "[::1]"},
                  {":1", "h:", "h:0", "h:65536", "a b", "::1", "a/b", "$h", "${h"});
    check_pattern(type_called("URL path").pattern, {"", "/a", "= /a", "~ /a$$"}, {"a", "=/a", "~ /a$"});
    check_pattern(type_called("IP address with port").pattern, {":1", "0.0.0.0", "[::]:0", "localhost:80"},
                  {"h:1", "::1", "256.0.0.1", "0.0.0.0:"});
    check_pattern(type_called("IP address").pattern, {"0.0.0.0", "::", "[::1]", "::ffff:1.2.3.4", "localhost"},
                  {"0.0.0.0:80", "h", "1.2.3", "[::1]:80"});
    check_pattern(type_called("IP address or network").pattern, {"10.0.0.0/8", "::1", "2001:db8::/32", "1.2.3.4"},
                  {"h", "10.0.0.0/33", "10.0.0.0/", "::/129"});
    check_pattern(type_called("backend address").pattern,
                  {"22", ":22", "1-2", "h:22", "h:1-2", "unix:/run/x y", "https://h", "http://h:1/", "tls://h:1"},
                  {"h", "unix:x", "tls://h", "ftp://h:1", "::1:22", "h:0"});
    check_pattern(type_called("timestamp").pattern,
                  {"2027-03-31T23:59:59Z", "2027-03-31 23:59:59.25+02:00", "2027-03-31t23:59:60z"},
                  {"2027-03-31", "2027-13-31T23:59:59Z", "2027-03-31T23:59:59"});
    check_pattern(type_called("public port or range").pattern, {"0", "22", "1-65535"}, {"65536", "-1", "0-1", "x"});
    check_pattern(type_called("host or pattern").pattern, {"*", "*.a.b", "**.a.b", "a_b.c.", "[::1]", "10.0.0.1"},
                  {"a b", "*.*.a", "http://a", "a:80", "", "a..b"});
}

}  // namespace ferrotunnel
