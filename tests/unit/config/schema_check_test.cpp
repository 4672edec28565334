// What a schema makes of settings, and what is told about wrong ones.
#include "base/limits.hpp"
#include "schema_rig.hpp"

namespace ferrotunnel::config {
namespace {

// What becomes of the text `x` by a schema for it.
CheckedValue value_of(const std::string& of_x, const std::string& x) {
    return *parsed(schema_of_x(of_x), "x: " + x + "\n").find("x");
}

std::string wrong(const std::string& of_x, const std::string& x) {
    const std::string line = problem_of(schema_of_x(of_x), "x: " + x + "\n");
    return line.starts_with("1:4 x: ") ? line.substr(7) : line;
}

const std::string integer = R"({"type": "integer"})";

std::string format(const std::string& name, const std::string& bounds = "") {
    return R"({"type": "string", "format": ")" + name + '"' + bounds + '}';
}

// Checks a part of a file, as settings of plugins are.
struct FilePart {
    explicit FilePart(const std::string& text) : document(parse_document(text, report)) {}

    std::optional<CheckedValue> check(const Schema& schema) {
        Section root(document, context, "", {1, 1});
        const auto value = root.find("plugin");
        REQUIRE(value);
        return schema.check(*value, {});
    }

    Report report;
    Node document;
    Context context{report,
                    [](const std::string& name) {
                        return name == "TEN"      ? std::optional<std::string>("10")
                               : name == "SECRET" ? std::optional<std::string>("hunter2")
                                                  : std::nullopt;
                    },
                    "/etc/ft",
                    {}};
};

}  // namespace

