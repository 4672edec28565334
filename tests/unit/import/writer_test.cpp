// Drafts as YAML, and what readers have not read.
#include <catch2/catch.hpp>

#include "cli/import/keys.hpp"
#include "cli/import/report.hpp"
#include "cli/import/writer.hpp"

using namespace ferrotunnel::cli::importing;

TEST_CASE("scalars are quoted where YAML needs it", "[writer]") {
    for (const char* const plain :
         {"6000", "127.0.0.1:22", "file:token", "app.example.com", "unix:/run/a.sock", "on"}) {
        CHECK(yaml_scalar(plain) == plain);
    }
    CHECK(yaml_scalar("*.example.com") == "\"*.example.com\"");
    CHECK(yaml_scalar("") == "\"\"");
    CHECK(yaml_scalar("null") == "\"null\"");
    CHECK(yaml_scalar("a: b") == "\"a: b\"");
    CHECK(yaml_scalar("a\"b\\c\n") == "\"a\\\"b\\\\c\\x0a\"");
    CHECK(yaml_scalar("$y$") == "\"$$y$$\"");
    CHECK(yaml_scalar("x" + env_reference("HOME")) == "\"x${HOME}\"");
}

TEST_CASE("values, lists and maps with comments", "[writer]") {
    Draft draft;
    const Origin one{"f", 1, "a line"};
    draft.set(Side::client, "server", "edge", one);
    Node& service = draft.add_service("web", "http", std::vector<std::string>{"a.example.com", "*"}, "3000", one);
    service.set("limits.upgrades", false);
    draft.client.at("empty");
    CHECK(to_yaml(draft, {.has_server = false}) ==
          "client:\n"
          "  server: edge                              # f:1: a line\n"
          "  services:\n"
          "    - name: web\n"
          "      http: [a.example.com, \"*\"]\n"
          "      local: 3000\n"
          "      limits:\n"
          "        upgrades: off\n"
          "  empty: {}\n");
}

TEST_CASE("a comment without text stands for a secret", "[writer][secret]") {
    Draft draft;
    draft.set(Side::client, "token", draft.token(Side::client, "token", "sesame", {"f", 2, {}}), {"f", 2, {}});
    draft.set(Side::client, "server", "edge", {"f", 3, "edge sesame"});
    const std::string text = to_yaml(draft, {.has_server = false, .secret_folder = "/tmp/x"});
    CHECK(text.find("sesame") == std::string::npos);
    CHECK(text.find("token: file:/tmp/x/token") != std::string::npos);
    CHECK(text.find("# f:2\n") != std::string::npos);
}

TEST_CASE("secrets of one name and another value have another file", "[writer][secret]") {
    Draft draft;
    CHECK(draft.secret(Side::client, "a/b", "1", {}) == "file:a-b");
    CHECK(draft.secret(Side::server, "a/b", "1", {}) == "file:a-b");
    CHECK(draft.secret(Side::client, "a/b", "2", {}) == "file:a-b-2");
    CHECK(draft.secret(Side::client, "..", "3", {}) == "file:secret..");
    CHECK(draft.secret(Side::client, "x", env_reference("X"), {}) == "env:X");
    CHECK(draft.secrets.size() == 3);
}

TEST_CASE("keys that nothing reads are lost", "[keys]") {
    const Source source =
        parse_source("f", "a: 1\nb: {c: 2, d: [1, 2]}\ne:\n  - {x: 1}\n  - {x: 2, y: 3}\n", Format::yaml);
    Draft draft;
    Keys keys(source, source.root);
    CHECK(keys.text("b.c") == "2");
    for (Keys& item : keys.maps("e")) {
        item.text("x");
    }
    keys.lose_rest(draft);
    REQUIRE(draft.lost.size() == 3);
    CHECK(draft.lost[0].key == "a");
    CHECK(draft.lost[1].key == "b.d");
    CHECK(draft.lost[2].key == "e[2].y");
    CHECK(draft.lost[2].origin.line == 5);
}

TEST_CASE("values of a wrong type are lost", "[keys]") {
    const Source source = parse_source("f", "n: x\nb: perhaps\nt: [1]\n", Format::yaml);
    Draft draft;
    Keys keys(source, source.root);
    CHECK_FALSE(keys.number(draft, "n", 0, 9).has_value());
    CHECK_FALSE(keys.boolean(draft, "b").has_value());
    CHECK_FALSE(keys.text("t").has_value());
    keys.lose_rest(draft);
    CHECK(draft.lost.size() == 3);
}

TEST_CASE("lists are sorted and say each thing once", "[report]") {
    Draft draft;
    draft.lose({"f", 9, {}}, "b", "why", "instead");
    draft.lose({"f", 2, {}}, "a", "why");
    draft.lose({"f", 9, {}}, "b", "why", "instead");
    sort_entries(draft);
    CHECK(lost_lines(draft) == std::vector<std::string>{"f:2: a: why", "f:9: b: why; instead"});
}
