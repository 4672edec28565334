// The plugin `headers` on a real chain.
#include "headers/headers.hpp"

#include <string>

#include "ferrotunnel/plugin_testing.hpp"
#include "unit/plugin/run_rig.hpp"

using namespace ferrotunnel;
using ferrotunnel::plugins::Headers;
using ferrotunnel::test::PluginRig;
using hooks::Step;

namespace {

/// Notes a text that is not allowed in a field.
class NotesLineEnd final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{.name = "notes", .version = "1"};
    plugin::Decision on_request(plugin::Exchange& exchange) override {
        exchange.set_note("auth.subject", "ann");
        exchange.set_note("split", "a\r\nX-Admin: 1");
        return plugin::Decision::go_on();
    }
};

struct HeadersFixture : PluginRig {
    explicit HeadersFixture(std::string_view settings) {
        add<NotesLineEnd>();
        add<Headers>({}, settings);
    }
    std::string request(const std::string& start = "GET /a?b=c", const std::string& fields = "") {
        begin(start, fields);
        return ask() == Step::go_on ? sent() : std::string();
    }
    std::string response(const std::string& fields) {
        return answer(200, fields) == Step::go_on ? shown() : std::string();
    }
};

bool has_line(const std::string& head, const std::string& line) {
    return head.find("\r\n" + line + "\r\n") != std::string::npos;
}

}  // namespace

TEST_CASE("headers: fields are taken away, set and added, in this order", "[headers]") {
    HeadersFixture rig("{request: {remove: [Cookie, X-A], set: {X-A: new, X-B: b}, add: {X-B: more}}}");
    const std::string head = rig.request("GET /", "Cookie: a\r\nX-A: 1\r\nX-A: 2\r\nX-B: 3\r\nX-C: 4\r\n");
    CHECK(head == "GET / HTTP/1.1\r\nHost: app.test\r\nX-C: 4\r\nX-A: new\r\nX-B: b\r\nX-B: more\r\n\r\n");
    rig.end();
}

TEST_CASE("headers: one name alone may stand for a list", "[headers]") {
    HeadersFixture rig("{response: {remove: Server}}");
    (void)rig.request();
    CHECK_FALSE(has_line(rig.response("Server: x\r\n"), "Server: x"));
    rig.end();
}

TEST_CASE("headers: values say what is known of the exchange", "[headers]") {
    HeadersFixture rig(
        "{request: {set: {X-All: '{{visitor}} {{scheme}}://{{host}}{{path}}{{query}} {{method}} {{service}} "
        "{{request_id}} {{note.auth.subject}} {{field.x-mine}}{{note.none}}.'}}}");
    const std::string head = rig.request("GET /a?b=c", "X-Mine: 7\r\n");
    CHECK(has_line(head, "X-All: 192.0.2.7 https://app.test/a?b=c GET web id-1 ann 7."));
    rig.end();
}

