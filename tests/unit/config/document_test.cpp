#include "config/document.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/limits.hpp"

namespace ferrotunnel::config {
namespace {

struct Parsed {
    Node root;
    std::vector<Finding> findings;
};

Parsed parse(const std::string& text) {
    Report report;
    Node root = parse_document(text, report);
    return {std::move(root), report.take()};
}

// "line:column path: text" of the only finding.
std::string document_problem(const std::string& text) {
    const auto findings = parse(text).findings;
    INFO(text.substr(0, 200));
    REQUIRE(findings.size() == 1);
    const Finding& only = findings[0];
    return std::to_string(only.place.line) + ':' + std::to_string(only.place.column) + ' ' + only.path +
           (only.path.empty() ? "" : ": ") + only.text;
}

std::string nested_lists(std::size_t levels) {
    return "a: " + std::string(levels - 1, '[') + "x" + std::string(levels - 1, ']') + "\n";
}

}  // namespace

TEST_CASE("keys and values keep their places", "[document]") {
    const Parsed parsed = parse("# comment\nserver:\n  bind: 1.2.3.4\n  list: [a, 'b c']\n  none:\nlast: {x: \"\"}\n");
    REQUIRE(parsed.findings.empty());
    REQUIRE(parsed.root.entries.size() == 2);
    const Entry& server = parsed.root.entries[0];
    CHECK(server.key == "server");
    CHECK(server.place == Place{2, 1});
    REQUIRE(server.value.entries.size() == 3);
    const Entry& bind = server.value.entries[0];
    CHECK(bind.value.text == "1.2.3.4");
    CHECK(bind.place == Place{3, 3});
    CHECK(bind.value.place == Place{3, 9});
    const Node& list = server.value.entries[1].value;
    REQUIRE(list.items.size() == 2);
    CHECK(list.items[1].text == "b c");
    CHECK(list.items[1].place == Place{4, 13});
    CHECK(server.value.entries[2].value.kind == Node::Kind::nothing);
    CHECK(parsed.root.entries[1].value.entries[0].value.kind == Node::Kind::text);
}

TEST_CASE("columns count characters, line ends may be those of DOS, and a byte order mark is not a valid key",
          "[document]") {
    const Parsed parsed = parse(
        "\xef\xbb\xbf"
        "a: {\xc3\xa4: \xe2\x82\xac, b: c}\r\nd: e\r\n");
    REQUIRE(parsed.findings.empty());
    CHECK(parsed.root.entries[0].value.entries[1].place == Place{1, 11});
    CHECK(parsed.root.entries[1].value.text == "e");
}

TEST_CASE("what YAML offers beyond texts, lists and maps is refused", "[document]") {
    CHECK(document_problem("a: &x 1\n") ==
          "1:4 a: anchors (&name) are not supported; write the value where it is needed");
    CHECK(document_problem("a: !!str 1\n") == "1:4 a: tags (!name) are not supported");
    CHECK(document_problem("a: !mine {b: 1}\n") == "1:4 a: tags (!name) are not supported");
    CHECK(document_problem("a:\n  <<: {b: 1}\n") == "2:3 a: merge keys (<<) are not supported; write the keys out");
    CHECK(document_problem("? [a]\n: b\n") == "1:3 a key must be a text");
    CHECK(document_problem(": b\n") == "1:1 a key must be a text");
    CHECK(document_problem("a: 1\n---\nb: 2\n") == "2:1 a second document begins here; a file holds one configuration");
    const auto alias = parse("a: &x 1\nb: *x\n").findings;
    REQUIRE(alias.size() == 2);
    CHECK(alias[1].text == "aliases (*name) are not supported; write the value again");
    for (const char* star : {"- a: *x\n", "- a: *.example.com\n", "- a: *\n", "- a: **.example.com\n"}) {
        CHECK_THAT(document_problem(star),
                   Catch::Contains("a text that begins with * needs quotes, like \"*.example.com\""));
    }
    const auto both = parse("a: &x [1]\nb: [*x, *x]\n").findings;
    REQUIRE(both.size() == 3);
    CHECK(both[2].path == "b[1]");
}

TEST_CASE("a bomb of aliases stays as small as it is written", "[document]") {
    std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 30; ++i) {
        const std::string before = "*a" + std::to_string(i - 1);
        text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
        for (int n = 1; n < 10; ++n) {
            text += ", " + before;
        }
        text += "]\n";
    }
    CHECK(parse(text).findings.size() == limits::config_problems_max + 1);
}

TEST_CASE("a key that appears twice is an error, and the first one counts", "[document]") {
    CHECK(document_problem("a: 1\nb: 2\na: 3\n") == "3:1 a: this key appears twice; the first one is in line 1");
    CHECK(document_problem("s:\n  - {x: 1, x: {y: 2}}\n") ==
          "2:12 s[0].x: this key appears twice; the first one is in line 2");
    CHECK(parse("a: 1\na: {b: 2}\n").root.entries.size() == 1);
    CHECK(parse("a: 1\na: 2\n").root.entries[0].value.text == "1");
}

