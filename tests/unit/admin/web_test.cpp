// What is answered at the dashboard's address.
#include "admin/web.hpp"

#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "admin/control_connection.hpp"
#include "admin/handover.hpp"
#include "admin/resources.hpp"
#include "admin/scrape.hpp"
#include "admin/web_file.hpp"
#include "unit/admin/fake_subject.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::admin;

namespace {

Request request_for(std::string_view method, std::string_view path, std::string_view body = {}) {
    Request request{method, path, body, "127.0.0.1:7837"};
    request.content_type = body.empty() ? std::string_view() : json_type;
    return request;
}

std::uint16_t status_of(const Request& request) {
    test::FakeSubject subject;
    return answer_to_browser(request, subject).status;
}

}  // namespace

TEST_CASE("web: the page, its files, and the control API") {
    test::FakeSubject subject;
    const Answer page = answer_to_browser(request_for("GET", "/"), subject);
    CHECK(page.status == 200);
    CHECK(page.type == "text/html; charset=utf-8");
    CHECK(page.text.starts_with("<!doctype html>"));
    for (const auto path : {"/app.js", "/style.css", "/uplot.js", "/icon.svg", "/uplot.txt"}) {
        CHECK(status_of(request_for("GET", path)) == 200);
        CHECK(status_of(request_for("POST", path)) == 405);
    }
    CHECK(answer_to_browser(request_for("GET", "/api/v1/status"), subject).body == Json{{"told", "status"}});
    CHECK(status_of(request_for("HEAD", "/api/v1/status")) == 200);
    CHECK(answer_to_browser(request_for("POST", "/api/v1/kick", R"({"client":"x"})"), subject).body ==
          Json{{"told", "kick x"}});
    CHECK(status_of(request_for("GET", "/v1/status")) == 404);
    CHECK(status_of(request_for("GET", "/api/v1")) == 404);
}

TEST_CASE("web: who has a right is what has passed the login, and asks for more than files") {
    test::FakeSubject subject;
    const WebAccess open{[](const Request&) { return std::optional<Answer>(); }, true};
    const WebAccess closed{[](const Request&) { return std::optional(refusal(401, "login", "Log in first.")); }, true};
    for (const auto path : {"/api/v1/status", "/api/tunnels", "/api/v1/nothing"}) {
        CHECK(answer_to_browser(request_for("GET", path), subject, open).has_right);
        CHECK_FALSE(answer_to_browser(request_for("GET", path), subject, closed).has_right);
    }
    CHECK_FALSE(answer_to_browser(request_for("GET", "/"), subject, open).has_right);
}

TEST_CASE("web: no path leads out of the table of files") {
    for (const auto path : {"/../etc/passwd", "/%2e%2e/etc/passwd", "//app.js", "/app.js/", "/APP.JS", "/index.html",
                            "/.", "/app.js%00", "*", ""}) {
        CHECK(status_of(request_for("GET", path)) == 404);
    }
}

TEST_CASE("web: a name that leads here is not answered") {
    for (const auto host : {"evil.test", "evil.test:7837", "127.0.0.1.evil.test", "localhost.evil.test", ""}) {
        Request request = request_for("GET", "/");
        request.host = host;
        CHECK(status_of(request) == 403);
    }
    for (const auto host : {"127.0.0.1", "[::1]:7837", "localhost:1"}) {
        Request request = request_for("GET", "/");
        request.host = host;
        CHECK(status_of(request) == 200);
    }
}

TEST_CASE("web: pages of others change nothing, and read nothing") {
    const auto post = [] { return request_for("POST", "/api/v1/kick", R"({"client":"x"})"); };
    CHECK(status_of(post()) == 200);
    Request request = post();
    request.origin = "http://127.0.0.1:7837";
    request.fetch_site = "same-origin";
    CHECK(status_of(request) == 200);
    for (const auto origin : {"http://evil.test", "null", "https://127.0.0.1:7837", "http://127.0.0.1:80"}) {
        request = post();
        request.origin = origin;
        CHECK(status_of(request) == 403);
    }
    for (const auto site : {"cross-site", "same-site", "none"}) {
        request = post();
        request.fetch_site = site;
        CHECK(status_of(request) == 403);
    }
    for (const auto type : {"text/plain", "application/x-www-form-urlencoded", ""}) {
        request = post();
        request.content_type = type;
        CHECK(status_of(request) == 415);
    }
    request = request_for("GET", "/api/v1/status");
    request.fetch_site = "cross-site";
    CHECK(status_of(request) == 403);
    request.path = "/";  // a link of somebody leads to the page
    CHECK(status_of(request) == 200);
}

