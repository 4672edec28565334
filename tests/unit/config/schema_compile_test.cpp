// Which texts are schemas, and what is told about all others.
#include "base/limits.hpp"
#include "schema_rig.hpp"

namespace ferrotunnel::config {
namespace {

std::vector<std::string> faults_of(const std::string& text) {
    const auto schema = Schema::compile(text);
    INFO(text.substr(0, 1'000));
    REQUIRE_FALSE(schema);
    return lines_of(schema.error());
}

std::string fault_of(const std::string& text) {
    const std::vector<std::string> faults = faults_of(text);
    CAPTURE(faults);
    REQUIRE(faults.size() == 1);
    return faults[0];
}

// The fault of a schema for the key `x`, without its place in the document.
std::string fault_of_x(const std::string& of_x) {
    const std::string fault = fault_of("{\"type\": \"object\", \"properties\": {\"x\": " + of_x + "}}");
    const std::string path = "properties.x";
    REQUIRE(fault.find(path) != std::string::npos);
    const std::string rest = fault.substr(fault.find(path) + path.size());
    return rest.substr(rest.starts_with('.') ? 1 : 0);
}

// A schema of `levels` schemas, one within the other.
std::string nested_schemas(std::size_t levels) {
    std::string text;
    for (std::size_t i = 1; i < levels; ++i) {
        text += R"({"type": "object", "properties": {"x": )";
    }
    text += R"({"type": "object"})";
    for (std::size_t i = 1; i < levels; ++i) {
        text += "}}";
    }
    return text;
}

}  // namespace

TEST_CASE("a schema may use all of the subset", "[schema]") {
    compiled(R"({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "Everything.",
        "type": "object",
        "additionalProperties": false,
        "required": ["mode", "users"],
        "properties": {
            "mode": {"type": "string", "enum": ["act", "observe"], "description": "What to do."},
            "name": {"type": "string", "minLength": 1, "maxLength": 64, "default": "n"},
            "users": {"type": "string", "format": "file"},
            "key": {"type": "string", "format": "secret"},
            "wait": {"type": "string", "format": "duration", "formatMinimum": "1ms", "formatMaximum": "1h"},
            "burst": {"type": "integer", "minimum": -1, "maximum": 100, "default": 40},
            "share": {"type": "number", "minimum": 0.5, "default": 1e1},
            "on": {"type": "boolean", "default": true},
            "deny": {"type": ["array", "string"], "items": {"type": "string", "format": "network"}, "maxItems": 9},
            "hosts": {"type": "object", "additionalProperties": {"type": "integer"}, "default": {}},
            "rules": {"type": "array", "minItems": 0, "items": {"type": "object", "properties": {}}, "default": []}
        }
    })");
    compiled("type: object\nproperties:\n  x:\n    type: integer\n");  // the same as YAML
}

TEST_CASE("a schema that is none is told where", "[schema]") {
    CHECK(fault_of("") == "1:1 the file is empty");
    CHECK(fault_of("{\"type\": \"object\"").find("a `{` is not closed") != std::string::npos);
    CHECK(fault_of("{}") == "1:1 `type` is missing");
    CHECK(fault_of("{\"type\": \"objekt\"}") ==
          "1:10 type: expected one of boolean, integer, number, string, array, object, found \"objekt\"; did you mean "
          "object?");
    CHECK(fault_of("{\"type\": \"string\"}") ==
          "1:10 type: expected object: the settings of a plugin are keys with values, found \"string\"");
    CHECK(fault_of("{\"type\": \"object\", \"$schema\": \"http://json-schema.org/draft-07/schema#\"}")
              .find("$schema: expected one of https://json-schema.org/draft/2020-12/schema") != std::string::npos);
    CHECK(fault_of("{\"type\": \"object\",\n \"properties\": {\n  \"x\": 5}}") ==
          "3:8 properties.x: expected a schema, like {\"type\": \"string\"}, found \"5\"");
}

TEST_CASE("nothing in a schema is ignored", "[schema]") {
    CHECK(
        fault_of_x(R"({"type": "string", "pattern": "^a"})") ==
        "pattern: no such key; the keys here are type, description, default, x-client, x-client-default, enum, format, "
        "minLength, maxLength");
    CHECK(fault_of_x(R"({"type": "integer", "maximun": 5})") == "maximun: no such key; did you mean maximum?");
    CHECK(fault_of_x(R"({"type": "boolean", "minimum": 5})").find("minimum: no such key") == 0);
    CHECK(fault_of_x(R"({"type": "string", "format": "address", "minLength": 5})").find("minLength: no such key") == 0);
    CHECK(fault_of_x(R"({"type": "string", "format": "address", "formatMinimum": 5})").find("formatMinimum: no") == 0);
    CHECK(fault_of_x(R"({"type": "integer", "enum": [1]})").find("enum: no such key") == 0);
    CHECK(fault_of_x(R"({"type": "integer", "oneOf": []})").find("oneOf: no such key") == 0);
    CHECK(fault_of_x(R"({"type": "integer", "$schema": "x"})").find("$schema: no such key") == 0);
    CHECK(fault_of_x(R"({"$ref": "#"})") == ": `type` is missing");
    CHECK(fault_of("{\"type\": \"object\", \"default\": {}}").find("default: no such key") != std::string::npos);
    CHECK(fault_of_x(R"({"type": "array", "items": {"type": "integer", "default": 1}})").find("items.default: no") ==
          0);
    CHECK(fault_of_x(R"({"type": "integer", "proto": "udp"})").find("proto: no such key; the keys here are") == 0);
    CHECK(fault_of_x(R"({"type": "integer", "minimum": 1, "minimum": 2})").find("minimum: this key appears twice") ==
          0);
}

TEST_CASE("keywords have values that make sense", "[schema]") {
    CHECK(fault_of_x(R"({"type": ["string", "integer"]})").find("type: expected one type, or two like") == 0);
    CHECK(fault_of_x(R"({"type": []})").find("type: expected one type, or two like") == 0);
    CHECK(fault_of_x(R"({"type": ["object", "array"]})").find("type: expected one type, or two like") == 0);
    CHECK(fault_of_x(R"({"type": "null"})").find("type: expected one of") == 0);
    CHECK(fault_of_x(R"({"type": ["string", "array"], "items": {"type": "integer"}})") ==
          "type: the single value and `items` are of different types");
    CHECK(fault_of_x(R"({"type": "array"})") == ": `items` is missing: the schema of the list's items");
    CHECK(fault_of_x(R"({"type": "string", "enum": []})") == "enum: expected at least one word");
    CHECK(fault_of_x(R"({"type": "string", "enum": ["a", "a"]})") == "enum[1]: this word appears twice");
    CHECK(fault_of_x(R"({"type": "string", "enum": ["a"], "format": "file"})") ==
          "enum: a string has either `enum` or `format`");
    CHECK(fault_of_x(R"({"type": "string", "format": "time", "formatMinimum": "1s"})").find("format: expected one") ==
          0);
    CHECK(fault_of_x(R"({"type": "integer", "minimum": 1.5})") == "minimum: expected a whole number, found \"1.5\"");
    CHECK(fault_of_x(R"({"type": "integer", "minimum": 2, "maximum": 1})") == "maximum: is less than `minimum`");
    CHECK(fault_of_x(R"({"type": "string", "minLength": 2, "maxLength": 1})") == "maxLength: is less than `minLength`");
    CHECK(fault_of_x(R"({"type": "string", "minLength": -1})").find("minLength: expected a whole number") == 0);
    CHECK(fault_of_x(R"({"type": "string", "format": "duration", "formatMinimum": "1h", "formatMaximum": "1s"})") ==
          "formatMaximum: is less than `formatMinimum`");
    CHECK(fault_of_x(R"({"type": "object", "additionalProperties": true})").find("additionalProperties: expected") ==
          0);
    CHECK(fault_of_x(R"({"type": "object", "properties": {}, "additionalProperties": {"type": "integer"}})") ==
          "additionalProperties: an object has either fixed keys (`properties`, `required`) or arbitrary ones "
          "(`additionalProperties` with a schema); remove one");
    CHECK(fault_of_x(R"({"type": "object", "properties": {"a.b": {"type": "integer"}}})") ==
          "properties.a.b: a key is at most 64 letters, digits, _ and -");
}

TEST_CASE("the length of a key's name is bounded", "[schema]") {
    const auto schema = [](std::size_t length) {
        return R"({"type": "object", "properties": {")" + std::string(length, 'k') + R"(": {"type": "integer"}}})";
    };
    compiled(schema(64));
    CHECK(fault_of(schema(65)).find("a key is at most 64 letters") != std::string::npos);
}

TEST_CASE("required keys exist and have no default", "[schema]") {
    const auto fault = [](const std::string& required) {
        const std::string text = fault_of(R"({"type": "object", "required": )" + required +
                                          R"(, "properties": {"a": {"type": "integer"}, "limit": {"type": "integer",
                                          "default": 1}}})");
        return text.substr(text.find(' ') + 1);
    };
    CHECK(fault("[\"a\", \"limits\"]") == "required[1]: no such key; did you mean limit?");
    CHECK(fault("[\"a\", \"a\"]") == "required[1]: this key appears twice");
    CHECK(fault("[\"limit\"]") == "required[0]: `limit` has a default, so it cannot be required");
    CHECK(fault("a") == "required: expected a list, found \"a\"");
    CHECK(fault_of(R"({"type": "object", "required": ["a"]})") == "1:33 required[0]: no such key; there are none here");
}

TEST_CASE("a default obeys the schema that it is in", "[schema]") {
    CHECK(fault_of_x(R"({"type": "integer", "maximum": 5, "default": 6})") ==
          "default: expected a whole number of at most 5, found \"6\"");
    CHECK(fault_of_x(R"({"type": "array", "items": {"type": "boolean"}, "default": [true, 1]})") ==
          "default[1]: expected true or false (or on, off, yes, no), found \"1\"");
    CHECK(fault_of_x(R"({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"],
                         "default": {}})") == "default: `a` is missing");
    CHECK(fault_of_x(R"({"type": "string", "format": "secret", "default": "hunter2"})") ==
          "default: a secret cannot have a default");
    CHECK(fault_of_x(R"({"type": "string", "format": "file", "default": "users"})").find("default: the default of") ==
          0);
    compiled(R"({"type": "object", "properties": {"x": {"type": "string", "format": "file", "default": "/users"}}})");
}

