#include "ferrotunnel/http_route.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "ferrotunnel/error.hpp"

using namespace ferrotunnel;
using namespace std::chrono_literals;

namespace {

using Texts = std::vector<std::string>;
using Outcome = HttpRoute::Outcome;

Http web_at_path(std::string host, std::string path = {}) {
    Http http;
    http.host = std::move(host);
    http.path = std::move(path);
    http.local = "127.0.0.1:3000";
    return http;
}

std::string route_problem(const std::vector<Http>& services, std::string_view url, std::string_view method = "GET") {
    try {
        (void)find_route(services, url, method);
    } catch (const config_error& error) {
        return error.problems().front().key + ": " + error.problems().front().text;
    }
    return {};
}

}  // namespace

TEST_CASE("a URL meets the most specific service, and is told why", "[http]") {
    const std::vector<Http> services{web_at_path("*"), web_at_path("app.example.com"),
                                     web_at_path("app.example.com", "/api")};
    const HttpRoute route = find_route(services, "https://App.Example.com:8443/api/users?x=1#part");
    CHECK(route.outcome == Outcome::backend);
    CHECK(route.service == 2);
    CHECK(route.why.front() == "`app.example.com` matches the host: its rules decide.");
    CHECK(route.why.back() == "So the request matches `app.example.com` `/api` (service app.example.com/api).");
    CHECK(route.request == Texts{"GET /api/users?x=1 HTTP/1.1", "Host: App.Example.com:8443"});
    CHECK(find_route(services, "app.example.com").service == 1);
    CHECK(find_route(services, "app.example.com?x").request.front() == "GET /?x HTTP/1.1");
    CHECK(find_route(services, "http://other.example/api").service == 0);
    CHECK(find_route(services, "app.example.com/x", "POST").request.front() == "POST /x HTTP/1.1");
}

TEST_CASE("what a backend sees, and what else is done, is told", "[http]") {
    Http http = web_at_path("app.example.com", "/api");
    http.rules.replace_prefix = "";
    http.rules.host_header = "backend";
    http.rules.request_headers = {{"Cookie"}, {{"X-Env", "staging"}}, {}};
    http.rules.response_headers = {{"Server"}, {{"X-Frame-Options", "DENY"}}, {{"Vary", "X-Env"}}};
    http.rules.hsts.emplace();
    http.limits.first_byte_timeout = 1500ms;
    http.limits.backend_connect_timeout = 1s;
    http.limits.body_max = 1024;
    http.limits.body_rate = 10;
    http.limits.upgrades = false;
    const HttpRoute route = find_route({http}, "https://app.example.com/api/users?x=1");
    CHECK(route.request == Texts{"GET /users?x=1 HTTP/1.1", "Host: 127.0.0.1:3000", "X-Env: staging"});
    CHECK(route.notes == Texts{"Fields that identify the visitor are added: X-Forwarded-For, -Proto, -Host, -Port, "
                               "X-Real-IP, X-Request-Id.",
                               "The visitor's Cookie is removed.", "Responses lose Server.",
                               "Responses get X-Frame-Options: DENY", "Responses get an additional Vary: X-Env",
                               "Location, Content-Location and cookies of responses are mapped back.",
                               "Responses get Strict-Transport-Security: max-age=31536000",
                               "The backend has 1 s to accept a connection, otherwise 502.",
                               "The backend has 1500 ms to start its response, otherwise 504.",
                               "A body of more than 1024 bytes is rejected with 413.",
                               "A body must arrive with at least 10 bytes a second on average, otherwise 408.",
                               "Upgrades (WebSocket) are not forwarded."});
    CHECK(find_route({http}, "http://app.example.com/api").notes.size() == 11);  // without HSTS
}

TEST_CASE("that others may have the request is told of a member of a group", "[http]") {
    Http http = web_at_path("app.example.com", "/");
    const std::size_t before = find_route({http}, "http://app.example.com/").notes.size();
    http.group.name = "app";
    http.group.sticky = Group::Sticky::cookie;
    const Texts notes = find_route({http}, "http://app.example.com/").notes;
    REQUIRE(notes.size() == before + 2);
    CHECK(notes[before].find("member of the group \"app\": another member may get the request") != std::string::npos);
    CHECK(notes[before + 1] == "A cookie keeps the visitor at its member.");
}

TEST_CASE("a redirect is told with its Location", "[http]") {
    Http moved = web_at_path("old.example.com", "/app");
    moved.local.clear();
    moved.rules.redirect = HttpRedirect{"https://new.example.com/x", 301};
    moved.rules.https_redirect = HttpsRedirect{308, 8443};
    HttpRoute route = find_route({moved}, "https://old.example.com/app/1?q=2");
    CHECK(route.outcome == Outcome::redirect);
    CHECK(route.status == 301);
    CHECK(route.location == "https://new.example.com/x/1?q=2");
    route = find_route({moved}, "http://old.example.com/app/1?q=2");
    CHECK(route.status == 308);
    CHECK(route.location == "https://old.example.com:8443/app/1?q=2");
    CHECK(route.request.empty());
}

TEST_CASE("what meets no service is told with its status and code", "[http]") {
    const std::vector<Http> services{web_at_path("app.example.com", "/api"), web_at_path("")};
    const auto answer = [&](std::string_view url, std::string_view method = "GET") {
        const HttpRoute route = find_route(services, url, method);
        CHECK(route.outcome == Outcome::page);
        CHECK_FALSE(route.why.empty());
        return std::to_string(route.status) + ' ' + route.code;
    };
    CHECK(answer("http://x.example.com/") == "404 unknown_host");
    CHECK(answer("http://app.example.com/apix") == "404 unknown_path");
    CHECK(answer("http://app.example.com/%zz") == "400 bad_path");
    CHECK(answer("http://app.example.com/api%2Fx") == "400 ambiguous_path");
    CHECK(answer("http://app.example.com/\\x") == "400 bad_target");
    CHECK(answer("http://a..b/") == "400 bad_host");
    CHECK(answer("http://app.example.com/api", "TRACE") == "405 trace_not_wanted");
    CHECK(find_route(services, "app.example.com/api").why.front() ==
          "The service http:127.0.0.1:3000 is left out: the server assigns its host, which is not known here.");
}

TEST_CASE("what is not a valid URL, method or service is a problem", "[http]") {
    const std::vector<Http> services{web_at_path("app.example.com")};
    CHECK(route_problem(services, "ftp://app.example.com") == "URL: begins with neither http:// nor https://");
    CHECK(route_problem(services, "http:///x") == "URL: has no host; expected one like https://app.example.com/api");
    CHECK(route_problem(services, "app.example.com/a b") == "URL: has a space or control character");
    CHECK(route_problem(services, "app.example.com/\r\nX: y") == "URL: has a space or control character");
    CHECK(route_problem(services, "app.example.com", "GET /") ==
          "method: is not a valid method; expected one like GET or POST");
    CHECK_THAT(route_problem({web_at_path("a..b")}, "a"), Catch::StartsWith("a..b: The host \"a..b\""));
    CHECK_THAT(route_problem({web_at_path("a.example"), web_at_path("A.example")}, "a"),
               Catch::StartsWith("services: "));
}
