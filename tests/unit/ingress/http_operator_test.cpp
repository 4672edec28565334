// What an operator sets, and what it sees: limits of heads, trusted proxies, pages, Date, lines in the log.
#include <catch2/catch.hpp>
#include <ctime>
#include <thread>

#include "unit/ingress/edge_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;
using namespace ferrotunnel::ingress;
using namespace ferrotunnel::ingress::test;

namespace {

std::function<void(EdgeShared&)> trusting(std::string_view address) {
    return [address](EdgeShared& shared) {
        shared.is_trusted = [address](std::string_view peer) { return peer == address; };
    };
}

// The seconds of a Date field; -1 if it is none.
std::time_t seconds_of(const std::string& date) {
    std::tm parts{};
    const char* end = ::strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return end != nullptr && *end == '\0' ? ::timegm(&parts) : -1;
}

bool is_now(const std::string& date) {
    return std::abs(std::time(nullptr) - seconds_of(date)) <= 60;
}

void set_head_limits(HttpServerSettings& settings, std::uint32_t head, std::uint32_t line, std::uint32_t fields,
                     std::uint32_t target) {
    settings.head_bytes = head;
    settings.line_bytes = line;
    settings.fields = fields;
    settings.target_bytes = target;
}

}  // namespace

TEST_CASE("heads are refused by the limits that are set, lower or higher than the usual ones") {
    EdgeSettings settings = quick_settings();
    set_head_limits(settings, 2'000, 600, 10, 300);
    SECTION("lower") {
        const auto [head, status] = GENERATE(table<std::string, int>({
            {"GET /" + std::string(299, 'a') + " HTTP/1.1\r\nHost: other.test\r\n\r\n", 404},
            {"GET /" + std::string(300, 'a') + " HTTP/1.1\r\nHost: other.test\r\n\r\n", 414},
            {ask("other.test", "/", "A: " + std::string(595, 'a') + "\r\n"), 404},
            {ask("other.test", "/", "A: " + std::string(596, 'a') + "\r\n"), 431},
        }));
        EdgeRig rig(settings);
        Peer visitor = rig.visit(head);
        CHECK(visitor.read_message().status() == status);
    }
    SECTION("lower, in all and in fields") {
        const bool many = GENERATE(false, true);
        EdgeRig rig(settings);
        Peer visitor = rig.visit();
        std::string fields;
        for (int i = 0; i < (many ? 10 : 4); ++i) {
            fields += "A: " + std::string(many ? 1 : 500, 'a') + "\r\n";
        }
        visitor.send(ask("other.test", "/", fields));
        CHECK(visitor.read_message().status() == 431);
    }
    SECTION("higher") {
        set_head_limits(settings, 200'000, 60'000, 100, 8'192);
        EdgeRig rig(settings);
        Peer visitor = rig.visit();
        const std::string value(59'000, 'a');
        visitor.send(ask("app.test", "/", "A: " + value + "\r\nB: " + value + "\r\nC: " + value + "\r\n"));
        Peer backend = rig.backend.accept();
        const Message request = backend.read_message();
        CHECK(request.field("a") == value);
        CHECK(request.field("c") == value);
        backend.send(answer("fine"));
        CHECK(visitor.read_message().body == "fine");
    }
}

TEST_CASE("what a trusted proxy says of the visitor is passed on, and what another one says is not") {
    const bool trusted = GENERATE(false, true);
    EdgeSettings settings = quick_settings();
    settings.forwarded = true;
    settings.via = "edge";
    EdgeRig rig(settings, false, trusting(trusted ? "127.0.0.1" : "127.0.0.2"));
    Peer visitor = rig.visit(ask("app.test", "/",
                                 "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: "
                                 "shop.test\r\nX-Request-Id: abc\r\n"));
    Peer backend = rig.backend.accept();
    const Message request = backend.read_message();
    backend.send(answer("x"));
    const Message response = visitor.read_message();
    CHECK(request.field("via") == "1.1 edge");
    if (trusted) {
        CHECK(request.field("x-forwarded-for") == "203.0.113.7, 127.0.0.1");
        CHECK(request.field("x-forwarded-proto") == "https");
        CHECK(request.field("x-forwarded-host") == "shop.test");
        CHECK(request.field("x-real-ip") == "203.0.113.7");
        CHECK(request.field("forwarded") == "for=203.0.113.7, for=127.0.0.1;host=\"shop.test\";proto=https");
        CHECK(response.field("x-request-id") == "abc");
    } else {
        CHECK(request.field("x-forwarded-for") == "127.0.0.1");
        CHECK(request.field("x-forwarded-proto") == "http");
        CHECK(request.field("x-forwarded-host") == "app.test");
        CHECK(request.field("forwarded") == "for=127.0.0.1;host=\"app.test\";proto=http");
        CHECK(response.field("x-request-id") != "abc");
    }
}

TEST_CASE("a trusted proxy is not sent to https when its visitor has come by that") {
    EdgeRig rig(quick_settings(), false, trusting("127.0.0.1"));
    directory::HttpDescription description = described("secure.test");
    description.rules.https_redirect = http::HttpsRedirect{308, 443};
    description.rules.hsts = http::Hsts{};
    rig.add_service(description, 7, rig.backend.place());
    Peer visitor = rig.visit(ask("secure.test", "/", "X-Forwarded-Proto: http\r\n"));
    CHECK(visitor.read_message().status() == 308);
    visitor.send(ask("secure.test", "/", "X-Forwarded-Proto: https\r\n"));
    Peer backend = rig.backend.accept_request();
    backend.send(answer("x"));
    const Message response = visitor.read_message();
    CHECK(response.status() == 200);
    CHECK(response.has("strict-transport-security"));
}

TEST_CASE("the cap of connections from one address is not for trusted proxies") {
    EdgeSettings settings = quick_settings();
    settings.connections_per_address = 2;
    EdgeRig rig(settings, false, trusting("127.0.0.1"));
    std::vector<Peer> visitors;
    for (int i = 0; i < 5; ++i) {
        visitors.push_back(rig.visit(ask("other.test")));
        CHECK(visitors.back().read_message().status() == 404);
    }
    CHECK(rig.edge->connections() == 5);
}

TEST_CASE("visitors see the operator's pages: of their host, then of all, in the format that they accept") {
    const auto page = [](std::string text, http::PageFormat format) {
        return *http::PageTemplate::parse(std::move(text), format);
    };
    EdgeRig rig(quick_settings(), false, [&](EdgeShared& shared) {
        shared.pages.of(*http::parse_host_pattern("away.test"))
            .set(http::PageState::no_client, page("<p>{{host}} rests", http::PageFormat::html));
        shared.pages.of_all().set_default(page("<p>{{code}}", http::PageFormat::html));
        shared.pages.of_all().set_default(page("{\"is\":\"{{code}}\"}", http::PageFormat::json));
    });
    auto away = rig.add_service("away.test", 2, rig.backend.place());
    rig.directory->leave(*away, *rig.carrier, Clock::now());
    Peer visitor = rig.visit();
    const auto answer_to = [&](const std::string& host, const std::string& accept) {
        visitor.send(ask(host, "/", "Accept: " + accept + "\r\n"));
        return visitor.read_message();
    };
    CHECK(answer_to("away.test", "text/html").body == "<p>away.test rests");
    CHECK(answer_to("away.test", "application/json").body == R"({"is":"no_client"})");
    const Message other = answer_to("other.test", "text/html");
    CHECK(other.status() == 404);
    CHECK(other.body == "<p>unknown_host");
    CHECK(other.field("content-type") == "text/html; charset=utf-8");
    CHECK(answer_to("other.test", "text/plain").body.find("There is no service under this name") != std::string::npos);
}

TEST_CASE("other rules hold for what begins then, and a head that is being read has the limits of before") {
    EdgeSettings settings = quick_settings();
    settings.target_bytes = 512;
    EdgeRig rig(settings);
    const std::string path = '/' + std::string(300, 'x');
    Peer begun = rig.visit("GET " + path);
    REQUIRE(eventually([&] { return rig.counters().bytes_in == path.size() + 4; }));  // its parser is there
    Peer idle = rig.visit(ask("other.test"));
    CHECK(idle.read_message().status() == 404);

    HttpFrontRules rules;
    rules.edge = settings;
    rules.edge.target_bytes = 128;
    rules.edge.connections = 2;
    rules.pages.of_all().set_default(*http::PageTemplate::parse("now {{code}}", http::PageFormat::text));
    rig.edge->set_rules(std::move(rules));
    REQUIRE(eventually([&] {
        idle.send(ask("other.test", "/", "Accept: text/plain\r\n"));
        return idle.read_message().body == "now unknown_host";
    }));
    idle.send(ask("other.test", path));
    CHECK(idle.read_message().status() == 414);
    begun.send(" HTTP/1.1\r\nHost: other.test\r\nAccept: text/plain\r\n\r\n");
    CHECK(begun.read_message().body == "now unknown_host");
}

TEST_CASE("every answer has a Date: the edge's own, the backend's, or one that the edge adds") {
    EdgeRig rig;
    Peer visitor = rig.visit(ask("other.test"));
    CHECK(is_now(visitor.read_message().field("date")));
    visitor.send(get());
    Peer backend = rig.backend.accept_request();
    backend.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer("a"));
    CHECK_FALSE(visitor.read_message().has("date"));
    CHECK(is_now(visitor.read_message().field("date")));
    visitor.send(get());
    serve_one(backend, "b", "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    const Message response = visitor.read_message();
    CHECK(response.fields.count("date") == 1);
    CHECK(response.field("date") == "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST_CASE("a second has so many lines about one cause, and the others are counted") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    constexpr int asked = 200;
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < asked; ++i) {
        visitor.send(ask("other.test"));
        REQUIRE(visitor.read_message().status() == 404);
    }
    const auto took = std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now() - began);
    const int written = rig.log.count("code=unknown_host why=");
    CHECK(written >= static_cast<int>(limits::log_lines_per_second));
    CHECK(written <= static_cast<int>(limits::log_lines_per_second * (took.count() + 2)));  // a second begins anywhere
    visitor.send("BAD\r\n\r\n");
    CHECK(visitor.read_message().status() == 400);
    CHECK(rig.log.count("status=400") == 1);  // a line about another cause is not left out
    rig.log.report_suppressed();
    CHECK(static_cast<std::uint64_t>(written) + rig.log.suppressed("unknown_host") == asked);
    CHECK(rig.counters().pages == asked + 1);
}

TEST_CASE("each request has a line for those who look closely") {
    EdgeRig rig;
    Peer visitor = rig.visit(get("/a/b?secret=1"));
    Peer backend = rig.backend.accept_request();
    backend.send(answer("twelve bytes"));
    visitor.read_message();
    CHECK(eventually([&] { return rig.log.count("a request ended") == 1; }));
    CHECK(rig.log.count("method=GET host=app.test path=/a/b service=app.test status=200 bytes=12 complete=true") == 1);
    visitor.send(ask("other.test"));
    visitor.read_message();
    CHECK(eventually([&] { return rig.log.count("host=other.test path=/ service= status=404") == 1; }));
    CHECK(rig.log.count("secret") == 0);
}