TEST_CASE("syntax errors say what to do", "[document]") {
    CHECK(document_problem("a: b: c\n") ==
          "1:5 a `key: value` cannot begin here; check the indentation, and put a text with a colon in quotes");
    CHECK(document_problem("a: - b\n") == "1:4 a list item (-) cannot stand here; check the indentation");
    for (const char* open : {"a: 1\nb: \"x\n", "a: 1\nb: 'x", "a: 1\nb: \"\n\nc: 1\n", "a: 1\nb: \""}) {
        CHECK(document_problem(open) == "2:1 a quote that is opened after this place is never closed");
    }
    CHECK(document_problem("a: [1\n").find("a list that was opened with [ is not closed") != std::string::npos);
    CHECK(document_problem("{a: 1\n").find("a `{` is not closed") != std::string::npos);
    CHECK(document_problem("a: 1\nb: {c: {ä: ${HASH}}}\n") ==
          "2:13 within { } and [ ], a text with a variable needs quotes, like \"${HASH}\"");
    CHECK(document_problem("a: [127.0.0.1:${PORT:-80}]\n").find("like \"${PORT:-...}\"") != std::string::npos);
    CHECK(document_problem("a: {b: ${hunter2!}}\n").find("like \"${NAME}\"") != std::string::npos);
    CHECK(document_problem("a: {b: {c: 1}\n").find("a `{` is not closed") != std::string::npos);
    CHECK(document_problem("a: @x\n") == "1:4 a text that begins with this character needs quotes");
    CHECK(document_problem("a:\n\tb: 1\n") == "2:3 the indentation has a tab; YAML allows only spaces");
    CHECK(document_problem("%YAML 3.0\n---\na: 1\n").find("this is not valid YAML: ") != std::string::npos);
}

TEST_CASE("the top of a file is keys", "[document]") {
    CHECK(document_problem("") == "1:1 the file is empty");
    CHECK(document_problem("# only a comment\n") == "1:1 the file is empty");
    CHECK(document_problem("---\n") == "1:1 the file is empty");
    CHECK(document_problem("- a\n") == "1:1 expected `key: value` at the top of the file, found a list");
    CHECK(document_problem("server\n") == "1:1 expected `key: value` at the top of the file, found \"server\"");
}

TEST_CASE("only text is text", "[document]") {
    CHECK(document_problem("a: 1\nb: \xff\n") == "2:4 no UTF-8");
    CHECK(document_problem("a: \xc3\xa4\xc3\x28\n") == "1:5 no UTF-8");
    CHECK(document_problem("a: \x1b[31m\n") ==
          "1:4 a control character; in a quoted text it can be written as \"\\x1b\"");
    CHECK(document_problem(std::string("a: b\0c\n", 7)).substr(0, 25) == "1:5 a control character; ");
    CHECK(document_problem("\xff\xfe"
                           "a\0:\0") == "1:1 this file is UTF-16, as PowerShell's `>` writes it; save it as UTF-8");
    CHECK(parse("a: b\tc\n").findings.empty());
}

TEST_CASE("TOML is told from YAML", "[document]") {
    const std::string toml =
        "1:1 this is TOML, but configurations are YAML; `ferrotunnel import` translates files of other tunnels";
    for (const char* text :
         {"bindPort = 7000\n", "# frps\n\n  [server]\nbind_addr = \"x:1\"\n", "[[proxies]]\nname = \"a\"\n",
          "auth.token=\"x\"\nserverPort = 7000\n", "[common]\r\nserver_port = 7000\r\n"}) {
        INFO(text);
        CHECK(document_problem(text) == toml);
    }
    for (const char* text : {"# a = b\na: b = c\n", "a: [b]\n", "{a: 1}\n", "a-b: =\n"}) {
        INFO(text);
        CHECK(parse(text).findings.empty());
    }
    CHECK(document_problem("[a, b]\n").find("found a list") != std::string::npos);
}

TEST_CASE("nesting has a limit", "[document]") {
    CHECK(parse(nested_lists(limits::config_nesting_max)).findings.empty());
    CHECK(document_problem(nested_lists(limits::config_nesting_max + 1)) ==
          "1:19 lists and keys are nested more than 16 deep");
    CHECK(parse("a: " + std::string(100'000, '[')).findings.size() == 1);
    CHECK(parse("a: " + std::string(100'000, '{')).findings.size() == 1);
}

TEST_CASE("a caller may have bounds of its own", "[document]") {
    const auto problems = [](const char* text) {
        Report report;
        parse_document(text, report, {3, 6});
        return report.take().size();
    };
    CHECK(problems("a: [[b, c]]\n") == 0);
    CHECK(problems("a: [[[b]]]\n") == 1);
    CHECK(problems("a: [b, c, d]\n") == 0);
    CHECK(problems("a: [b, c, d, e]\n") == 1);
}

TEST_CASE("the size of a file has a limit", "[document]") {
    const std::string begin = "a: 1 #";
    CHECK(parse(begin + std::string(limits::config_file_bytes_max - begin.size(), 'x')).findings.empty());
    CHECK(document_problem(begin + std::string(limits::config_file_bytes_max - begin.size() + 1, 'x')) ==
          "0:0 longer than 1048576 bytes");
}

TEST_CASE("the number of keys and values has a limit", "[document]") {
    // The map, its key and the list are three.
    std::string text = "a: [x";
    for (std::size_t i = 4; i < limits::config_values_max; ++i) {
        text += ",x";
    }
    CHECK(parse(text + "]\n").findings.empty());
    CHECK(document_problem(text + ",x]\n").find("more than 50000 keys and values") != std::string::npos);
}

}  // namespace ferrotunnel::config
