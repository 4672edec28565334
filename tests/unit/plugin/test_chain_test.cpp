// What authors of plugins test with: requests, answers, decisions at every time, the clock, mistakes of the test.
#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <thread>
#include <vector>

#include "ferrotunnel/plugin_testing.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugin;
using namespace std::chrono_literals;

namespace {

/// Asks a thread of its own who the visitor is, for paths below /later.
class AsksThread final : public Plugin {
public:
    static constexpr Description description{.name = "asks",
                                             .version = "1",
                                             .schema = R"({"type": "object",
        "properties": {"in_response": {"type": "boolean", "default": false}, "secret": {"type": "string",
        "default": "s"}}})",
                                             .guard = true};
    static inline std::atomic<int> living{0};   // of what the decisions hold
    static inline std::atomic<int> decided{0};  // that had their exchange

    struct Counted {
        Counted() { ++living; }
        Counted(const Counted&) { ++living; }
        Counted(Counted&&) noexcept { ++living; }
        ~Counted() { --living; }
    };

    explicit AsksThread(const Settings& settings) : in_response_(settings.boolean("in_response").value()) {}
    void stop() override {
        const std::lock_guard lock(mutex_);
        for (std::thread& thread : threads_) {
            thread.join();
        }
        log(Level::info, "stopped");
    }
    Decision on_request(Exchange& exchange) override {
        return exchange.path().starts_with("/later") && !in_response_ ? ask(exchange) : Decision::go_on();
    }
    Decision on_response(Exchange& exchange) override { return in_response_ ? ask(exchange) : Decision::go_on(); }
    void on_close(Exchange&, const Outcome& outcome) override { last = outcome; }
    static inline Outcome last;

private:
    Decision ask(Exchange& exchange) {
        return exchange.later([this](Later later) {
            const std::lock_guard lock(mutex_);
            threads_.emplace_back([later = std::move(later)]() mutable {
                std::move(later).resume([counted = Counted()](Exchange& held) {
                    ++decided;
                    held.set(held.status() == 0 ? Side::request : Side::response, "X-User", "ann");
                    held.set_note("auth.subject", "ann");
                    return Decision::go_on();
                });
            });
        });
    }

    const bool in_response_;
    std::mutex mutex_;
    std::vector<std::thread> threads_;
};

/// Answers, refuses and changes, by the path.
class ActsByPath final : public Plugin {
public:
    static constexpr Description description{.name = "acts", .version = "1"};

    Decision on_request(Exchange& exchange) override {
        if (exchange.path() == "/own") {
            return Decision::respond({418, {{"X-Pot", "tea"}}, "no coffee"});
        }
        if (exchange.path() == "/page") {
            return Decision::reject(401, "who_are_you", {{"WWW-Authenticate", "Basic"}});
        }
        if (exchange.path() == "/throws") {
            throw std::runtime_error("out of order");
        }
        exchange.set(Side::request, "X-Visitor", exchange.visitor());
        exchange.remove(Side::request, "Cookie");
        if (!exchange.client_certificate_fingerprint().empty()) {
            exchange.set(Side::request, "X-Certificate",
                         std::string(exchange.client_certificate_subject())
                             .append(" ")
                             .append(exchange.client_certificate_names())
                             .append(" ")
                             .append(exchange.client_certificate_fingerprint()));
        }
        exchange.set_target("/new", exchange.query());
        return Decision::go_on();
    }
    Decision on_response(Exchange& exchange) override {
        if (exchange.status() == 500 && exchange.origin() == Origin::backend) {
            return Decision::reject(503, "hidden");
        }
        exchange.set(Side::response, "X-Seen", std::to_string(exchange.status()));
        return Decision::go_on();
    }
};

}  // namespace

TEST_CASE("harness: a request as the backend sees it, and an answer as the visitor does", "[harness]") {
    TestChain chain = TestChain::of<ActsByPath>();
    TestExchange exchange = chain.request({.target = "/a?b=c", .fields = {{"Cookie", "x"}, {"X-A", "1"}}});
    REQUIRE(exchange.passed());
    const TestRequest sent = exchange.sent();
    CHECK(sent.target == "/new?b=c");
    CHECK(sent.host == "app.example.com");
    CHECK(sent.field("x-visitor") == "192.0.2.1");
    CHECK(sent.field("X-A") == "1");
    CHECK_FALSE(sent.field("Cookie"));
    exchange.respond({.status = 201, .fields = {{"Server", "x"}}});
    REQUIRE(exchange.answered());
    const TestAnswer answer = exchange.answer();
    CHECK(answer.status == 201);
    CHECK(answer.origin == Origin::backend);
    CHECK(answer.field("X-Seen") == "201");
    CHECK(answer.field("server") == "x");
    CHECK(answer.fields.size() == 2);
    exchange.close();
    CHECK(exchange.over());
    CHECK(exchange.answer().status == 201);
}

TEST_CASE("harness: a visitor's client certificate, which a field of the request is not", "[harness]") {
    TestChain chain = TestChain::of<ActsByPath>();
    TestExchange exchange = chain.request({.client_certificate_subject = "CN=alice",
                                           .client_certificate_names = "DNS:a.example",
                                           .client_certificate_fingerprint = "00ff"});
    REQUIRE(exchange.passed());
    CHECK(exchange.sent().field("X-Certificate") == "CN=alice DNS:a.example 00ff");
    TestExchange none = chain.request({.fields = {{"X-Client-Cert-Fingerprint", "00ff"}}});
    REQUIRE(none.passed());
    CHECK_FALSE(none.sent().field("X-Certificate"));
}

