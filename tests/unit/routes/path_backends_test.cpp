// No backend, whatever it does to a path, may see it below another rule than the edge.
#include <catch2/catch.hpp>
#include <string>

#include "http/canonical_path.hpp"
#include "support/path_backends.hpp"
#include "support/seeded_random.hpp"
#include "unit/routes/route_fixture.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::routes;

TEST_CASE("paths: the judges do what backends do") {
    CHECK(test::resolved("/a/b/../../c/.") == "/c/");
    CHECK(test::resolved("/../a/..") == "/");
    CHECK(test::merged("//a///b/") == "/a/b/");
    CHECK(test::without_parameters("/a;x/;y/b;") == "/a//b");
    CHECK(test::decoded("/%61%2E%2F%25", test::Decodes::unreserved) == "/a.%2F%25");
    CHECK(test::decoded("/%61%2F%25", test::Decodes::all) == "/a/%");
    CHECK(test::what_backends_read("/a/b") == std::vector<std::string>{"/a/b"});
    CHECK(test::what_backends_read("/a/..%2Fb").size() >= 3);
}

TEST_CASE("paths: no backend sees a path below another rule than the edge") {
    const std::vector<std::vector<std::string>> tables = {{"", "/a"},       {"/a"},       {"", "/a", "/a/b", "/b"},
                                                          {"/a/b", "/b/a"}, {"", "/a/b"}, {""}};
    std::vector<RouteTable> built;
    for (const auto& prefixes : tables) {
        std::vector<test::Line> lines;
        for (const std::string& prefix : prefixes) {
            lines.push_back({"h", prefix.empty() ? std::string_view("/") : std::string_view(prefix)});
        }
        built.push_back(test::table_of(lines));
    }
    test::SeededRandom random(23);
    std::size_t routed = 0;
    std::size_t odd = 0;
    for (int round = 0; round < 6'000; ++round) {
        std::string path = "/";
        for (std::uint64_t pieces = random.between(1, 8); pieces > 0; --pieces) {
            static constexpr std::string_view parts[] = {"a",   "b",   "/",   "/",       "/a",   "/b",   ".",
                                                         "..",  "/..", ";",   "%2F",     "%5C",  "%61",  "%2e",
                                                         "%3B", "%25", "/..", "/%2e/..", "a%2F", "/b;a", "//"};
            path += parts[random.below(std::size(parts))];
        }
        path = http::canonical_path(path);  // which is what they get
        const std::vector<std::string> read = test::what_backends_read(path);
        for (std::size_t i = 0; i < tables.size(); ++i) {
            const RouteMatch match = built[i].find("h", path);
            if (match.outcome != RouteOutcome::found && match.outcome != RouteOutcome::unknown_path) {
                continue;
            }
            ++routed;
            odd += read.size() > 1 ? 1 : 0;
            const std::string edge = match ? tables[i][match.value] : "none";
            for (const std::string& text : read) {
                const bool below_root = match && tables[i][0].empty();
                const std::string prefix = test::prefix_of(text, tables[i]);
                const std::string backend = prefix.empty() && !below_root ? "none" : prefix;
                CAPTURE(path, text, i);
                REQUIRE(backend == edge);
            }
        }
    }
    CHECK(routed > 2'000);
    CHECK(odd > 1'000);
}
