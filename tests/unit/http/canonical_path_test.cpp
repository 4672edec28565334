#include "http/canonical_path.hpp"

#include <catch2/catch.hpp>

#include "http/path_match.hpp"
#include "support/path_backends.hpp"
#include "support/seeded_random.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::http;

namespace {

PathFault fault_of(std::string_view path) {
    PathReadings readings;
    return readings.assign(path);
}

}  // namespace

TEST_CASE("canonical path: dot segments are resolved") {
    CHECK(canonical_path("/a/./b") == "/a/b");
    CHECK(canonical_path("/a/../b") == "/b");
    CHECK(canonical_path("/a/b/..") == "/a/");
    CHECK(canonical_path("/a/.") == "/a/");
    CHECK(canonical_path("/a/..") == "/");
    CHECK(canonical_path("/.") == "/");
    CHECK(canonical_path("/a/b/../../c/./d") == "/c/d");
    CHECK(canonical_path("/public/../secret") == "/secret");
    CHECK(canonical_path("/a/.../..b/b../.c") == "/a/.../..b/b../.c");
}

TEST_CASE("canonical path: unreserved characters are not encoded, and the rest stays as it was written") {
    CHECK(canonical_path("/%61%5A%30%2D%2e%5f%7Ex") == "/aZ0-._~x");
    CHECK(canonical_path("/a%2fb%2F%5c%5C%3b;c//d") == "/a%2fb%2F%5c%5C%3b;c//d");
    CHECK(canonical_path("/%20%2B%25%3F%C3%A9!$&'()*+,=:@") == "/%20%2B%25%3F%C3%A9!$&'()*+,=:@");
    CHECK(canonical_path("/%2561/%25%36%31") == "/%2561/%2561");  // decoded once
    CHECK(canonical_path("/a//%62") == "/a//b");
    CHECK(canonical_path("/a;%62%2fc") == "/a;%62%2fc");  // has a fault, so it is not for us to change
}

TEST_CASE("canonical path: what has another fault stays as it is") {
    for (const std::string_view path : {"", "*", "a/../b", "/..", "/a/../../b", "/%2e%2e/a", "/a//../b", "/a/..;/b",
                                        "/a/..%2fb", "/%61/%zz", "/%61%00", "/%61%c0%af", "/%61 "}) {
        CAPTURE(path);
        CHECK(canonical_path(path) == path);
    }
}

TEST_CASE("canonical path: one has no other, and means what the path meant") {
    test::SeededRandom random(11);
    std::size_t changed = 0;
    for (int round = 0; round < 50'000; ++round) {
        static constexpr std::string_view parts[] = {"/",   "/",   "a",   "b",   ".",   "..", "/..", "/./",
                                                     "%61", "%2E", "%2F", "%25", "%36", ";",  "%3b", "%7e"};
        std::string path = "/";
        for (std::uint64_t pieces = random.between(0, 9); pieces > 0; --pieces) {
            path += parts[random.below(std::size(parts))];
        }
        const std::string canonical = canonical_path(path);
        CAPTURE(path, canonical);
        REQUIRE(canonical_path(canonical) == canonical);
        REQUIRE(canonical.size() <= path.size());
        const PathFault fault = fault_of(path);
        REQUIRE(fault_of(canonical) == (fault == PathFault::not_canonical ? PathFault::none : fault));
        if (fault != PathFault::not_canonical) {
            REQUIRE(canonical == path);
            continue;
        }
        ++changed;
        REQUIRE(canonical == test::resolved(test::decoded(path, test::Decodes::unreserved)));
    }
    CHECK(changed > 10'000);
}
