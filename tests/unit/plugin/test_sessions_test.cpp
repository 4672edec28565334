// The harness for plugins that decide on sessions, and its run of all cases.
#include <catch2/catch.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "ferrotunnel/plugin_testing_session.hpp"

namespace ferrotunnel::test {
namespace {

using namespace ferrotunnel::plugin;
using namespace std::chrono_literals;

/// Decides by what it sees, and keeps what it was told.
class TellingPorter final : public Plugin {
public:
    static constexpr Description description{.name = "porter", .version = "1", .guard = true};
    static inline std::vector<std::string> told;

    Decision on_login(Login& login) override {
        login.set_note("who", std::string(login.client_name()) + "/" + std::string(login.token()));
        return login.client_name() == "stranger" ? Decision::refuse("we do not know you") : Decision::go_on();
    }
    Decision on_register(Registration& wanted) override {
        wanted.set_note("plan", std::string("gold of ").append(wanted.note("who")));
        if (wanted.kind() == "http") {
            wanted.set_hosts({"given.example.com"});
            wanted.set_limit(Limit::body_max, 1'000);
        }
        return Decision::go_on();
    }
    Decision on_connect(Visitor& visit) override {
        told.push_back(std::string(visit.address()) + " " + std::string(visit.note("plan")) + " " +
                       std::string(visit.host()));
        return visit.address() == "203.0.113.5" ? Decision::refuse("not you") : Decision::go_on();
    }
    void on_visit_close(Visitor&, const VisitOutcome& outcome) override {
        told.push_back("close " + std::to_string(static_cast<int>(outcome.end)) + " " +
                       std::to_string(outcome.received_bytes) + " " + std::to_string(outcome.sent_bytes));
    }
};

/// Owes all decisions, which are to refuse.
class OwesDecisions final : public Plugin {
public:
    static constexpr Description description{.name = "slow", .version = "1", .guard = true};
    static inline int closed = 0;

    Decision on_login(Login& login) override {
        return login.later([](LaterOf<Login> later) { std::move(later).decide(Decision::refuse("no")); });
    }
    Decision on_register(Registration& wanted) override {
        return wanted.later([](LaterOf<Registration> later) { std::move(later).decide(Decision::go_on()); });
    }
    Decision on_connect(Visitor& visit) override {
        return visit.later([](LaterOf<Visitor> later) { std::move(later).decide(Decision::go_on()); });
    }
    void on_visit_close(Visitor&, const VisitOutcome&) override { ++closed; }
    Decision on_request(Exchange& exchange) override {
        return exchange.collect(0, [](Exchange& collected, Text body) {
            return collected.later([size = body.size()](Later later) {
                std::move(later).decide(Decision::respond({200, {}, std::to_string(size)}));
            });
        });
    }
};

/// Keeps what it owes for ever.
class Silent final : public Plugin {
public:
    static constexpr Description description{.name = "silent", .version = "1"};
    static inline std::vector<LaterOf<Visitor>> owed;