TEST_CASE("harness: answers and pages of plugins", "[harness]") {
    TestChain chain({TestChain::use<ActsByPath>(), {.library = &library<ActsByPath>, .id = "second"}});
    TestExchange own = chain.request({.target = "/own"});
    REQUIRE(own.answered());
    CHECK(own.answer().status == 418);
    CHECK(own.answer().body == "no coffee");
    CHECK(own.answer().origin == Origin::plugin);
    CHECK(own.answer().field("X-Pot") == "tea");
    const TestAnswer page = chain.request({.target = "/page"}).answer();
    CHECK(page.status == 401);
    CHECK(page.code == "who_are_you");
    CHECK(page.field("WWW-Authenticate") == "Basic");
    TestExchange replaced = chain.request();
    replaced.respond({.status = 500});
    CHECK(replaced.answer().status == 503);
    CHECK(replaced.answer().code == "hidden");
    CHECK(replaced.answer().field("X-Seen") == "503");  // those that are left see the new one
}

TEST_CASE("harness: a failure is the server's, with its policy and its log", "[harness]") {
    PluginUse use = TestChain::use<ActsByPath>();
    {
        TestChain open({use});
        CHECK(open.request({.target = "/throws"}).passed());
        REQUIRE(open.log().size() == 1);
        CHECK(open.log()[0].find("the hook threw an exception: out of order") != std::string::npos);
    }
    use.on_failure = PluginFailure::closed;
    TestChain closed({use});
    CHECK(closed.request({.target = "/throws"}).answer().code == "plugin_failed");
}

TEST_CASE("harness: decisions come at every time", "[harness][threads]") {
    for (const bool in_response : {false, true}) {
        for (const DecisionTime when : decision_times) {
            INFO(static_cast<int>(when) << " " << in_response);
            AsksThread::decided = 0;
            {
                TestChain chain = TestChain::of<AsksThread>(in_response ? "{in_response: true}" : "", when);
                TestExchange exchange = chain.request({.target = "/later"});
                if (in_response) {
                    REQUIRE(exchange.passed());
                    exchange.respond();
                }
                if (when == DecisionTime::after_end) {
                    CHECK(exchange.over());
                    CHECK(AsksThread::last.status == 0);
                } else if (when == DecisionTime::never) {
                    CHECK(exchange.answer().code == "plugin_failed");
                    CHECK(exchange.answer().status == (in_response ? 500 : 503));
                } else if (in_response) {
                    CHECK(exchange.answer().field("X-User") == "ann");
                } else {
                    REQUIRE(exchange.passed());
                    CHECK(exchange.sent().field("X-User") == "ann");
                    CHECK(exchange.note("auth.subject") == "ann");
                }
            }
            CHECK(AsksThread::decided == (when == DecisionTime::after_end || when == DecisionTime::never ? 0 : 1));
            CHECK(AsksThread::living == 0);
        }
    }
}

TEST_CASE("harness: decisions as they come, and those that do not come in time", "[harness][threads]") {
    TestChain chain = TestChain::of<AsksThread>();
    TestExchange exchange = chain.request({.target = "/later"});
    exchange.wait();
    CHECK(exchange.passed());
    exchange.wait();  // there is nothing to wait for
    TestExchange left = chain.request({.target = "/later"});
    left.close();
    CHECK(left.over());
    AsksThread::last.status = 1;
    {
        TestExchange forgotten = chain.request({.target = "/"});
        forgotten.respond({.status = 404});
    }
    CHECK(AsksThread::last.status == 404);
    CHECK(AsksThread::last.complete);
}

TEST_CASE("harness: the clock is moved by hand", "[harness]") {
    TestChain chain = TestChain::of<AsksThread>();
    TestExchange exchange = chain.request();
    chain.advance(3s);
    exchange.respond();
    exchange.close();
    CHECK(AsksThread::last.duration == 3s);
}

TEST_CASE("harness: mistakes in settings are told as a server would", "[harness]") {
    CHECK(TestChain::problems<AsksThread>("{in_response: true}").empty());
    CHECK(TestChain::problems<AsksThread>("{in_respons: true}").find("in_response") != std::string::npos);
    CHECK(TestChain::problems<AsksThread>("{in_response: 3}").find("in_response: ") == 0);
    CHECK_THROWS_WITH(TestChain::of<AsksThread>("{x: 1}"), Catch::Contains("plugins[0]: "));
    CHECK_THROWS_WITH(TestChain({PluginUse{}}), Catch::Contains("has no library"));
}

TEST_CASE("harness: what a test asks for in vain is told", "[harness]") {
    TestChain chain = TestChain::of<ActsByPath>();
    CHECK_THROWS_AS(chain.request({.target = "no path"}), std::invalid_argument);
    TestExchange exchange = chain.request();
    CHECK_THROWS_AS(exchange.answer(), std::logic_error);
    CHECK_THROWS_AS(exchange.respond({.fields = {{"a b", "c"}}}), std::invalid_argument);
    exchange.close();
    CHECK_THROWS_AS(exchange.sent(), std::logic_error);
    CHECK_THROWS_AS(exchange.respond(), std::logic_error);
}
