// The harness for authors of plugins, with bodies: cut in all ways, looked at, transformed, collected; and failures.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <stdexcept>
#include <string>

#include "ferrotunnel/plugin_testing.hpp"

// One of the examples that authors begin with.
#include "../../../docs/plugins/examples/bodies.cpp"

using Catch::Contains;
using ferrotunnel::PluginUse;

namespace {

/// Writes "cat" for each "dog". The careless one does not look beyond the end of a piece.
class Replaces final : public Plugin {
public:
    static constexpr Description description{
        .name = "replaces", .version = "1", .schema = R"({"type": "object", "properties": {
            "careless": {"type": "boolean", "default": false}}})"};

    explicit Replaces(const Settings& settings) : careless_(settings.boolean("careless").value()) {}

    Decision on_request(Exchange& exchange) override {
        exchange.transform(Side::request, std::make_unique<Filter>(careless_));
        return Decision::go_on();
    }
    Decision on_response(Exchange& exchange) override {
        exchange.transform(Side::response, std::make_unique<Filter>(careless_));
        return Decision::go_on();
    }

private:
    class Filter final : public BodyFilter {
    public:
        explicit Filter(bool careless) : careless_(careless) {}
        void chunk(Text in, bool last, Sink& out) override {
            kept_ += in;
            for (std::size_t found = kept_.find("dog"); found != std::string::npos; found = kept_.find("dog")) {
                kept_.replace(found, 3, "cat");
            }
            const std::size_t keep = last || careless_ ? 0 : std::min<std::size_t>(kept_.size(), 2);
            out.write(Text(kept_).substr(0, kept_.size() - keep));
            kept_.erase(0, kept_.size() - keep);
        }

    private:
        const bool careless_;
        std::string kept_;  // which may be the beginning of a word
    };

    const bool careless_;
};

/// Keeps answers to itself in which a secret stands.
class AnswerFilter final : public Plugin {
public:
    static constexpr Description description{.name = "answer-filter", .version = "1"};

    Decision on_response(Exchange& exchange) override {
        return exchange.collect(8, [](Exchange& with_body, Text body) {
            if (body.find("secret") != Text::npos) {
                return Decision::respond({403, {}, "no"});
            }
            with_body.set(Side::response, "X-Read", std::to_string(body.size()));
            return Decision::go_on();
        });
    }
};

/// Looks at bodies, and has what it saw in notes; fails where a body says so.
class Looks final : public Plugin {
    static auto observe() {
        seen.clear();
        ends = 0;
        return [](Text piece, bool last) {
            seen += piece;
            ends += last ? 1 : 0;
            if (piece.find('!') != Text::npos) {
                throw std::runtime_error("does not like it");
            }
        };
    }

public:
    static constexpr Description description{.name = "looks", .version = "1", .guard = true};
    static inline std::string seen;
    static inline int ends = 0;
    static inline Outcome outcome;

    Decision on_request(Exchange& exchange) override {
        exchange.observe(Side::request, observe());
        return Decision::go_on();
    }
    Decision on_response(Exchange& exchange) override {
        exchange.observe(Side::response, observe());
        return Decision::go_on();
    }
    void on_close(Exchange&, const Outcome& told) override { outcome = told; }
};

/// What becomes of a body, sent in pieces that are cut at these places.
std::string sent(TestChain& chain, const std::string& body, const std::vector<std::size_t>& cuts,
                 const std::string& target = "/") {
    TestExchange exchange = chain.request({.method = "POST", .target = target, .body = body, .cuts = cuts});
    return exchange.passed() ? exchange.sent().body : "<" + exchange.answer().code + ">";
}

std::string answered(TestChain& chain, const std::string& body, const std::vector<std::size_t>& cuts,
                     const std::string& target = "/") {
    TestExchange exchange = chain.request({.target = target});
    exchange.respond({.body = body, .cuts = cuts});
    return exchange.answer().body + (exchange.cut() ? "<cut>" : "");
}

}  // namespace