TEST_CASE("headers: a value with an end of a line is written nowhere, nor is the visitor's own left there",
          "[headers]") {
    HeadersFixture rig("{request: {set: {X-User: '{{note.split}}'}, add: {X-Also: '{{note.split}}'}}}");
    const std::string head = rig.request("GET /", "X-User: root\r\nx_user: root\r\n");
    CHECK(head == "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
    rig.end();
}

TEST_CASE("headers: a visitor who fills the room gets nothing through", "[headers]") {
    PluginRig rig;
    rig.add<Headers>({}, "{request: {set: {X-A: '{{field.x-fill}}', X-User: ann}}}");
    const std::string fill(16 * 1024, 'x');                  // the room for texts of one exchange
    for (const std::size_t left : {0U, 2U, 5U, 12U, 13U}) {  // the room left for X-User and its value
        INFO(left);
        rig.begin("GET /", "X-User: root\r\nX-Fill: " + fill.substr(0, fill.size() - 20 - left) + "\r\n");
        if (rig.ask() == Step::go_on) {
            CHECK(rig.sent().find("X-User: root") == std::string::npos);
        } else {
            CHECK(rig.run->take_reply().code == "headers_no_room");
        }
        rig.end();
    }
}

TEST_CASE("headers: what stands for nothing leaves no blanks", "[headers]") {
    HeadersFixture rig("{request: {set: {X-Who: '{{note.group}} {{note.auth.subject}} '}}}");
    CHECK(has_line(rig.request(), "X-Who: ann"));
    rig.end();
}

TEST_CASE("headers: settings that cannot work are told with their places", "[headers]") {
    CHECK(PluginRig::wrong<Headers>("{request: {set: {X-A: '{{visitr}}'}}}")
              .find("request.set[\"X-A\"]: has {{visitr}}") == 0);
    CHECK(PluginRig::wrong<Headers>("{request: {set: {X-A: '{{visitor'}}}").find("not closed") != std::string::npos);
    CHECK(PluginRig::wrong<Headers>("{request: {set: {Content-Length: '1'}}}").find("not a field that a plugin") !=
          std::string::npos);
    CHECK(PluginRig::wrong<Headers>("{response: {remove: ['X A']}}").find("response.remove[0]") == 0);
    CHECK(PluginRig::wrong<Headers>("{reqest: {}}").find("request") != std::string::npos);
    CHECK(PluginRig::wrong<Headers>("{cors: {origins: '*', credentials: true}}").find("cors: allows credentials") == 0);
    CHECK(PluginRig::wrong<Headers>("{cors: {origins: 'https://a.test/'}}").find("as browsers send it") !=
          std::string::npos);
    CHECK(PluginRig::wrong<Headers>("{cors: {origins: '*', methods: [\"GET\\n\"]}}").find("not allowed in a field") !=
          std::string::npos);
    CHECK(PluginRig::wrong<Headers>("{request: {set: {X-A: \"a\\nb\"}}}").find("not a valid field value") !=
          std::string::npos);
    std::string many;
    for (int i = 0; i < 25; ++i) {
        many += (i > 0 ? ", X-" : "X-") + std::to_string(i);
    }
    CHECK(PluginRig::wrong<Headers>("{request: {remove: [" + many + "]}}").find("request: has more than 24") == 0);
    CHECK(PluginRig::wrong<Headers>("{cors: {}}").find("origins") != std::string::npos);
    CHECK(PluginRig::wrong<Headers>("{request: {set: {X-A: '{{visitor}} {} }}'}}}").empty());
}

TEST_CASE("headers: a preflight is answered here, for origins that may", "[headers][cors]") {
    HeadersFixture rig("{cors: {origins: ['https://a.test', 'https://b.test:8443'], credentials: true, max_age: 1h}}");
    const std::string asks = "Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: X-Mine\r\n";
    rig.begin("OPTIONS /a", "Origin: https://b.test:8443\r\n" + asks);
    REQUIRE(rig.ask() == Step::answer);
    const hooks::Reply reply = rig.run->take_reply();
    CHECK(reply.status == 204);
    const auto value = [&](const std::string& name) {
        for (const auto& [each, text] : reply.fields) {
            if (each == name) {
                return text;
            }
        }
        return std::string();
    };
    CHECK(value("Access-Control-Allow-Origin") == "https://b.test:8443");
    CHECK(value("Access-Control-Allow-Methods") == "GET, HEAD, POST, PUT, PATCH, DELETE");
    CHECK(value("Access-Control-Allow-Headers") == "X-Mine");
    CHECK(value("Access-Control-Allow-Credentials") == "true");
    CHECK(value("Access-Control-Max-Age") == "3600");
    rig.end();

    rig.begin("OPTIONS /a", "Origin: https://evil.test\r\n" + asks);
    REQUIRE(rig.ask() == Step::answer);
    const hooks::Reply refused = rig.run->take_reply();
    CHECK(refused.status == 204);
    CHECK(refused.fields.size() == 1);  // only Vary
    rig.end();

    CHECK_FALSE(rig.request("OPTIONS /a", "Origin: https://b.test:8443\r\n").empty());  // no preflight
    rig.end();
}

TEST_CASE("headers: an answer permits the origin that asks, and nobody else", "[headers][cors]") {
    HeadersFixture rig("{cors: {origins: ['https://a.test'], credentials: true, expose: [X-Total]}}");
    const std::string own = "Access-Control-Allow-Origin: *\r\nVary: Accept\r\n";
    (void)rig.request("GET /", "Origin: https://a.test\r\n");
    const std::string good = rig.response(own);
    CHECK(has_line(good, "Access-Control-Allow-Origin: https://a.test"));
    CHECK(has_line(good, "Access-Control-Allow-Credentials: true"));
    CHECK(has_line(good, "Access-Control-Expose-Headers: X-Total"));
    CHECK(has_line(good, "Vary: Accept"));
    CHECK(has_line(good, "Vary: Origin"));
    rig.end();
    for (const std::string origin : {"Origin: https://evil.test\r\n", "Origin: https://a.test.evil.test\r\n",
                                     "Origin: null\r\n", "Origin: HTTPS://A.TEST\r\n", ""}) {
        INFO(origin);
        (void)rig.request("GET /", origin);
        const std::string bad = rig.response(own);
        CHECK(bad.find("Access-Control") == std::string::npos);
        CHECK(has_line(bad, "Vary: Origin"));
        rig.end();
    }
}

TEST_CASE("headers: everybody may read, where every origin may", "[headers][cors]") {
    HeadersFixture rig("{cors: {origins: '*'}}");
    (void)rig.request("GET /", "Origin: https://a.test\r\n");
    const std::string head = rig.response("");
    CHECK(has_line(head, "Access-Control-Allow-Origin: *"));
    CHECK(head.find("Vary") == std::string::npos);
    rig.end();
}

TEST_CASE("headers: a whole exchange, as a server's operator would see it", "[headers]") {
    plugin::TestChain chain(
        {plugin::TestChain::use<NotesLineEnd>(),
         plugin::TestChain::use<Headers>("{request: {set: {X-User: '{{note.auth.subject}}'}, remove: Cookie},"
                                         " response: {set: {X-Frame-Options: DENY}, remove: Server}}")});
    plugin::TestExchange exchange =
        chain.request({.target = "/a?b=c", .fields = {{"Cookie", "a=b"}, {"x-user", "root"}, {"Accept", "*/*"}}});
    REQUIRE(exchange.passed());
    CHECK(exchange.sent().target == "/a?b=c");
    CHECK(exchange.sent().field("X-User") == "ann");
    CHECK(exchange.sent().fields.size() == 2);
    CHECK(exchange.note("auth.subject") == "ann");
    exchange.respond({.status = 404, .fields = {{"Server", "x"}, {"Content-Type", "text/html"}}});
    CHECK(exchange.answer().status == 404);
    CHECK(exchange.answer().field("X-Frame-Options") == "DENY");
    CHECK_FALSE(exchange.answer().field("Server"));
}

TEST_CASE("headers: who asks whether it may is answered by the plugin, whatever the backend says", "[headers][cors]") {
    plugin::TestChain chain = plugin::TestChain::of<Headers>("{cors: {origins: ['https://a.test']}}");
    const plugin::TestExchange asks = chain.request(
        {.method = "OPTIONS", .fields = {{"Origin", "https://a.test"}, {"Access-Control-Request-Method", "PUT"}}});
    REQUIRE(asks.answered());
    CHECK(asks.answer().status == 204);
    CHECK(asks.answer().origin == plugin::Origin::plugin);
    CHECK(asks.answer().field("Access-Control-Allow-Origin") == "https://a.test");
    CHECK(chain.log().empty());
}
