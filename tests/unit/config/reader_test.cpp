#include "config/reader.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "config/document.hpp"

namespace ferrotunnel::config {
namespace {

using namespace std::chrono_literals;

std::optional<std::string> reader_environment(const std::string& name) {
    return name == "FOUR" ? std::optional<std::string>("4") : std::nullopt;
}

struct Reading {
    explicit Reading(const std::string& text)
        : document(parse_document(text, report)),
          context{report, reader_environment, "/etc/ft", {}},
          root(document, context, "", {1, 1}) {}

    Value at(const std::string& key) {
        auto value = root.find(key);
        REQUIRE(value);
        return *value;
    }
    // "line:column path: text" of each.
    std::vector<std::string> problems() {
        std::vector<std::string> texts;
        for (const Finding& finding : report.take()) {
            texts.push_back(std::to_string(finding.place.line) + ':' + std::to_string(finding.place.column) + ' ' +
                            finding.path + ": " + finding.text);
        }
        return texts;
    }
    std::string problem() {
        const auto all = problems();
        REQUIRE(all.size() == 1);
        return all[0];
    }

    Report report;
    Node document;
    Context context;
    Section root;
};

}  // namespace

TEST_CASE("values of the right type", "[reader]") {
    Reading reading(
        "text: 22\nyes: on\nnumber: ${FOUR}\nquoted: \"4\"\ntime: 2m\nsize: 1KiB\nchoice: b\nfile: a/b\nabsolute: /a\n"
        "list: [a, b]\n");
    CHECK(reading.at("text").text() == "22");
    CHECK(reading.at("yes").boolean() == true);
    CHECK(reading.at("number").number(0, 4) == 4);
    CHECK(reading.at("quoted").number(4, 9) == 4);
    CHECK(reading.at("time").time() == 2min);
    CHECK(reading.at("size").size(0, 1024) == 1024);
    CHECK(reading.at("choice").choice({"a", "b"}) == 1);
    CHECK(reading.at("file").path() == "/etc/ft/a/b");
    CHECK(reading.at("absolute").path() == "/a");
    CHECK(reading.at("list").items().size() == 2);
    CHECK(reading.at("list").items_or_single()[1].key_path() == "list[1]");
    CHECK(reading.at("text").items_or_single().size() == 1);
    reading.root.finish();
    CHECK(reading.problems().empty());
}

TEST_CASE("other types are told with what was expected and found", "[reader]") {
    Reading reading("a: [1]\nb: {x: 1}\nc:\nd: word\ne: 5\n");
    CHECK_FALSE(reading.at("a").text());
    CHECK(reading.problem() == "1:4 a: expected a text, found a list");
    CHECK_FALSE(reading.at("b").number(0, 5));
    CHECK(reading.problem() == "2:4 b: expected a whole number from 0 to 5, found keys of its own");
    CHECK_FALSE(reading.at("c").time());
    CHECK(reading.problem() ==
          "3:1 c: expected a time like 500ms, 30s, 2m or 1h, or a number of seconds, found nothing");
    CHECK_FALSE(reading.at("d").boolean());
    CHECK(reading.problem() == "4:4 d: expected true or false (or on, off, yes, no), found \"word\"");
    CHECK_FALSE(reading.at("d").size(1, 2));
    CHECK(reading.problem() == "4:4 d: expected a size from 1 to 2 bytes, like 64KiB or 1MiB, found \"word\"");
    CHECK_FALSE(reading.at("d").choice({"world", "text"}));
    CHECK(reading.problem() == "4:4 d: expected one of world, text, found \"word\"; did you mean world?");
    CHECK(reading.at("d").items().empty());
    CHECK(reading.problem() == "4:4 d: expected a list, found \"word\"");
    CHECK_FALSE(reading.at("c").path());
    CHECK(reading.problem() == "3:1 c: expected the path of a file, found nothing");
    reading.at("d").section().finish();
    CHECK(reading.problem() == "4:4 d: expected keys below this one, found \"word\"");
    reading.at("c").section().finish();
    CHECK(reading.problems().empty());
}

TEST_CASE("ranges include their ends and nothing beyond", "[reader]") {
    Reading reading("low: 1\nhigh: 16\n");
    CHECK(reading.at("low").number(1, 16) == 1);
    CHECK(reading.at("high").number(1, 16) == 16);
    CHECK(reading.problems().empty());
    CHECK_FALSE(reading.at("low").number(2, 16));
    CHECK_FALSE(reading.at("high").number(1, 15));
    CHECK_FALSE(reading.at("low").size(2, 16));
    CHECK_FALSE(reading.at("high").size(1, 15));
    CHECK(reading.problems().size() == 4);
}

TEST_CASE("keys that nobody asked for are told, with the nearest one", "[reader]") {
    Reading reading("bind: 1\nbnid: 2\nother: 3\n" + std::string(100, 'k') + ": 4\n");
    reading.root.find("bind");
    reading.root.find("tcp_bind");
    reading.root.finish();
    const auto problems = reading.problems();
    REQUIRE(problems.size() == 3);
    CHECK(problems[0] == "2:1 bnid: no such key; did you mean bind?");
    CHECK(problems[1] == "3:1 other: no such key; the keys here are bind, tcp_bind");
    CHECK(problems[2] == "4:1 " + std::string(64, 'k') + "...: no such key; the keys here are bind, tcp_bind");
    CHECK(reading.context.keys == std::set<std::string>{"bind", "tcp_bind"});
}

TEST_CASE("keys of other tunnels are told by what they are here", "[reader]") {
    const auto told = [](const std::string& text) {
        Reading reading("client:\n  services:\n    - {name: a, " + text + "}\n");
        Section service = reading.root.find("client")->section().find("services")->items()[0].section();
        service.find("name");
        const bool kind = service.has_foreign("kind");
        const bool local = service.has_foreign("local");
        service.finish();
        const std::string problem = reading.problem();
        return problem.substr(problem.find("; ") + 2) + (kind ? " (kind)" : "") + (local ? " (local)" : "");
    };
    CHECK(told("type: udp").find("the public port: `udp: 53` (kind)") != std::string::npos);
    CHECK(told("typ: udp") == told("type: udp"));  // and not "did you mean tcp?"
    CHECK(told("typ: other") == told("type: other"));
    CHECK(told("type: sudp").find("`udp: private` with a `key`") != std::string::npos);
    CHECK(told("type: stcp").find("`tcp: private`") != std::string::npos);
    CHECK(told("type: https").find("`tls: app.example.com`") != std::string::npos);
    CHECK(told("type: other").find("is its first key") != std::string::npos);
    CHECK(told("bind_addr: \"0.0.0.0:5202\"") == "the public port is the value of `tcp`, like `tcp: 2222` (kind)");
    CHECK(told("local-ip: 1").find("`local: 127.0.0.1:22` (local)") != std::string::npos);
    CHECK(told("healthCheck: {type: http}").find("here it is `health`") == 0);
    CHECK(told("basic_auth: [x]").find("passwords of visitors are checked by the plugin") == 0);
    CHECK(told("transport: {proxyProtocolVersion: v2}").find("`proxy_protocol`") != std::string::npos);
    CHECK(told("transport: {bandwidthLimit: 1MB}").find("bandwidth is a right of a token") == 0);
    CHECK(told("transport: {other: 1}").find("encryption and multiplexing need no settings") == 0);
    CHECK(told("transport.useCompression: true").find("the plugin `compress`") != std::string::npos);
    CHECK(told("header_X-From: here").find("`request_headers`") != std::string::npos);
    CHECK(told("user: joe") == "the keys here are name");
    CHECK(told("sk: joe").find("is its `key`") != std::string::npos);
}

TEST_CASE("a key in capitals is the one that there is here, whatever it is elsewhere", "[reader]") {
    Reading reading("client:\n  GROUP: a\n  Inspect: on\n");
    Section client = reading.root.find("client")->section();
    client.declare("group");
    client.declare("inspect");
    client.finish();
    const auto problems = reading.problems();
    REQUIRE(problems.size() == 2);
    CHECK(problems[0] == "2:3 client.GROUP: no such key; did you mean group?");
    CHECK(problems[1] == "3:3 client.Inspect: no such key; did you mean inspect?");
}

TEST_CASE("each key of a section that gathers others has its own hint", "[reader]") {
    Reading reading(
        "client:\n  transport:\n    poolCount: 5\n    tcpMux: true\n  log: {to: x}\n  dnsServer: 8.8.8.8\n");
    reading.root.find("client")->section().finish();
    const auto problems = reading.problems();
    REQUIRE(problems.size() == 4);
    CHECK(problems[0].find("3:5 client.transport.poolCount: no such key; visitors are streams") == 0);
    CHECK(problems[1] == "4:5 client.transport.tcpMux: no such key; multiplexing is always on");
    CHECK(problems[2].find("5:3 client.log: no such key; logging is set by `log` at the top level") == 0);
    CHECK(problems[3].find("6:3 client.dnsServer: no such key; names are resolved as configured in the system") == 0);
}

TEST_CASE("elsewhere keys of other tunnels mean nothing", "[reader]") {
    Reading reading("udp: 1\n");
    reading.context.explains_foreign_keys = false;
    reading.root.finish();
    CHECK(reading.problem() == "1:1 udp: no such key; there are none here");
}

TEST_CASE("what may be a secret is not repeated", "[reader]") {
    Reading reading("token: [hunter2, {hunter3: x}]\nplain: $hunter4\n");
    Value value = reading.at("token");
    value.hide();
    for (const Value& item : value.items()) {
        item.unexpected("a token");
    }
    value.items()[1].section().finish(true);
    CHECK_FALSE(reading.at("plain").text());
    for (const std::string& problem : reading.problems()) {
        CHECK(problem.find("hunter") == std::string::npos);
    }
}

}  // namespace ferrotunnel::config