TEST_CASE("all faults are told at once", "[schema]") {
    const auto faults = faults_of(R"({"type": "object", "properties": {
        "a": {"type": "integer", "minimum": "x"},
        "b": {"type": "strin"},
        "c": {"type": "string", "default": []}}})");
    REQUIRE(faults.size() == 3);
    CHECK(faults[0] == "2:45 properties.a.minimum: expected a whole number, found \"x\"");
    CHECK(faults[1].find("did you mean string?") != std::string::npos);
    CHECK(faults[2] == "4:44 properties.c.default: expected a text, found a list");
}

TEST_CASE("the depth of a schema has a limit", "[schema]") {
    compiled(nested_schemas(limits::schema_depth_max));
    CHECK(fault_of(nested_schemas(limits::schema_depth_max + 1)).find("schemas are nested more than 16 deep") !=
          std::string::npos);
    CHECK(fault_of(nested_schemas(limits::schema_depth_max + 2)).find("nested more than 34 deep") != std::string::npos);
    CHECK(fault_of("{\"type\": \"object\", \"properties\": " + std::string(100'000, '{')).find("nested more than 34") !=
          std::string::npos);
}

TEST_CASE("the number of schemas has a limit", "[schema]") {
    const auto schema = [](std::size_t nodes) {
        std::string text = R"({"type": "object", "properties": {"x1": {"type": "integer"})";
        for (std::size_t i = 2; i < nodes; ++i) {
            text += R"(, "x)" + std::to_string(i) + R"(": {"type": "integer"})";
        }
        return text + "}}";
    };
    compiled(schema(limits::schema_nodes_max));
    CHECK(fault_of(schema(limits::schema_nodes_max + 1)).find("more than 1024 schemas") != std::string::npos);
    CHECK(fault_of(schema(limits::schema_nodes_max + 9)).find("more than 1024 schemas") != std::string::npos);
}

TEST_CASE("the number of words has a limit", "[schema]") {
    const auto schema = [](std::size_t words) {
        std::string text = R"({"type": "string", "enum": ["w0")";
        for (std::size_t i = 1; i < words; ++i) {
            text += R"(, "w)" + std::to_string(i) + '"';
        }
        return text + "]}";
    };
    schema_of_x(schema(limits::schema_words_max));
    CHECK(fault_of_x(schema(limits::schema_words_max + 1)) == "enum: more than 256 words");
}

TEST_CASE("the text of a schema has a limit", "[schema]") {
    const std::string begin = R"({"type": "object"} #)";
    compiled(begin + std::string(limits::config_file_bytes_max - begin.size(), 'x'));
    CHECK(fault_of(begin + std::string(limits::config_file_bytes_max - begin.size() + 1, 'x')) ==
          "0:0 longer than 1048576 bytes");
}

}  // namespace ferrotunnel::config