TEST_CASE("single values", "[schema]") {
    CHECK(value_of(R"({"type": "boolean"})", "on").boolean() == true);
    CHECK(value_of(integer, "-5").integer() == -5);
    CHECK(value_of(integer, "\"5\"").integer() == 5);
    CHECK(value_of(R"({"type": "number"})", "5").number() == 5.0);
    CHECK(*value_of(R"({"type": "string"})", "5").string() == "5");
    CHECK(value_of(R"({"type": "string"})", "\"\"").string()->empty());
    CHECK(*value_of(R"({"type": "string", "enum": ["act", "off"]})", "off").string() == "off");
    CHECK(value_of(format("duration"), "1m30s").integer() == 90'000'000'000);
    CHECK(value_of(format("bytes"), "64KiB").integer() == 65'536);
    CHECK(value_of(format("rate"), "90/m").number() == 1.5);
    CHECK(*value_of(format("address"), "\"[::1]:80\"").string() == "[::1]:80");
    CHECK(*value_of(format("network"), "10.0.0.0/8").string() == "10.0.0.0/8");
    CHECK(*value_of(format("network"), "\"::ffff:10.1.2.3\"").string() == "10.1.2.3");
    CHECK(*value_of(format("file"), "/etc/users").string() == "/etc/users");
    const CheckedValue secret = value_of(format("secret"), "hunter2");
    CHECK(*secret.string() == "hunter2");
    CHECK(secret.is_secret());
    CHECK_FALSE(value_of(format("file"), "/etc/users").is_secret());
}

TEST_CASE("single values that are wrong", "[schema]") {
    CHECK(wrong(R"({"type": "boolean"})", "1") == "expected true or false (or on, off, yes, no), found \"1\"");
    CHECK(wrong(integer, "1.5") == "expected a whole number, found \"1.5\"");
    CHECK(wrong(integer, "[1]") == "expected a whole number, found a list");
    CHECK(wrong(integer, "") == "1:1 x: expected a whole number, found nothing");
    CHECK(wrong(R"({"type": "number"})", "many") == "expected a number, found \"many\"");
    CHECK(wrong(R"({"type": "string"})", "{a: b}") == "expected a text, found keys of its own");
    CHECK(wrong(R"({"type": "string", "enum": ["act", "observe"]})", "obsreve") ==
          "expected one of act, observe, found \"obsreve\"; did you mean observe?");
    CHECK(wrong(format("duration"), "5 parsecs") ==
          "expected a time like 500ms, 30s, 2m or 1h, or a number of seconds, found \"5 parsecs\"");
    CHECK(wrong(format("bytes"), "5 parsecs") == "expected a size, like 64KiB or 1MiB, found \"5 parsecs\"");
    CHECK(wrong(format("rate"), "20") == "expected a rate, like 20/s or 100/m, found \"20\"");
    CHECK(wrong(format("address"), "localhost") ==
          "expected an address like 127.0.0.1:8080 or example.com:443, found \"localhost\"");
    CHECK(wrong(format("network"), "10.1.2.3/8").starts_with("\"10.1.2.3/8\" "));
    CHECK(wrong(format("network"), "[]") == "expected a network like 10.0.0.0/8, or an IP address, found a list");
    CHECK(wrong(format("file"), "\"\"") == "expected the path of a file, found \"\"");
}

TEST_CASE("bounds are inclusive, and told", "[schema]") {
    const std::string bounded = R"({"type": "integer", "minimum": -1, "maximum": 5})";
    CHECK(value_of(bounded, "-1").integer() == -1);
    CHECK(value_of(bounded, "5").integer() == 5);
    CHECK(wrong(bounded, "-2") == "expected a whole number from -1 to 5, found \"-2\"");
    CHECK(wrong(bounded, "6") == "expected a whole number from -1 to 5, found \"6\"");
    CHECK(wrong(bounded, "x") == "expected a whole number from -1 to 5, found \"x\"");
    CHECK(wrong(R"({"type": "number", "minimum": 0.5})", "0.4") == "expected a number of at least 0.5, found \"0.4\"");
    CHECK(wrong(R"({"type": "number", "maximum": 0.5})", "0.6") == "expected a number of at most 0.5, found \"0.6\"");
    const std::string wait = format("duration", R"(, "formatMinimum": "100ms", "formatMaximum": "1h")");
    CHECK(value_of(wait, "0.1s").integer() == 100'000'000);
    CHECK(wrong(wait, "99ms") == "expected a time from 100ms to 1h, found \"99ms\"");
    CHECK(wrong(wait, "3601") == "expected a time from 100ms to 1h, found \"3601\"");
    const std::string room = format("bytes", R"(, "formatMaximum": "1MiB")");
    CHECK(value_of(room, "1024KiB").integer() == 1'048'576);
    CHECK(wrong(room, "1048577") == "expected a size of at most 1MiB, found \"1048577\"");
    const std::string rate = format("rate", R"(, "formatMinimum": "1/m")");
    CHECK(value_of(rate, "60/h").number() == 1.0 / 60);
    CHECK(wrong(rate, "59/h") == "expected a rate of at least 1/m, like 20/s or 100/m, found \"59/h\"");
}

TEST_CASE("texts and lists have lengths", "[schema]") {
    const std::string word = R"({"type": "string", "minLength": 2, "maxLength": 3})";
    CHECK(*value_of(word, "\xc3\xa4\xc3\xa4\xc3\xa4").string() == "\xc3\xa4\xc3\xa4\xc3\xa4");
    CHECK(wrong(word, "a") == "expected a text of 2 to 3 characters, found \"a\"");
    CHECK(wrong(word, "aaaa") == "expected a text of 2 to 3 characters, found \"aaaa\"");
    CHECK(wrong(R"({"type": "string", "minLength": 1})", "\"\"") == "expected a text that is not empty, found \"\"");
    const std::string list = R"({"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 2})";
    CHECK(value_of(list, "[1, 2]").items().size() == 2);
    CHECK(wrong(list, "[]") == "expected 1 to 2 items, found 0");
    CHECK(wrong(list, "[1, 2, 3]") == "expected 1 to 2 items, found 3");
    CHECK(wrong(list, "1") == "expected a list, found \"1\"");
    CHECK(wrong(list, "[1, x]") == "1:8 x[1]: expected a whole number, found \"x\"");
}

TEST_CASE("a value alone may stand for a list of it", "[schema]") {
    const std::string networks = R"({"type": ["string", "array"], "items": {"type": "string", "format": "network"}})";
    CHECK(value_of(networks, "\"::1\"") == value_of(networks, "[\"::1\"]"));
    CHECK(*value_of(networks, "\"::1\"").find("[0]")->string() == "::1");
    CHECK(value_of(networks, "[]").items().empty());
    CHECK(wrong(networks, "none").starts_with("\"none\" "));
    CHECK(wrong(networks, "[\"::1\", none]").starts_with("1:12 x[1]: \"none\" "));
    CHECK(wrong(networks, "{a: 1}") == "expected a network like 10.0.0.0/8, or an IP address, found keys of its own");
}