TEST_CASE("web: what is for a successor is on the control socket alone") {
    struct Server : test::FakeSubject {
        Answer sockets(std::size_t /*first*/) override { return {200, Json{{"sockets", Json::array()}}}; }
        Answer ticket_keys() override { return {200, Json{{"ticket_keys", "secret"}}}; }
        Answer hand_over() override { return {200, Json::object()}; }
    } server;
    for (const std::string_view path : {sockets_path, ticket_keys_path, handover_path}) {
        for (const auto method : {"GET", "POST"}) {
            CAPTURE(path, method);
            const std::string body = R"({"version": 1})";
            const std::string behind = "/api" + std::string(path);
            CHECK(answer_to_browser(request_for(method, path, body), server).status == 404);
            CHECK(answer_to_browser(request_for(method, behind, body), server).status == 404);
            CHECK(answer_to(request_for(method, path, body), server).status == 404);
            CHECK(answer_to_scraper(request_for(method, path, body), server, true).status != 200);
            const auto answer = answer_about_handover(request_for(method, path, body), server);
            REQUIRE(answer);
            CHECK(answer->status == ((method == std::string_view("POST")) == (path == handover_path) ? 200 : 405));
        }
    }
}

TEST_CASE("web: every answer has the guards") {
    test::FakeSubject subject;
    const ControlConnection::Handler handler = [&](const Request& request) {
        return answer_to_browser(request, subject);
    };
    for (const auto path : {"/", "/api/v1/status", "/nothing"}) {
        ControlConnection conversation(handler);
        conversation.take("GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        const std::string_view answer = conversation.output();
        for (const auto field : {"frame-ancestors 'none'", "X-Frame-Options: DENY", "X-Content-Type-Options: nosniff",
                                 "Cache-Control: no-store"}) {
            CHECK(answer.find(field) != std::string_view::npos);
        }
        CHECK(answer.find("unsafe-inline") == std::string_view::npos);
    }
}

TEST_CASE("web: all files together are small") {
    std::size_t bytes = 0;
    for (const auto path : {"/", "/app.js", "/api.js", "/dom.js", "/charts.js", "/server.js", "/client.js",
                            "/config.js", "/qr.js", "/style.css", "/icon.svg", "/uplot.js", "/uplot.css"}) {
        REQUIRE(web_file(path) != nullptr);
        bytes += web_file(path)->bytes.size();
    }
    CHECK(bytes < 250'000);
}

TEST_CASE("web: services as scripts know them from ngrok") {
    class Services final : public test::FakeSubject {
    public:
        Answer services() override {
            return {200, Json{{"services", Json::array({Json{{"name", "web"},
                                                             {"kind", "http"},
                                                             {"local", "127.0.0.1:3000"},
                                                             {"state", "registered"},
                                                             {"endpoint", "https://a.test"}},
                                                        Json{{"name", "ssh"},
                                                             {"kind", "tcp"},
                                                             {"local", "127.0.0.1:22"},
                                                             {"state", "registered"},
                                                             {"endpoint", "a.test:2222"}},
                                                        Json{{"name", "off"}, {"state", "disabled"}}})}}};
        }
    };
    Services subject;
    const Json tunnels = answer_to_browser(request_for("GET", "/api/tunnels"), subject).body["tunnels"];
    REQUIRE(tunnels.size() == 2);
    CHECK(tunnels[0]["public_url"] == "https://a.test");
    CHECK(tunnels[1]["public_url"] == "tcp://a.test:2222");
    CHECK(tunnels[1]["config"]["addr"] == "127.0.0.1:22");
}
