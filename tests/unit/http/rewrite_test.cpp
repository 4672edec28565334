#include "http/rewrite.hpp"

#include <catch2/catch.hpp>

#include "http/canonical_path.hpp"
#include "support/path_backends.hpp"
#include "support/seeded_random.hpp"
#include "unit/routes/route_fixture.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::http;
using namespace ferrotunnel::routes;

namespace {

std::optional<PrefixMap> prefix_map(std::string_view rule, std::string to) {
    Rules rules;
    rules.prefix = PrefixRewrite{std::move(to)};
    return PrefixMap::of(rules, *parse_path_prefix(rule));
}

std::string mapped(std::string_view rule, std::string to, std::string_view path) {
    const auto prefix = prefix_map(rule, std::move(to));
    std::string out = "GET ";
    REQUIRE(prefix);
    map_path(*prefix, path, out);
    return out.substr(4);
}

const PrefixMap stripped{"/api", ""};
const PrefixMap replaced{"/api", "/v2"};
const PrefixMap added{"", "/v2"};

// What a Location becomes; "-" where nothing is to be changed.
std::string location(const MapBack& map, std::string_view value) {
    std::string out = "Location: ";
    const bool changed = map_location_back(map, value, out);
    return changed ? out.substr(10) : out == "Location: " ? "-" : "changed all the same";
}

std::string cookie(const MapBack& map, std::string_view value) {
    std::string out = "Set-Cookie: ";
    const bool changed = map_cookie_back(map, value, out);
    return changed ? out.substr(12) : out == "Set-Cookie: " ? "-" : "changed all the same";
}

MapBack host_map() {
    return {"https", "app.example.com:8443", "localhost:3000", nullptr};
}

MapBack prefix_back(const PrefixMap& prefix) {
    return {"https", "app.example.com", "", &prefix};
}

}  // namespace

TEST_CASE("rewrite: a prefix is stripped or replaced, the rest stays as it was written") {
    CHECK(mapped("/api", "", "/api/users") == "/users");
    CHECK(mapped("/api", "", "/api") == "/");
    CHECK(mapped("/api", "", "/api/") == "/");
    CHECK(mapped("/api", "/v2", "/api/users") == "/v2/users");
    CHECK(mapped("/api", "/v2", "/api") == "/v2");
    CHECK(mapped("/api", "/v2", "/api/") == "/v2/");
    CHECK(mapped("/a/b", "/x/y", "/a/b/c/d") == "/x/y/c/d");
    CHECK(mapped("/", "/v2", "/users") == "/v2/users");
    CHECK(mapped("/", "/v2", "/") == "/v2/");
    CHECK(mapped("/api", "", "/api/%2fb;c") == "/%2fb;c");
    CHECK(mapped("/caf\xc3\xa9", "/x", "/caf%C3%A9/y") == "/x/y");
    CHECK(mapped("/api", "", "*") == "*");
}

TEST_CASE("rewrite: what is left never begins like a host") {
    CHECK(mapped("/api", "", "/api//evil.example/x") == "/evil.example/x");
    CHECK(mapped("/api", "", "/api////evil.example//x") == "/evil.example//x");
    CHECK(mapped("/api", "/v2", "/api//x") == "/v2/x");
    CHECK(mapped("/", "/v2", "//x") == "/v2/x");
}

TEST_CASE("rewrite: no backend sees what was routed outside of the prefix that it was mapped to") {
    const RouteTable table = test::table_of({{"h", "/a"}, {"h", "/a/b"}, {"h", "/b"}});
    const std::string_view rules[] = {"/a", "/a/b", "/b"};
    test::SeededRandom random(31);
    std::size_t dotted = 0;
    for (int round = 0; round < 6'000; ++round) {
        std::string path = random.chance(50) ? "/a" : "/a/b";
        for (std::uint64_t pieces = random.between(1, 8); pieces > 0; --pieces) {
            static constexpr std::string_view parts[] = {"/a", "/b", "/x", "/..", "/..", "/.",  "/",
                                                         ";",  "x",  ".",  "%2F", "%61", "%2e", "/../a"};
            path += parts[random.below(std::size(parts))];
        }
        dotted += canonical_path(path) != path ? 1 : 0;
        path = canonical_path(path);
        const RouteMatch match = table.find("h", path);
        if (!match) {
            continue;
        }
        const std::string backend = mapped(rules[match.value], "/v2/pub", path);
        for (const std::string& text : test::what_backends_read(backend)) {
            CAPTURE(path, backend, text);
            REQUIRE((text + '/').starts_with("/v2/pub/"));
        }
        REQUIRE(("/v2/pub" + mapped(rules[match.value], "", path)).starts_with(backend));
    }
    CHECK(dotted > 500);
}

TEST_CASE("rewrite: rules that change nothing make no map") {
    CHECK_FALSE(prefix_map("/api", "/api"));
    CHECK_FALSE(prefix_map("/", ""));
    CHECK(prefix_map("/", "/v2"));
    CHECK_FALSE(PrefixMap::of(Rules(), *parse_path_prefix("/api")));
    Rules rules;
    rules.prefix = PrefixRewrite{""};
    CHECK_FALSE(PrefixMap::of(rules, *parse_path_equals("/api")));
}