TEST_CASE("all that is wrong is told at once, with the nearest key", "[schema]") {
    const Schema schema = compiled(R"({"type": "object", "required": ["mode", "rules"], "properties": {
        "mode": {"type": "string"},
        "limits": {"type": "object", "properties": {"burst": {"type": "integer"}}},
        "hosts": {"type": "object", "additionalProperties": {"type": "integer"}},
        "rules": {"type": "array", "items": {"type": "object", "required": ["name"],
                                             "properties": {"name": {"type": "string"}}}}}})");
    FilePart file(
        "plugin:\n"
        "  limit: {}\n"
        "  limits: {brust: 5, udp: x}\n"
        "  hosts: {a.example.com: 1, b.example.com: x}\n"
        "  rules: [{name: a}, {}, b]\n");
    CHECK_FALSE(file.check(schema));
    const std::vector<std::string> expected{
        "2:3 plugin.limit: no such key; did you mean limits?",
        "2:3 plugin: `mode` is missing",
        "3:12 plugin.limits.brust: no such key; did you mean burst?",
        "3:22 plugin.limits.udp: no such key; the keys here are burst",
        "4:44 plugin.hosts.b.example.com: expected a whole number, found \"x\"",
        "5:22 plugin.rules[1]: `name` is missing",
        "5:26 plugin.rules[2]: expected keys below this one, found \"b\"",
    };
    CHECK(lines_of(file.report.take()) == expected);
}

TEST_CASE("a file's variables and folder count, and values have their places", "[schema]") {
    const Schema schema = compiled(R"({"type": "object", "properties": {
        "burst": {"type": "integer", "maximum": 10},
        "users": {"type": "string", "format": "file"},
        "mode": {"type": "string", "default": "act"}}})");
    FilePart file("plugin:\n  burst: ${TEN}\n  users: users.txt\n");
    const auto value = file.check(schema);
    REQUIRE(value);
    CHECK(value->find("burst")->integer() == 10);
    CHECK(*value->find("users")->string() == "/etc/ft/users.txt");
    CHECK(value->find("users")->place() == Place{3, 10});
    CHECK(value->find("mode")->place() == Place{2, 3});  // of the group that it is missing from

    FilePart wrong("plugin: {burst: \"1${TEN}\"}\n");
    CHECK_FALSE(wrong.check(schema));
    CHECK(only_line_of(wrong.report.take()) ==
          "1:17 plugin.burst: expected a whole number of at most 10, found \"1${TEN}\"");
}

TEST_CASE("problems from elsewhere in the file are no problems of these settings", "[schema]") {
    FilePart file("plugin: {}\n");
    file.report.add({1, 1}, "server", "wrong");
    CHECK(file.check(compiled(R"({"type": "object"})")));
}

TEST_CASE("defaults are filled in where their group is", "[schema]") {
    const Schema schema = compiled(R"({"type": "object", "properties": {
        "limits": {"type": "object", "properties": {
            "rate": {"type": "string", "format": "rate", "default": "20/s"},
            "burst": {"type": "integer"}}},
        "always": {"type": "object", "default": {}, "properties": {"on": {"type": "boolean", "default": true}}},
        "list": {"type": ["integer", "array"], "items": {"type": "integer"}, "default": 1}}})");
    const CheckedValue none = parsed(schema, "{}");
    CHECK(none.find("limits") == nullptr);
    CHECK(none.find("always.on")->boolean() == true);
    CHECK(none.find("list[0]")->integer() == 1);
    const CheckedValue empty = parsed(schema, "limits:\nalways: {on: off}\n");  // a group with nothing in it is a group
    CHECK(empty.find("limits.rate")->number() == 20.0);
    CHECK(empty.find("limits.burst") == nullptr);
    CHECK(empty.find("always.on")->boolean() == false);
    CHECK(parsed(schema, "{\"list\": [1], \"always\": {\"on\": true}}") == none);
}

