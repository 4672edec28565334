// Files of other tunnels as trees with lines.
#include <catch2/catch.hpp>

#include "cli/import/go_template.hpp"
#include "cli/import/number_ranges.hpp"
#include "cli/import/parsers.hpp"
#include "cli/import/source.hpp"

using namespace ferrotunnel::cli::importing;

namespace {

std::string nested(std::size_t levels) {
    return "{\"a\":" + std::string(levels, '[') + "1" + std::string(levels, ']') + "}";
}

}  // namespace

TEST_CASE("the same values in four formats", "[source]") {
    const std::pair<Format, std::string_view> texts[] = {
        {Format::toml, "[a]\nb = 7\nc = \"x\"\n"},
        {Format::yaml, "a:\n  b: 7\n  c: x\n"},
        {Format::json, "{\"a\": {\n\t\"b\": 7,\n\t\"c\": \"x\"\n}}"},
        {Format::ini, "[a]\nb = 7\nc = \"x\"\n"},
    };
    for (const auto& [format, text] : texts) {
        const Source source = parse_source("f", text, format);
        REQUIRE(source.root.find("a") != nullptr);
        const Value& a = *source.root.find("a");
        REQUIRE(a.find("b") != nullptr);
        CHECK(a.find("b")->scalar == "7");
        CHECK(a.find("b")->line == 2);
        CHECK(a.find("C")->scalar == "x");
        CHECK(a.find("c")->line == 3);
    }
}

TEST_CASE("members are in the order of the file", "[source]") {
    const Source source = parse_source("f", "zeta = 1\nalpha = 2\n[[list]]\nq = 1\n[[list]]\nq = 2\n", Format::toml);
    REQUIRE(source.root.members.size() == 3);
    CHECK(source.root.members[0].first == "zeta");
    CHECK(source.root.members[1].first == "alpha");
    CHECK(source.root.members[2].second.items[1].line == 5);
}

TEST_CASE("lines with secrets have no text", "[source][secret]") {
    const Source source = parse_source(
        "f", "token: abc\nlist:\n  basic_auth:\n    - ann:sesame\nurl: http://u:p@proxy\nname: plain\n", Format::yaml);
    CHECK(source.origin_of_line(1).text.empty());
    CHECK(source.origin_of_line(4).text.empty());
    CHECK(source.origin_of_line(5).text.empty());
    CHECK(source.origin_of_line(6).text == "name: plain");
}

TEST_CASE("errors have their line", "[source]") {
    CHECK_THROWS_WITH(parse_source("f", "a = 1\nb = \n", Format::toml), Catch::StartsWith("f:2"));
    CHECK_THROWS_WITH(parse_source("f", "a: 1\nb: [\n", Format::yaml), Catch::StartsWith("f:"));
    CHECK_THROWS_WITH(parse_source("f", "[a\n", Format::ini), Catch::StartsWith("f:1"));
    CHECK_THROWS_AS(parse_source("f", "- a\n", Format::yaml), SourceError);
    CHECK_THROWS_AS(load_source("/nowhere/at/all"), SourceError);
}

TEST_CASE("merge keys of YAML", "[source]") {
    const Source source = parse_source(
        "f", "a: &a\n  x: 1\n  y: 1\nb: &b {z: 3}\nc:\n  <<: [*a, *b]\n  y: 2\nd:\n  \"<<\": {q: 1}\n", Format::yaml);
    const Value& merged = *source.root.find("c");
    REQUIRE(merged.members.size() == 3);
    CHECK(merged.find("x")->scalar == "1");
    CHECK(merged.find("x")->line == 2);
    CHECK(merged.find("y")->scalar == "2");
    CHECK(merged.find("z")->scalar == "3");
    CHECK(source.root.find("d")->members.front().first == "<<");
    CHECK_THROWS_AS(parse_source("f", "a:\n  <<: b\n", Format::yaml), SourceError);
}

TEST_CASE("separators and secrets of INI files", "[source][secret]") {
    const Source source = parse_source("f", "\xef\xbb\xbf[a]\r\nb: x = y\r\nsk = z\r\n", Format::ini);
    CHECK(source.root.find("a")->find("b")->scalar == "x = y");
    CHECK(source.origin_of_line(2).text == "b: x = y");
    CHECK(source.origin_of_line(3).text.empty());
}

