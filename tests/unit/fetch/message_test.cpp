#include "fetch/message.hpp"

#include <catch2/catch.hpp>

#include "fetch/retry_after.hpp"

namespace ferrotunnel::fetch {
namespace {

UrlParts parts_of(std::string_view url) {
    const auto parts = read_url(url);
    REQUIRE(parts);
    return *parts;
}

TEST_CASE("a URL is split into what a request needs", "[fetch]") {
    const UrlParts plain = parts_of("http://example.org");
    CHECK_FALSE(plain.is_https);
    CHECK(plain.at == net::HostPort{"example.org", 80});
    CHECK(plain.authority == "example.org");
    CHECK(plain.path == "/");

    const UrlParts secure = parts_of("HTTPS://[::1]:8443/a/b?c=d#e");
    CHECK(secure.is_https);
    CHECK(secure.at == net::HostPort{"::1", 8443});
    CHECK(secure.authority == "[::1]:8443");
    CHECK(secure.path == "/a/b?c=d");

    CHECK(parts_of("https://[::1]:443/").authority == "[::1]");
    CHECK(parts_of("http://example.org?q").path == "/?q");
}

TEST_CASE("what is not a URL of HTTP is refused with a reason", "[fetch]") {
    for (const char* const wrong :
         {"", "example.org", "ftp://example.org/", "http://", "http:///path", "http://:80/", "http://a:0/",
          "http://a:70000/", "//example.org/", "http://a/b c", "http://a/\r\nX: y", "unix:/run/app.sock"}) {
        INFO(wrong);
        const auto parts = read_url(wrong);
        REQUIRE_FALSE(parts);
        CHECK_FALSE(parts.error().empty());
    }
    CHECK_THAT(std::string(read_url("http://user:pass@example.org/").error()), Catch::Contains("user name"));
}

TEST_CASE("nothing of a request can end its head", "[fetch]") {
    Request request;
    CHECK(request_fault(request).empty());
    request.method = "GET /\r\n";
    CHECK_FALSE(request_fault(request).empty());
    request = {};
    request.path = "/a HTTP/1.1\r\nX: y";
    CHECK_FALSE(request_fault(request).empty());
    request = {};
    request.path = "http://elsewhere/";
    CHECK_FALSE(request_fault(request).empty());
    request = {};
    request.fields = {{"X-A", "1\r\nX-B: 2"}};
    CHECK_FALSE(request_fault(request).empty());
    request.fields = {{"X A", "1"}};
    CHECK_FALSE(request_fault(request).empty());
    request.fields = {{"transfer-encoding", "chunked"}};
    CHECK_FALSE(request_fault(request).empty());
    request.fields = {{"X-A", ""}};
    CHECK(request_fault(request).empty());
}

TEST_CASE("Retry-After is a number of seconds or a date, and at most a day", "[fetch]") {
    const auto now = std::chrono::system_clock::time_point(std::chrono::seconds(784'111'777));  // RFC 9110's example
    CHECK(read_retry_after("120", now) == std::chrono::seconds(120));
    CHECK(read_retry_after("Sun, 06 Nov 1994 08:49:40 GMT", now) == std::chrono::seconds(3));
    CHECK(read_retry_after("Sun, 06 Nov 1994 08:49:30 GMT", now) == std::chrono::seconds(0));
    CHECK(read_retry_after("-5", now) == std::chrono::seconds(0));
    CHECK(read_retry_after("99999999999", now) == std::chrono::hours(24));
    CHECK_FALSE(read_retry_after("", now));
    CHECK_FALSE(read_retry_after("soon", now));
    CHECK_FALSE(read_retry_after("99999999999999999999", now));
}

}  // namespace
}  // namespace ferrotunnel::fetch