TEST_CASE("harness: ways to cut a body", "[harness]") {
    CHECK(body_cuts(0).size() == 1);
    CHECK(body_cuts(3).size() == 8);
    const BodyCuts all = body_cuts(8);
    CHECK(std::set(all.begin(), all.end()).size() == 256);
    CHECK(body_cuts(9).size() == 9 + 2);
    CHECK(body_cuts(2'048).size() == 2'048 + 2);
    CHECK(body_cuts(50'000).size() == 1 + 6 + 64);
    CHECK(body_cuts(50'000, 1) == body_cuts(50'000, 1));
    CHECK(body_cuts(50'000, 1) != body_cuts(50'000, 2));
    for (const std::size_t size : {0, 5, 8, 9, 2'048, 2'049, 50'000}) {
        TestChain chain = TestChain::of<Looks>();
        for (const auto& cuts : body_cuts(size)) {
            CHECK(std::is_sorted(cuts.begin(), cuts.end()));
            CHECK((cuts.empty() || (cuts.front() > 0 && cuts.back() <= size)));
        }
    }
    TestChain chain = TestChain::of<Looks>();
    for (const std::vector<std::size_t>& wrong : {std::vector<std::size_t>{0}, {3, 2}, {2, 2}, {5}}) {
        CHECK_THROWS_AS(chain.request({.method = "POST", .body = "body", .cuts = wrong}), std::invalid_argument);
        TestExchange exchange = chain.request();
        CHECK_THROWS_AS(exchange.respond({.body = "body", .cuts = wrong}), std::invalid_argument);
    }
}

TEST_CASE("harness: a filter has to live with every cut, both ways", "[harness]") {
    TestChain careful = TestChain::of<Replaces>();
    TestChain careless = TestChain::of<Replaces>("{careless: true}");
    const std::string body = "a dog, a doggy dog";
    int wrong = 0;
    for (const auto& cuts : body_cuts(body.size())) {
        CHECK(sent(careful, body, cuts) == "a cat, a catgy cat");
        CHECK(answered(careful, body, cuts) == "a cat, a catgy cat");
        wrong += sent(careless, body, cuts) == "a cat, a catgy cat" ? 0 : 1;
    }
    CHECK(wrong == 2 * 3 + 1);  // two places within each of the words, and single bytes
    CHECK(sent(careful, "", {}).empty());
}

TEST_CASE("harness: large bodies are cut by chance, and come to filters in a server's pieces", "[harness]") {
    TestChain chain = TestChain::of<Replaces>();
    std::string body;
    std::string expected;
    while (body.size() < 40'000) {
        body += "dog " + std::to_string(body.size()) + " ";
        expected += "cat " + std::to_string(expected.size()) + " ";
    }
    for (const auto& cuts : body_cuts(body.size(), 7)) {
        const bool is_expected = sent(chain, body, cuts) == expected && answered(chain, body, cuts) == expected;
        CHECK(is_expected);
    }
}

TEST_CASE("harness: looks see all of a body, and its end once", "[harness]") {
    TestChain chain = TestChain::of<Looks>();
    for (const auto& cuts : body_cuts(6)) {
        CHECK(sent(chain, "abcdef", cuts) == "abcdef");
        CHECK(Looks::seen == "abcdef");
        CHECK(Looks::ends == 1);
        CHECK(answered(chain, "fedcba", cuts) == "fedcba");
        CHECK(Looks::seen == "fedcba");
        CHECK(Looks::ends == 1);
    }
    CHECK(Looks::outcome.complete);
    CHECK(Looks::outcome.response_bytes == 6);
    TestExchange head = chain.request({.method = "HEAD"});
    Looks::seen = "-";
    head.respond({.fields = {{"Content-Length", "5"}}});
    CHECK(Looks::ends == 0);  // a HEAD has no body, not even an end of one
}

TEST_CASE("harness: who fails on a body cuts it, or is answered for", "[harness]") {
    TestChain chain = TestChain::of<Looks>();
    CHECK(sent(chain, "no!", {}) == "<plugin_failed>");
    TestExchange first = chain.request({.method = "POST", .body = "no!"});
    CHECK(first.answer().status == 503);
    TestExchange later = chain.request({.method = "POST", .body = "yes, no!", .cuts = {4}});
    CHECK(later.answer().status == 500);  // the backend has the beginning
    CHECK(answered(chain, "yes, no!", {4}) == "yes,<cut>");
    CHECK_FALSE(Looks::outcome.complete);
}

TEST_CASE("harness: the examples of bodies", "[harness]") {
    TestChain turns = TestChain::of<Rot13>("{path: /turned}");
    TestChain judges = TestChain::of<WordFilter>("{word: bad, max: 12}");
    for (const auto& cuts : body_cuts(8)) {
        CHECK(sent(turns, "Hello 42", cuts, "/turned/a") == "Uryyb 42");
        CHECK(answered(turns, "Uryyb 42", cuts, "/turned") == "Hello 42");
        CHECK(sent(turns, "Hello 42", cuts, "/other") == "Hello 42");
        CHECK(sent(judges, "good one", cuts) == "good one");
        CHECK(sent(judges, "a bad an", cuts) == "<bad_word>");
    }
    CHECK(judges.request({.method = "POST", .body = "good one"}).sent().field("X-Read") == "8");
    CHECK(sent(judges, "thirteen byte", {}) == "<body_too_large>");
    TestChain both({TestChain::use<WordFilter>("{word: bad}"), TestChain::use<Rot13>()});
    for (const auto& cuts : body_cuts(5)) {
        CHECK(sent(both, "Hello", cuts) == "Uryyb");  // what was collected continues through the filter
    }
}

TEST_CASE("harness: answers are collected, whatever cuts them", "[harness]") {
    TestChain chain({TestChain::use<Rot13>(), TestChain::use<AnswerFilter>()});
    for (const auto& cuts : body_cuts(8)) {
        CHECK(answered(chain, "good one", cuts) == "tbbq bar");
        CHECK(answered(chain, "a secret", cuts) == "ab");  // its own answer passes the other one's filter
    }
    CHECK(answered(chain, "nine byte", {3}) == "avar olgr");  // too large for one whose failures are open
    TestExchange head = chain.request({.method = "HEAD"});
    head.respond({.body = "good one"});
    CHECK(head.answer().fields.at(0).value == "0");
}

TEST_CASE("harness: where and when a plugin runs", "[harness]") {
    PluginUse use = TestChain::use<Rot13>();
    use.hosts = {"*.example.com"};
    use.paths = {"/turned", "= /one"};
    use.services = {"app", "shop"};
    use.when = "request.method == \"POST\"";
    TestChain chain({use});
    const auto turns = [&chain](TestRequest request) {
        request.body = "Hello";
        TestExchange exchange = chain.request(request);
        return exchange.passed() && exchange.sent().body == "Uryyb";
    };
    const TestRequest in{.method = "POST", .target = "/turned/a"};
    CHECK(turns(in));
    CHECK(turns({.method = "POST", .target = "/one?a=b", .service = "shop"}));
    CHECK(turns({.method = "POST", .target = "/%74urned"}));
    CHECK_FALSE(turns({.method = "PUT", .target = "/turned/a"}));
    CHECK_FALSE(turns({.method = "POST", .target = "/one/a"}));
    CHECK_FALSE(turns({.method = "POST", .target = "/turned", .host = "example.com"}));
    CHECK_FALSE(turns({.method = "POST", .target = "/turned", .service = "blog"}));
    CHECK(chain.request({.target = "//turned"}).answer().code == "ambiguous_path");

    TestExchange elsewhere = chain.request({.target = "/other", .fields = {{"X-A", "1"}}, .body = "b"});
    REQUIRE(elsewhere.passed());
    CHECK(elsewhere.sent().field("X-A") == "1");
    CHECK(elsewhere.sent().body == "b");
    elsewhere.respond({.status = 201, .fields = {{"X-B", "2"}}, .body = "c"});
    CHECK(elsewhere.answer().status == 201);
    CHECK(elsewhere.answer().field("X-B") == "2");
    CHECK(elsewhere.answer().body == "c");
    CHECK(elsewhere.note("a").empty());
    elsewhere.close();
    CHECK(elsewhere.over());

    use.paths = {"x"};
    CHECK_THROWS_WITH(TestChain({use}), Contains("plugins[0]: paths[0]: "));
    use.paths = {};
    use.when = "request.methd == 1";
    CHECK_THROWS_WITH(TestChain({use}), Contains("plugins[0]: when: "));
}