TEST_CASE("templates and dotted keys have limits", "[source][limits]") {
    const std::string loop = "{{ range $v := parseNumberRange \"1,3,5,7,9,11,13,15,17,19\" }}";
    std::string loops;
    std::string ends;
    for (int i = 0; i < 9; ++i) {
        loops += loop;
        ends += "{{ end }}";
    }
    CHECK_THROWS_AS(parse_source("f", loops + "#\n" + ends, Format::toml), SourceError);
    const std::string name(500'000, 'A');
    CHECK_THROWS_AS(parse_source("f", "a = {{ .Envs." + name + " }}\n", Format::toml), SourceError);
    std::string many = "a = \"";
    for (int i = 0; i < 50'000; ++i) {
        many += "{{.Envs.A}}";
    }
    CHECK_NOTHROW(parse_source("f", many + "\"\n", Format::toml));
    std::string key = "a";
    for (int i = 0; i < 300'000; ++i) {
        key += ".a";
    }
    CHECK_THROWS_AS(parse_source("f", key + " = 1\n", Format::toml), SourceError);
    CHECK_THROWS_AS(parse_source("f", "[" + key + "]\n", Format::toml), SourceError);
    CHECK_NOTHROW(parse_source("f", "# " + std::string(200, '.') + "\na.b.c = \"...\"\n", Format::toml));
}

TEST_CASE("limits of a file", "[source][limits]") {
    CHECK_NOTHROW(parse_source("f", nested(source_depth_max - 1), Format::json));
    CHECK_THROWS_AS(parse_source("f", nested(source_depth_max), Format::json), SourceError);
    const std::string most = "a = 1\n" + std::string(source_bytes_max - 6, '\n');
    CHECK_NOTHROW(parse_source("f", most, Format::ini));
    CHECK_THROWS_AS(parse_source("f", most + "\n", Format::ini), SourceError);
    std::string many;
    for (std::size_t i = 0; i < source_values_max; ++i) {
        many += "a" + std::to_string(i) + " = 1\n";
    }
    CHECK_NOTHROW(parse_source("f", many, Format::ini));
    CHECK_THROWS_AS(parse_source("f", many + "b = 1\n", Format::ini), SourceError);
}

TEST_CASE("aliases of YAML cannot explode", "[source][limits]") {
    std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 8; ++i) {
        const std::string name = "*a" + std::to_string(i - 1);
        text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + name;
        for (int k = 0; k < 9; ++k) {
            text += ", " + name;
        }
        text += "]\n";
    }
    CHECK_THROWS_AS(parse_source("f", text, Format::yaml), SourceError);
}

TEST_CASE("lists of ports", "[source][ranges]") {
    CHECK(number_ranges("1-3, 5") == std::vector<NumberRange>{{1, 3}, {5, 5}});
    for (const char* const wrong : {"", "3-1", "a", "1,,2", "65536", "1-"}) {
        CHECK_FALSE(number_ranges(wrong).has_value());
    }
    const auto pairs = range_pairs("1-3,7", "11-12,13-14");
    REQUIRE(pairs.has_value());
    CHECK(pairs->size() == 3);
    CHECK((*pairs)[2] == std::pair<NumberRange, NumberRange>{{7, 7}, {14, 14}});
    CHECK_FALSE(range_pairs("1-3", "1-2").has_value());
}

TEST_CASE("templates keep the lines of the file", "[source][template]") {
    const Source source =
        parse_source("f", "a = 1\n{{ range $v := parseNumberRange \"4,5\" }}\n[[p]]\nn = {{ $v }}\n{{ end }}\nz = 1\n",
                     Format::toml);
    const Value& list = *source.root.find("p");
    REQUIRE(list.items.size() == 2);
    CHECK(list.items[1].find("n")->scalar == "5");
    CHECK(list.items[1].find("n")->line == 4);
    CHECK(source.lines.size() == 6);
    CHECK_THROWS_AS(parse_source("f", "{{ range $v := parseNumberRange \"4\" }}\n", Format::toml), SourceError);
    CHECK_THROWS_AS(parse_source("f", "a = 1 {{\n", Format::toml), SourceError);
}
