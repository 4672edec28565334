// Tests headers with the harness for plugin authors: beside plugins that observe and transform bodies, in every cut,
// and only where and when it runs.
#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "ferrotunnel/plugin_testing.hpp"
#include "headers/headers.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugin;
using ferrotunnel::plugins::Headers;

namespace {

/// Puts the length of a body before its end, in both directions.
class Counts final : public Plugin {
public:
    static constexpr Description description{.name = "counts", .version = "1"};

    Decision on_request(Exchange& exchange) override {
        exchange.transform(Side::request, std::make_unique<Filter>());
        return Decision::go_on();
    }
    Decision on_response(Exchange& exchange) override {
        exchange.transform(Side::response, std::make_unique<Filter>());
        return Decision::go_on();
    }

private:
    struct Filter final : BodyFilter {
        void chunk(Text in, bool last, Sink& out) override {
            size += in.size();
            out.write(in);
            if (last) {
                out.write("=" + std::to_string(size));
            }
        }
        std::size_t size = 0;
    };
};

const char* const headers_settings = R"({request: {set: {X-Visitor: "{{visitor}}"}, remove: Cookie},
    response: {set: {X-Frame-Options: DENY}, remove: Server}})";

}  // namespace

TEST_CASE("headers: heads are changed and bodies are not, in every cut", "[headers]") {
    for (const bool is_first : {true, false}) {
        const PluginUse headers = TestChain::use<Headers>(headers_settings);
        const PluginUse counts = TestChain::use<Counts>();
        TestChain chain(is_first ? std::vector{headers, counts} : std::vector{counts, headers});
        for (const auto& cuts : body_cuts(7)) {
            TestExchange exchange = chain.request({.method = "POST",
                                                   .fields = {{"Cookie", "a=b"}, {"X-Visitor", "forged"}},
                                                   .body = "abcdefg",
                                                   .cuts = cuts});
            REQUIRE(exchange.passed());
            CHECK(exchange.sent().body == "abcdefg=7");
            CHECK(exchange.sent().field("X-Visitor") == "192.0.2.1");
            CHECK_FALSE(exchange.sent().field("Cookie"));
            exchange.respond({.fields = {{"Server", "x"}, {"ETag", "\"1\""}}, .body = "gfedcba", .cuts = cuts});
            CHECK(exchange.answer().body == "gfedcba=7");
            CHECK(exchange.answer().field("X-Frame-Options") == "DENY");
            CHECK(exchange.answer().field("ETag") == "W/\"1\"");
            CHECK_FALSE(exchange.answer().field("Server"));
        }
    }
}

TEST_CASE("headers: only where and when it runs", "[headers]") {
    PluginUse use = TestChain::use<Headers>(headers_settings);
    use.hosts = {"app.example.com"};
    use.paths = {"/app"};
    use.when = "request.headers[\"x-plan\"] == \"free\"";
    TestChain chain({use});
    const auto is_there = [&chain](const TestRequest& request) {
        TestExchange exchange = chain.request(request);
        exchange.respond();
        const bool of_request = exchange.sent().field("X-Visitor").has_value();
        CHECK(of_request == exchange.answer().field("X-Frame-Options").has_value());
        return of_request;
    };
    CHECK(is_there({.target = "/app/a", .fields = {{"X-Plan", "free"}}}));
    CHECK_FALSE(is_there({.target = "/app/a"}));
    CHECK_FALSE(is_there({.target = "/a", .fields = {{"X-Plan", "free"}}}));
    CHECK_FALSE(is_there({.target = "/app", .host = "www.example.com", .fields = {{"X-Plan", "free"}}}));
}