TEST_CASE("no message has a secret", "[schema]") {
    const Schema schema = compiled(R"({"type": "object", "properties": {
        "key": {"type": "string", "format": "secret"},
        "keys": {"type": ["string", "array"], "maxItems": 2, "items": {"type": "string", "format": "secret"}},
        "named": {"type": "object", "properties": {"key": {"type": "string", "format": "secret"}}},
        "users": {"type": "object", "additionalProperties": {"type": "string", "format": "secret"}},
        "rules": {"type": "array", "items": {"type": "object", "properties": {
            "key": {"type": "string", "format": "secret"}}}}}})");
    FilePart file(
        "plugin:\n"
        "  key: hun$ter2\n"
        "  keys: [/hunter2, [hunter2], {hunter2: hunter2}]\n"
        "  named: hunter2\n"
        "  users: {a: [hunter2], b: ~/hunter2}\n"
        "  rules: [hunter2, \"${SECRET}\"]\n");
    CHECK_FALSE(file.check(schema));
    const std::vector<std::string> lines = lines_of(file.report.take());
    CHECK(lines.size() == 10);
    for (const std::string& line : lines) {
        INFO(line);
        CHECK(line.find("hun") == std::string::npos);
    }
    FilePart right("plugin: {key: \"${SECRET}\", users: {a: env:SECRET}}\n");
    const auto value = right.check(schema);
    REQUIRE(value);
    CHECK(*value->find("key")->string() == "hunter2");
    CHECK(value->find("users.a")->is_secret());
}

TEST_CASE("the number of values has a limit", "[schema]") {
    const Schema schema = schema_of_x(R"({"type": "array", "items": {"type": "integer"}})");
    // The group and the list are two.
    std::string text = "x: [1";
    for (std::size_t i = 3; i < limits::plugin_values_max; ++i) {
        text += ",1";
    }
    CHECK(parsed(schema, text + "]").find("x")->items().size() == limits::plugin_values_max - 2);
    CHECK(problem_of(schema, text + ",1]").find("more than 100000 values, defaults included") != std::string::npos);
}

TEST_CASE("defaults count among the values", "[schema]") {
    const Schema schema = schema_of_x(R"({"type": "array", "items": {"type": "object", "properties": {
        "a": {"type": "array", "items": {"type": "integer"}, "default": [1, 2, 3, 4, 5, 6, 7]},
        "b": {"type": "integer"}}}})");
    const std::size_t groups = (limits::plugin_values_max - 2) / 9;  // a group, its list and seven numbers
    const std::size_t rest = (limits::plugin_values_max - 2) % 9;
    std::string text = "x: [{}";
    for (std::size_t i = 1; i < groups; ++i) {
        text += ",{}";
    }
    REQUIRE(rest == 8);
    CHECK(parsed(schema, text + ",{a: [1,2,3,4,5,6]}]").find("x")->items().size() == groups + 1);
    CHECK(problem_of(schema, text + ",{}]").find("more than 100000 values, defaults included") != std::string::npos);
}

TEST_CASE("a check ends where too much is wrong", "[schema]") {
    const Schema schema = schema_of_x(R"({"type": "array", "items": {"type": "integer"}})");
    const auto findings = [&](std::size_t wrong) {
        std::string text = "x: [a";
        for (std::size_t i = 1; i < wrong; ++i) {
            text += ",a";
        }
        FilePart file("plugin: {" + text + "]}\n");
        CHECK_FALSE(file.check(schema));
        return file.report.size();
    };
    CHECK(findings(limits::config_problems_max + 1) == limits::config_problems_max + 1);
    CHECK(findings(limits::config_problems_max + 2) == limits::config_problems_max + 2);
    CHECK(findings(10'000) == limits::config_problems_max + 2);
}

TEST_CASE("the depth of settings is bounded by their schema", "[schema]") {
    std::string of_x = integer;
    std::string text = "1";
    for (std::size_t i = 2; i < limits::schema_depth_max; ++i) {
        of_x = R"({"type": "array", "items": )" + of_x + '}';
        text = '[' + text + ']';
    }
    parsed(schema_of_x(of_x), "x: " + text);
    CHECK(problem_of(schema_of_x(of_x), "x: [" + text + "]").find("expected a whole number") != std::string::npos);
}

TEST_CASE("the text of settings has a limit", "[schema]") {
    const Schema schema = schema_of_x(integer);
    const std::string begin = "x: 1 #";
    parsed(schema, begin + std::string(limits::config_file_bytes_max - begin.size(), 'x'));
    CHECK(problem_of(schema, begin + std::string(limits::config_file_bytes_max - begin.size() + 1, 'x')) ==
          "0:0 longer than 1048576 bytes");
}

}  // namespace ferrotunnel::config