TEST_CASE("rewrite: Location with the backend's authority becomes the visitor's") {
    const MapBack map = host_map();
    CHECK(location(map, "http://localhost:3000/x?y#z") == "https://app.example.com:8443/x?y#z");
    CHECK(location(map, "HTTP://LOCALHOST.:3000/x") == "https://app.example.com:8443/x");
    CHECK(location(map, "http://localhost:3000") == "https://app.example.com:8443");
    CHECK(location(map, "http://localhost:3000?x") == "https://app.example.com:8443?x");
    CHECK(location(map, "//localhost:3000/x") == "//app.example.com:8443/x");
    for (std::string_view other :
         {"http://localhost/x", "http://localhost:3001/x", "https://other.example/x", "/x", "x", "?x", "",
          "http://localhost:3000.evil.example/x", "http://localhost:3000@evil.example/x", "ftp://localhost:3000/x",
          "http:/localhost:3000/x", "http://app.example.com:8443/x", "mailto:a@localhost:3000", "http://", "//"}) {
        CAPTURE(other);
        CHECK(location(map, other) == "-");
    }
    MapBack without_port = map;
    without_port.backend_authority = "backend.internal";
    CHECK(location(without_port, "http://backend.internal/x") == "https://app.example.com:8443/x");
    CHECK(location(without_port, "https://backend.internal:443/x") == "https://app.example.com:8443/x");
    CHECK(location(without_port, "http://backend.internal:8080/x") == "-");
    MapBack address = map;
    address.backend_authority = "[::1]:80";
    CHECK(location(address, "http://[0:0::1]/x") == "https://app.example.com:8443/x");
}

TEST_CASE("rewrite: a visitor's loopback authority has one name, since others may be other services") {
    const std::optional<PrefixMap> prefix = prefix_map("/app", "");
    MapBack map = host_map();
    map.visitor_authority = "localhost:8080";
    map.backend_authority = {};
    map.prefix = &*prefix;
    CHECK(location(map, "http://localhost:8080/login") == "http://localhost:8080/app/login");
    CHECK(location(map, "http://127.0.0.1:8080/login") == "-");
}

TEST_CASE("rewrite: a backend at a loopback address is mapped back by each of its names") {
    MapBack map = host_map();
    for (const char* backend : {"localhost:3000", "127.0.0.1:3000", "[::1]:3000"}) {
        CAPTURE(backend);
        map.backend_authority = backend;
        for (const std::string name : {"localhost", "LOCALHOST.", "127.0.0.1", "[::1]", "[0:0::1]"}) {
            CAPTURE(name);
            CHECK(location(map, "http://" + name + ":3000/x") == "https://app.example.com:8443/x");
            CHECK(location(map, "http://" + name + ":3001/x") == "-");
            CHECK(location(map, "http://" + name + "/x") == "-");
        }
        CHECK(location(map, "http://127.0.0.2:3000/x") == "-");
        CHECK(location(map, "http://localhost.example:3000/x") == "-");
        CHECK(cookie(map, "a=b; Domain=127.0.0.1") == "a=b; Domain=app.example.com");
    }
    map.backend_authority = "localhost";  // of a unix socket
    CHECK(location(map, "http://127.0.0.1/x") == "https://app.example.com:8443/x");
    map.backend_authority = "192.0.2.1:3000";
    CHECK(location(map, "http://localhost:3000/x") == "-");
    map.backend_authority = "";  // Host was not rewritten
    CHECK(location(map, "http://localhost:3000/x") == "-");
}

TEST_CASE("rewrite: Location gets the visitor's prefix back") {
    const MapBack strip = prefix_back(stripped);
    CHECK(location(strip, "/login?next=/") == "/api/login?next=/");
    CHECK(location(strip, "/") == "/api/");
    CHECK(location(strip, "https://app.example.com/login") == "https://app.example.com/api/login");
    CHECK(location(strip, "https://app.example.com") == "https://app.example.com/api/");
    CHECK(location(strip, "https://app.example.com?x") == "https://app.example.com/api/?x");
    CHECK(location(strip, "//app.example.com/x") == "//app.example.com/api/x");
    CHECK(location(strip, "//other.example/x") == "-");
    CHECK(location(strip, "https://other.example/x") == "-");
    CHECK(location(strip, "login") == "-");
    CHECK(location(strip, "../login") == "-");

    const MapBack replace = prefix_back(replaced);
    CHECK(location(replace, "/v2/login") == "/api/login");
    CHECK(location(replace, "/v2") == "/api");
    CHECK(location(replace, "/v2?x") == "/api?x");
    CHECK(location(replace, "/v22/login") == "-");
    CHECK(location(replace, "/login") == "-");

    const MapBack add = prefix_back(added);
    CHECK(location(add, "/v2/login") == "/login");
    CHECK(location(add, "/v2") == "/");
    CHECK(location(add, "/v2?x") == "/?x");
    CHECK(location(add, "/v2//evil.example") == "/evil.example");

    MapBack both = strip;
    both.backend_authority = "localhost:3000";
    CHECK(location(both, "http://localhost:3000/login") == "https://app.example.com/api/login");
    both.prefix = &replaced;
    CHECK(location(both, "http://localhost:3000/v2/login") == "https://app.example.com/api/login");
    CHECK(location(both, "http://localhost:3000/other") == "https://app.example.com/other");
}