    Decision on_connect(Visitor& visit) override {
        return visit.later([](LaterOf<Visitor> later) { owed.push_back(std::move(later)); });
    }
};

}  // namespace

TEST_CASE("harness: a login's notes reach its registration, and those the visitors", "[harness]") {
    TellingPorter::told.clear();
    TestSessions sessions = TestSessions::of<TellingPorter>();
    TestQuestion login = sessions.login({.name = "laptop", .token = "team"});
    REQUIRE(login.accepted());
    CHECK(login.note("who") == "laptop/team");
    TestQuestion service = sessions.registration({.name = "web", .kind = "http", .hosts = {"a.test"}}, {}, &login);
    REQUIRE(service.accepted());
    CHECK(service.hosts() == std::vector<std::string>{"given.example.com"});
    CHECK(service.limit(Limit::body_max) == 1'000);
    CHECK_FALSE(service.limit(Limit::upgrades));
    CHECK(service.note("plan") == "gold of laptop/team");
    TestQuestion visit = sessions.visit({.host = "a.test"}, {.kind = "tls"}, {}, &service);
    CHECK(visit.accepted());
    CHECK_FALSE(visit.over());
    visit.close(7, 9);
    visit.close(1, 1);  // once
    CHECK(visit.over());
    TestQuestion refused = sessions.visit({.address = "203.0.113.5"});
    CHECK(refused.refused());
    CHECK_FALSE(refused.failed());
    CHECK(refused.words() == "not you");
    CHECK(refused.refused_by() == "porter");
    { TestQuestion left = sessions.visit(); }
    CHECK(TellingPorter::told == std::vector<std::string>{"192.0.2.1 gold of laptop/team a.test", "close 2 7 9",
                                                          "203.0.113.5  ", "close 0 0 0", "192.0.2.1  ",
                                                          "close 2 0 0"});
    CHECK(sessions.login({.name = "stranger"}).words() == "we do not know you");
}

TEST_CASE("harness: a session's decision comes early, late, twice, after the end, never", "[harness]") {
    std::set<DecisionTime> seen;
    for_each_case({TestChain::use<OwesDecisions>()}, [&](TestSessions& sessions, const TestCase& one) {
        OwesDecisions::closed = 0;
        seen.insert(one.when);
        CHECK(sessions.decision_time() == one.when);
        TestQuestion visit = sessions.visit();
        CHECK(visit.accepted() == one.decides());
        CHECK(visit.over() == !one.decides());
        CHECK(visit.refused() == (one.when == DecisionTime::never));
        CHECK(visit.failed() == (one.when == DecisionTime::never));
        visit.close();
        CHECK(OwesDecisions::closed == 1);
        TestQuestion login = sessions.login();
        CHECK(login.refused() == (one.when != DecisionTime::after_end));
        CHECK(login.words() == (one.decides() ? "no" : ""));
        CHECK(sessions.registration().accepted() == one.decides());
    });
    CHECK(seen == std::set<DecisionTime>(decision_times));
}

TEST_CASE("harness: the clock ends a wait, and wait() waits in real time", "[harness]") {
    {
        TestSessions sessions = TestSessions::of<Silent>();
        TestQuestion visit = sessions.visit();
        CHECK(visit.waits());
        sessions.advance(4'999ms);
        CHECK(visit.waits());
        sessions.advance(1ms);
        CHECK(visit.accepted());  // it fails, and is open
        CHECK(sessions.log().size() == 1);
        Silent::owed.clear();
    }
    TestSessions sessions = TestSessions::of<OwesDecisions>();
    TestQuestion visit = sessions.visit();
    visit.wait();
    CHECK(visit.accepted());
}

TEST_CASE("harness: all cuts with all times, and what fails names its case", "[harness]") {
    const std::string body = "abcd";
    std::set<std::pair<DecisionTime, std::vector<std::size_t>>> seen;
    for_each_case({TestChain::use<OwesDecisions>()}, body.size(), [&](TestChain& chain, const TestCase& one) {
        seen.insert({one.when, one.cuts});
        TestExchange exchange = chain.request({.method = "POST", .body = body, .cuts = one.cuts});
        if (one.decides()) {
            CHECK(exchange.answer().body == "4");
        } else {
            CHECK(exchange.over() == (one.when == DecisionTime::after_end));
        }
    });
    CHECK(seen.size() == decision_times.size() * body_cuts(body.size()).size());
    std::string text;
    try {
        for_each_case({TestChain::use<OwesDecisions>()}, body.size(), [](TestChain&, const TestCase& one) {
            if (one.when == DecisionTime::twice && one.cuts == std::vector<std::size_t>{1, 3}) {
                throw std::runtime_error("odd");
            }
        });
    } catch (const std::runtime_error& error) {
        text = error.what();
    }
    CHECK(text == "cut at 1, 3; decisions twice: odd");
}

TEST_CASE("harness: mistakes are told", "[harness]") {
    TestSessions sessions = TestSessions::of<TellingPorter>();
    CHECK_THROWS_AS(sessions.registration({.kind = "gopher"}), std::invalid_argument);
    CHECK_THROWS_AS(TestSessions({}), std::invalid_argument);
    CHECK(sessions.registration({.kind = "udp"}).accepted());
}

}  // namespace ferrotunnel::test
