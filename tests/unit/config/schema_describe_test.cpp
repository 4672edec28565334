#include "config/schema_describe.hpp"

#include "schema_rig.hpp"

namespace ferrotunnel::config {

TEST_CASE("a schema documents itself", "[schema]") {
    const Schema schema = compiled(R"({"type": "object", "required": ["mode"], "properties": {
        "mode": {"type": "string", "enum": ["act", "a b"], "description": "What to do:\nact | observe."},
        "name": {"type": "string", "minLength": 0, "maxLength": 64, "default": ""},
        "wait": {"type": "string", "format": "duration", "formatMinimum": "1ms", "formatMaximum": "1h",
                 "default": "5s"},
        "share": {"type": "number", "minimum": 0.5},
        "deny": {"type": ["string", "array"], "maxItems": 9, "default": ["10.0.0.0/8", "::1"],
                 "items": {"type": "string", "format": "network"}},
        "hosts": {"type": "object", "default": {}, "description": "Of single hosts.", "additionalProperties": {
            "type": "object", "properties": {"ports": {"type": "array", "items": {"type": "integer", "maximum": 9}}}}},
        "waits": {"type": "object", "additionalProperties": {"type": "string", "format": "duration"}},
        "rules": {"type": "array", "items": {"type": "object", "required": ["to"], "properties": {
            "to": {"type": "string", "format": "address"},
            "key": {"type": "string", "format": "secret"}}}}}})");
    CHECK(schema.describe() ==
          R"(| key | type | default | bounds | meaning |
|---|---|---|---|---|
| `mode` | `act` `"a b"` | required | | What to do: act \| observe. |
| `name` | text | `""` | 0 to 64 characters | |
| `wait` | time | `5s` | from 1ms to 1h | |
| `share` | number | | at least 0.5 | |
| `deny` | network, or a list | `[10.0.0.0/8, "::1"]` | at most 9 items | |
| `hosts` | map of groups | `{}` | | Of single hosts. |
| `hosts.KEY.ports` | list of whole numbers | | each at most 9 | |
| `waits` | map of times | | | |
| `rules` | list of groups | | | |
| `rules[].to` | address | required | | |
| `rules[].key` | secret | | | |
)");
}

TEST_CASE("a value is written on one line", "[schema]") {
    const auto written = [](const std::string& text) {
        Report report;
        return written_text(parse_document(text, report));
    };
    CHECK(written("a: {b: [1, 'x y'], \"c d\": }\n") == "{a: {b: [1, \"x y\"], \"c d\": {}}}");
    CHECK(written("a: \"q\\\"\\\\\"\n") == "{a: \"q\\\"\\\\\"}");
    CHECK(written("a: \"\"\n") == "{a: \"\"}");
}

}  // namespace ferrotunnel::config
