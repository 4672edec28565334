#include "http/redirect.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel;
using namespace ferrotunnel::http;

namespace {

std::string redirected(const std::string& to, const PathRule& rule, std::string_view path,
                       std::string_view query = "") {
    std::string out = "Location: ";
    write_redirect({302, to}, rule, path, query, out);
    return out.substr(10);
}

std::string to_https(std::uint16_t port, std::string_view host, std::string_view path, std::string_view query = "") {
    std::string out = "Location: ";
    write_https_redirect({308, port}, host, path, query, out);
    return out.substr(10);
}

}  // namespace

TEST_CASE("redirects: path and query are kept") {
    const PathRule all = *parse_path_prefix("/");
    const PathRule old = *parse_path_prefix("/old");
    CHECK(redirected("https://new.example.com", all, "/a%20b", "?c=d&e") == "https://new.example.com/a%20b?c=d&e");
    CHECK(redirected("https://new.example.com:8443", old, "/old/x") == "https://new.example.com:8443/old/x");
    CHECK(redirected("https://new.example.com/", old, "/old/x", "?q") == "https://new.example.com/x?q");
    CHECK(redirected("https://new.example.com/", old, "/old") == "https://new.example.com/");
    CHECK(redirected("https://new.example.com/app", old, "/old/x") == "https://new.example.com/app/x");
    CHECK(redirected("https://new.example.com/app/", all, "/x") == "https://new.example.com/app/x");
    CHECK(redirected("/new", old, "/old/x", "?q") == "/new/x?q");
    CHECK(redirected("/new", old, "/old") == "/new");
    CHECK(redirected("/", old, "/old", "?q") == "/?q");
    CHECK(redirected("/", old, "/old/x") == "/x");
    CHECK(redirected("https://new.example.com", all, "*") == "https://new.example.com/");
}

TEST_CASE("redirects: a rule without anything below it leads to one place") {
    CHECK(redirected("/new", *parse_path_equals("/old"), "/old", "?q") == "/new?q");
    CHECK(redirected("https://b/new", {PathRule::Kind::regex, "/o.*"}, "/old/x") == "https://b/new");
    CHECK(redirected("https://b", {PathRule::Kind::regex, "/o.*"}, "/old/x") == "https://b/old/x");
}

TEST_CASE("redirects: no path of a visitor's becomes a host") {
    CHECK(redirected("/", *parse_path_prefix("/old"), "/old//evil.example/x") == "/evil.example/x");
    CHECK(redirected("/", *parse_path_prefix("/old"), "/old///evil.example") == "/evil.example");
    CHECK(redirected("https://b", *parse_path_prefix("/"), "//evil.example") == "https://b//evil.example");
}

TEST_CASE("redirects: to https, with the public port") {
    CHECK(to_https(443, "app.example.com", "/x", "?y") == "https://app.example.com/x?y");
    CHECK(to_https(8443, "app.example.com", "/x") == "https://app.example.com:8443/x");
    CHECK(to_https(443, "[::1]", "/") == "https://[::1]/");
    CHECK(to_https(443, "a", "*") == "https://a/");
}

TEST_CASE("redirects: Strict-Transport-Security") {
    using namespace std::chrono_literals;
    CHECK(hsts_value({}) == "max-age=31536000");
    CHECK(hsts_value({0s, false, false}) == "max-age=0");
    CHECK(hsts_value({63'072'000s, true, false}) == "max-age=63072000; includeSubDomains");
    CHECK(hsts_value({63'072'000s, true, true}) == "max-age=63072000; includeSubDomains; preload");
}
