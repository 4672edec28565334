#include "http/own_address.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel::http;

namespace {

const PrefixMap stripped_dav{"/dav", ""};
const PrefixMap replaced_dav{"/dav", "/v2"};

OwnAddress with_host() {
    return {"https", "app.example.com", "http", "127.0.0.1:3000", nullptr};
}

OwnAddress by_scheme() {
    return {"https", "app.example.com", "http", "", nullptr};
}

OwnAddress by_prefix(const PrefixMap& prefix) {
    return {"https", "app.example.com:8443", "https", "", &prefix};
}

// What a value becomes; "-" where nothing is to be changed.
std::string becomes(bool (*map)(const OwnAddress&, std::string_view, std::string&), const OwnAddress& own,
                    std::string_view value) {
    std::string out = "before ";
    const bool changed = map(own, value, out);
    return changed ? out.substr(7) : out == "before " ? "-" : "changed all the same";
}

}  // namespace

TEST_CASE("own address: Origin is mapped with Host, and only the visitor's") {
    CHECK(becomes(map_origin, with_host(), "https://app.example.com") == "http://127.0.0.1:3000");
    CHECK(becomes(map_origin, with_host(), "https://APP.example.com:443") == "http://127.0.0.1:3000");
    for (const char* other :
         {"null", "", "http://app.example.com", "https://app.example.com:8443", "https://evil.example",
          "https://app.example.com.evil.example", "https://app.example.com@evil.example", "https://app.example.com/",
          "https://app.example.com, https://evil.example", "app.example.com", "//app.example.com",
          "chrome-extension://app.example.com"}) {
        INFO(other);
        CHECK(becomes(map_origin, with_host(), other) == "-");
    }
    OwnAddress own = with_host();
    own.visitor_scheme = "http";
    own.visitor_authority = "[2001:db8::1]:8080";
    own.backend_scheme = "https";
    own.backend_authority = "localhost";
    CHECK(becomes(map_origin, own, "http://[2001:DB8:0::1]:8080") == "https://localhost");
    CHECK(becomes(map_origin, own, "http://[2001:db8::1]") == "-");
    CHECK(becomes(map_origin, by_scheme(), "https://app.example.com") == "-");
    CHECK(becomes(map_origin, by_prefix(replaced_dav), "https://app.example.com:8443") == "-");
}

TEST_CASE("own address: Referer is mapped with Host, its path with the prefix") {
    CHECK(becomes(map_referer, with_host(), "https://app.example.com/a%20b?c=d") == "http://127.0.0.1:3000/a%20b?c=d");
    CHECK(becomes(map_referer, with_host(), "https://app.example.com") == "http://127.0.0.1:3000");
    CHECK(becomes(map_referer, with_host(), "https://evil.example/https://app.example.com/") == "-");
    CHECK(becomes(map_referer, with_host(), "/a") == "-");
    CHECK(becomes(map_referer, by_scheme(), "https://app.example.com/") == "-");
    CHECK(becomes(map_referer, by_prefix(replaced_dav), "https://app.example.com:8443/dav/x?y") ==
          "https://app.example.com:8443/v2/x?y");
    CHECK(becomes(map_referer, by_prefix(replaced_dav), "https://app.example.com:8443/other") ==
          "https://app.example.com:8443/other");
    OwnAddress both = with_host();
    both.prefix = &stripped_dav;
    CHECK(becomes(map_referer, both, "https://app.example.com/dav/x") == "http://127.0.0.1:3000/x");
    CHECK(becomes(map_referer, both, "https://app.example.com/davx") == "http://127.0.0.1:3000/davx");
}

TEST_CASE("own address: Destination becomes a path where scheme, host or prefix differ") {
    for (const OwnAddress& own : {with_host(), by_scheme()}) {
        CHECK(becomes(map_destination, own, "https://app.example.com/a%20b?c=d") == "/a%20b?c=d");
        CHECK(becomes(map_destination, own, "https://app.example.com:443") == "/");
        CHECK(becomes(map_destination, own, "https://app.example.com//evil.example/x") == "/evil.example/x");
        CHECK(becomes(map_destination, own, "/a") == "-");
        CHECK(becomes(map_destination, own, "a") == "-");
        CHECK(becomes(map_destination, own, "https://evil.example/a") == "-");
        CHECK(becomes(map_destination, own, "https://app.example.com:8443/a") == "-");
        CHECK(becomes(map_destination, own, "ftp://app.example.com/a") == "-");
    }
    CHECK(becomes(map_destination, by_scheme(), "http://app.example.com/a") == "-");
    OwnAddress same = by_scheme();
    same.backend_scheme = "https";
    CHECK(becomes(map_destination, same, "https://app.example.com/a") == "-");
}

TEST_CASE("own address: a Destination that is not surely below the prefix stays") {
    const OwnAddress own = by_prefix(replaced_dav);
    const std::string at = "https://app.example.com:8443";
    CHECK(becomes(map_destination, own, at + "/dav/x?y") == "/v2/x?y");
    CHECK(becomes(map_destination, own, at + "/dav") == "/v2");
    CHECK(becomes(map_destination, own, at + "/d%61v/x%20y") == "/v2/x%20y");
    CHECK(becomes(map_destination, own, at + "/dav/y/../x") == "/v2/x");
    CHECK(becomes(map_destination, own, at + "/y/../dav/x") == "/v2/x");
    CHECK(becomes(map_destination, own, "/dav/x") == "/v2/x");
    CHECK(becomes(map_destination, by_prefix(stripped_dav), at + "/dav") == "/");
    for (const char* path : {"", "/", "/other", "/davx", "/dav/../x", "/dav/%2e%2e/x", "/dav//x", "/dav/a%2Fb",
                             "/dav/;x", "/dav/%zz", "?x"}) {
        INFO(path);
        CHECK(becomes(map_destination, own, at + path) == "-");
    }
    CHECK(becomes(map_destination, own, "https://app.example.com/dav/x") == "-");  // another port
}

TEST_CASE("own address: the resources of If are mapped, and nothing else of it") {
    CHECK(becomes(map_if, by_scheme(),
                  "<https://app.example.com/a> (<urn:uuid:1> [\"x<y\"]) <https://b.example/> (Not "
                  "<DAV:no-lock>)") == "</a> (<urn:uuid:1> [\"x<y\"]) <https://b.example/> (Not <DAV:no-lock>)");
    CHECK(becomes(map_if, by_prefix(replaced_dav), "</dav/a> (<urn:uuid:1>)") == "</v2/a> (<urn:uuid:1>)");
    for (const char* condition : {"(<urn:uuid:1>)", "", "(", "<https://app.example.com/a", "</a> (\"",
                                  "<https://app.example.com/a> (["
                                  "\"x)"}) {
        INFO(condition);
        CHECK(becomes(map_if, by_scheme(), condition) == "-");
    }
}