TEST_CASE("rewrite: no path of a backend's becomes another host for browsers") {
    // Browsers take a backslash for a slash, and leave out tabs and ends of lines.
    const MapBack add = prefix_back(added);
    for (std::string_view odd : {"/v2/\\evil.example", "/v2\\evil.example", "/v2/\t/evil.example",
                                 "/v2/\t\\evil.example", "/v2/\n/evil.example", "/v2/x\\y", "/v2/\x7f/evil.example",
                                 "https://app.example.com/v2/\\evil.example", "//app.example.com/v2/\t/evil.example"}) {
        CAPTURE(odd);
        CHECK(location(add, odd) == "-");
    }
    CHECK(location(prefix_back(stripped), "/\\evil.example") == "-");
    CHECK(location(host_map(), "http://localhost:3000\\evil.example/x") == "-");
    CHECK(location(add, "/v2/x?\\y#\tz") == "/x?\\y#\tz");
    CHECK(cookie(add, "a=b; Path=/v2/\\x") == "-");
}

TEST_CASE("rewrite: what a visitor asks for comes back as what it asked for") {
    test::SeededRandom random(5);
    for (int round = 0; round < 2'000; ++round) {
        const auto some_path = [&](std::uint64_t least) {
            std::string path;
            for (std::uint64_t segments = random.between(least, 3); segments > 0; --segments) {
                path += random.chance(50) ? "/a" : "/bb";
            }
            return path;
        };
        const std::string rule = some_path(0);
        const auto prefix = prefix_map(rule.empty() ? "/" : rule, some_path(0));
        if (!prefix) {
            continue;
        }
        const std::string path = rule + some_path(1);
        std::string backend;
        map_path(*prefix, path, backend);
        CAPTURE(rule, prefix->backend, path, backend);
        REQUIRE(location(prefix_back(*prefix), backend) == path);
    }
}

TEST_CASE("rewrite: the domain of a cookie is mapped back") {
    MapBack map = host_map();
    CHECK(cookie(map, "a=b; Domain=localhost; Secure") == "a=b; Domain=app.example.com; Secure");
    CHECK(cookie(map, "a=b;domain = .LOCALHOST") == "a=b; Domain=app.example.com");
    CHECK(cookie(map, "a=b; Domain=other.example; Path=/x") == "-");
    CHECK(cookie(map, "a=b") == "-");
    CHECK(cookie(map, "a=b; Domain=") == "-");
    CHECK(cookie(map, "a=Domain=localhost; Path=/") == "-");
    map.backend_authority = "app.internal.example:80";
    CHECK(cookie(map, "a=b; Domain=internal.example; Path=/") == "a=b; Path=/");
    CHECK(cookie(map, "a=b; Domain=ternal.example") == "-");
    map.visitor_authority = "192.0.2.1";
    CHECK(cookie(map, "a=b; Domain=app.internal.example; Path=/") == "a=b; Path=/");
    map.backend_authority = "";
    CHECK(cookie(map, "a=b; Domain=localhost") == "-");
}

TEST_CASE("rewrite: the path of a cookie is mapped back") {
    const MapBack strip = prefix_back(stripped);
    CHECK(cookie(strip, "a=b; Path=/; HttpOnly") == "a=b; Path=/api; HttpOnly");
    CHECK(cookie(strip, "a=b; path=/x") == "a=b; Path=/api/x");
    CHECK(cookie(strip, "a=b; Path=x") == "-");
    CHECK(cookie(strip, "a=b; Path") == "-");
    CHECK(cookie(strip, "a=b;Path=/;Expires=Wed, 21 Oct 2026 07:28:00 GMT") ==
          "a=b; Path=/api;Expires=Wed, 21 Oct 2026 07:28:00 GMT");
    CHECK(cookie(strip, "__Host-a=b; Path=/; Secure") == "-");
    CHECK(cookie(strip, "__host-a=b; Path=/; Secure") == "-");
    CHECK(cookie(strip, "__Secure-a=b; Path=/; Secure") == "__Secure-a=b; Path=/api; Secure");
    const MapBack replace = prefix_back(replaced);
    CHECK(cookie(replace, "a=b; Path=/v2") == "a=b; Path=/api");
    CHECK(cookie(replace, "a=b; Path=/v2/x") == "a=b; Path=/api/x");
    CHECK(cookie(replace, "a=b; Path=/") == "-");
    CHECK(cookie(prefix_back(added), "a=b; Path=/v2") == "a=b; Path=/");
}
