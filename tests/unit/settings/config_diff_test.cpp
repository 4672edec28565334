// What two configurations say differently, key by key.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "ferrotunnel/config.hpp"

namespace ferrotunnel {
namespace {

std::vector<std::string> differences(const std::string& before, const std::string& now) {
    std::vector<Problem> ignored;
    std::vector<std::string> lines;
    for (const ConfigChange& change :
         Config::try_parse(now, "now.yml", ignored).changes_since(Config::try_parse(before, "before.yml", ignored))) {
        lines.push_back(change.key + ": " + change.before + " -> " + change.now + " @" + change.place);
    }
    return lines;
}

using Lines = std::vector<std::string>;

TEST_CASE("values are told with their places, and defaults have none", "[config-diff]") {
    CHECK(differences("server: {bind: \"a:1\"}\n", "server: {bind: \"a:1\"}\n").empty());
    CHECK(differences("server: {workers: 2}\n", "server:\n  workers: 3\n") ==
          Lines{"server.workers: 2 -> 3 @now.yml:2:12"});
    CHECK(differences("server: {timing: {ping_interval: 2s}}\n", "server: {}\n") ==
          Lines{"server.timing.ping_interval: 2s -> 15s @before.yml:1:34"});
    CHECK(differences("server: {}\n", "server: {timing: {ping_interval: 15s}}\n").empty());
}

TEST_CASE("items of lists are told by their names, and words together", "[config-diff]") {
    CHECK(differences("client:\n  services:\n    - {tcp: 1, local: 2}\n    - {name: web, http: a.x, local: 3}\n",
                      "client:\n  services:\n    - {name: web, http: a.x, local: 4}\n    - {tcp: 1, local: 2}\n") ==
          Lines{"client.services[web].local: 3 -> 4 @now.yml:3:37"});
    CHECK(differences("server: {token: [\"file:a\"]}\n", "server: {token: [\"file:a\", \"file:b\"]}\n") ==
          Lines{R"(server.token: ["file:a"] -> ["file:a", "file:b"] @now.yml:1:17)"});
    // Two of one name are a mistake, and still two.
    CHECK(differences("client:\n  services: []\n", "client:\n  services: [{name: a, tcp: 1}, {name: a, tcp: 2}]\n")
              .size() >= 4);
}

TEST_CASE("secrets are not told", "[config-diff]") {
    const Lines lines = differences("server: {token: [{name: a, secret: sesame-open-1}]}\n",
                                    "server: {token: [{name: a, secret: \"file:x\"}]}\n");
    CHECK(lines == Lines{"server.token[a].secret: \"(hidden)\" -> \"file:x\" @now.yml:1:36"});
}

}  // namespace
}  // namespace ferrotunnel
