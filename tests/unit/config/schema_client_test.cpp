// What clients may say of a schema's keys (`x-client`), and the defaults for them.
#include "unit/config/schema_rig.hpp"

using namespace ferrotunnel::config;
using Catch::Contains;

namespace {

const char* const limited = R"({"type": "object", "required": ["rate"], "properties": {
    "rate": {"type": "string", "format": "rate", "x-client": true},
    "names": {"type": "object", "additionalProperties": {"type": "string"}, "x-client": true},
    "group": {"type": "object", "default": {}, "x-client": true,
              "properties": {"deep": {"type": "integer", "default": 3}}},
    "entries": {"type": "integer", "maximum": 100000, "default": 65536, "x-client-default": 16},
    "file": {"type": "string", "format": "file"},
    "key": {"type": "string", "format": "secret"}}})";

std::string problem_for_client(const std::string& settings) {
    const auto value = compiled(limited).parse_for_client(settings);
    REQUIRE_FALSE(value);
    return only_line_of(value.error());
}

}  // namespace

TEST_CASE("a client says what is for clients, and gets the defaults for clients", "[schema]") {
    const Schema schema = compiled(limited);
    CHECK(schema.is_for_clients());
    const auto value = schema.parse_for_client(R"({"group":{"deep":"7"},"names":{"a":"b"},"rate":"2/s"})");
    REQUIRE(value);
    CHECK(value->find("rate")->number() == 2.0);
    CHECK(*value->find("names.a")->string() == "b");
    CHECK(value->find("group.deep")->integer() == 7);
    CHECK(value->find("entries")->integer() == 16);
    CHECK(parsed(schema, "{rate: 2/s}").find("entries")->integer() == 65'536);
    CHECK(parsed(schema, "{rate: 2/s}") == parsed(schema, "{rate: 2/s, entries: 65536}"));
}

TEST_CASE("what is not for clients is refused with its key, also where it says the default", "[schema]") {
    for (const char* const said : {R"("entries":"16")", R"("file":"/etc/passwd")", R"("key":"env:HOME")",
                                   R"("file":null)", R"("key":"file:/etc/shadow")"}) {
        INFO(said);
        CHECK_THAT(problem_for_client(R"({"rate":"1/s",)" + std::string(said) + "}"),
                   Contains("cannot be set by clients"));
    }
    CHECK_THAT(problem_for_client(R"({"rate":"1/s","rat":"2"})"), Contains("no such key"));
    CHECK_THAT(problem_for_client("{}"), Contains("`rate` is missing"));
    CHECK_THAT(problem_for_client(R"({"rate":"${HOME}"})"), Contains("rate"));
}

TEST_CASE("a schema without a key for clients is for no client", "[schema]") {
    CHECK_FALSE(schema_of_x(R"({"type": "string"})").is_for_clients());
    CHECK_FALSE(schema_of_x(R"({"type": "string", "x-client": false})").is_for_clients());
    CHECK_FALSE(schema_of_x(R"({"type": "integer", "x-client-default": 3})").is_for_clients());
}

TEST_CASE("files and secrets are never for clients, however deep they are", "[schema]") {
    for (const char* const value :
         {R"({"type": "string", "format": "file", "x-client": true})",
          R"({"type": "string", "format": "secret", "x-client": true})",
          R"({"type": "array", "items": {"type": "string", "format": "file"}, "x-client": true})",
          R"({"type": "object", "properties": {"y": {"type": "string", "format": "file"}}, "x-client": true})",
          R"({"type": "object", "additionalProperties": {"type": "string", "format": "secret"}, "x-client": true})"}) {
        INFO(value);
        const auto schema =
            Schema::compile("{\"type\": \"object\", \"properties\": {\"x\": " + std::string(value) + "}}");
        REQUIRE_FALSE(schema);
        CHECK_THAT(only_line_of(schema.error()), Contains("files and secrets"));
    }
}

TEST_CASE("what a schema says of clients stands at the keys of its settings alone, and obeys their schema",
          "[schema]") {
    const auto wrong = [](const std::string& text) {
        const auto schema = Schema::compile(text);
        REQUIRE_FALSE(schema);
        return only_line_of(schema.error());
    };
    CHECK_THAT(wrong(R"({"type": "object", "x-client": true})"), Contains("x-client"));
    CHECK_THAT(wrong(R"({"type": "object", "properties": {"x": {"type": "object", "properties": {
                     "y": {"type": "string", "x-client": true}}}}})"),
               Contains("x-client"));
    CHECK_THAT(wrong(R"({"type": "object", "properties": {"x": {"type": "integer", "maximum": 9,
                     "x-client-default": 10}}})"),
               Contains("10"));
    CHECK_THAT(wrong(R"({"type": "object", "properties": {"x": {"type": "string", "x-client": "perhaps"}}})"),
               Contains("perhaps"));
}
