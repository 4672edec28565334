// Bodies of answers that are collected in a run: what decides on them, bounds, and who fails where they cannot be.
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "unit/plugin/asking_plugins.hpp"
#include "unit/plugin/instance_options.hpp"
#include "unit/plugin/run_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugin;
using namespace ferrotunnel::test;
using hooks::Collected;
using hooks::Step;

namespace {

// Answers go backwards: of both plugins, Second is asked first.
struct AnswersFixture : PluginRig {
    AnswersFixture() { First::request = First::response = Second::request = Second::response = nullptr; }
    /// A request that all let pass, and its answer's head.
    Step respond() {
        begin();
        REQUIRE(ask() == Step::go_on);
        return answer();
    }
};

/// Notes what it has seen in `seen`, and lets it pass.
std::function<Decision(Exchange&)> collects(std::size_t max, std::string& seen) {
    return [max, &seen](Exchange& exchange) {
        return exchange.collect(max, [&seen](Exchange& again, Text body) {
            seen += std::string(body) + "|";
            again.add(plugin::Side::response, "X-Size", std::to_string(body.size()));
            return Decision::go_on();
        });
    };
}

}  // namespace

TEST_CASE("answers: a body is collected once for all who want it", "[plugin][bodies]") {
    AnswersFixture rig;
    std::string seen;
    First::response = Second::response = collects(10, seen);
    rig.add<First>();
    rig.add<Second>();
    REQUIRE(rig.respond() == Step::collect);
    CHECK(rig.run->collect_max() == 10);
    CHECK(rig.run->collect("hel") == Collected::kept);
    CHECK(rig.ask_answer() == Step::collect);
    CHECK(rig.run->collect("lo") == Collected::kept);
    rig.run->collect_end();
    REQUIRE(rig.ask_answer() == Step::go_on);
    CHECK(seen == "hello|hello|");
    CHECK(rig.shown().find("X-Size: 5\r\nX-Size: 5\r\n") != std::string::npos);
    CHECK(rig.run->collected(hooks::Side::response) == "hello");
    CHECK(rig.run->collected(hooks::Side::request).empty());
    rig.run->drop_collected(hooks::Side::response);
    CHECK(rig.worker->collected() == 0);
    rig.end();
}

TEST_CASE("answers: both bodies of an exchange are collected, each for itself", "[plugin][bodies]") {
    AnswersFixture rig;
    std::string seen;
    First::response = collects(10, seen);
    First::request = [&seen](Exchange& exchange) {
        return exchange.collect(10, [&seen](Exchange&, Text body) {
            seen += std::string(body) + "|";
            return Decision::go_on();
        });
    };
    rig.add<First>(closed_instance);
    rig.begin("POST /a", "Content-Length: 2\r\n");
    REQUIRE(rig.ask() == Step::collect);
    (void)rig.run->collect("up");
    rig.run->collect_end();
    REQUIRE(rig.ask() == Step::go_on);
    REQUIRE(rig.answer() == Step::collect);
    (void)rig.run->collect("down");
    rig.run->collect_end();
    REQUIRE(rig.ask_answer() == Step::go_on);
    CHECK(seen == "up|down|");
    CHECK(rig.run->collected(hooks::Side::request) == "up");
    CHECK(rig.run->collected(hooks::Side::response) == "down");
    rig.end();
    CHECK(rig.worker->collected() == 0);
}

TEST_CASE("answers: another answer is collected again", "[plugin][bodies]") {
    AnswersFixture rig;
    std::string seen;
    First::response = collects(10, seen);
    Second::response = [](Exchange& exchange) {
        return exchange.collect(10, [](Exchange&, Text) { return Decision::respond({403, {}, "no"}); });
    };
    rig.add<First>();
    rig.add<Second>();
    REQUIRE(rig.respond() == Step::collect);
    (void)rig.run->collect("secret");
    rig.run->collect_end();
    REQUIRE(rig.ask_answer() == Step::answer);
    CHECK(rig.run->take_reply().body == "no");
    rig.run->drop_answer();
    CHECK(rig.worker->collected() == 0);
    REQUIRE(rig.answer(403) == Step::collect);  // only First is left
    (void)rig.run->collect("no");
    rig.run->collect_end();
    REQUIRE(rig.ask_answer() == Step::go_on);
    CHECK(seen == "no|");
    rig.end();
}

TEST_CASE("answers: an answer that cannot be collected is a failure of whoever wants it", "[plugin][bodies]") {
    for (const bool is_closed : {false, true}) {
        AnswersFixture rig;
        std::string seen;
        First::response = collects(4, seen);
        rig.add<First>(is_closed ? closed_instance : InstanceOptions{});
        REQUIRE(rig.respond() == Step::collect);
        CHECK(rig.run->collect("hell") == Collected::kept);
        CHECK(rig.run->collect("o") == Collected::too_large);
        rig.run->collect_failed("the test says so");
        REQUIRE(rig.ask_answer() == (is_closed ? Step::answer : Step::go_on));
        if (is_closed) {
            CHECK(rig.run->take_reply().page == http::PageState::internal_error);
        } else {
            CHECK(rig.run->collected(hooks::Side::response) == "hell");  // continues before the rest
        }
        CHECK(seen.empty());
        CHECK(rig.log.count("a plugin failed") == 1);
        rig.end();
        CHECK(rig.worker->collected() == 0);
    }
}

TEST_CASE("answers: a second collector with a smaller bound fails, one with a larger gets the rest",
          "[plugin][bodies]") {
    AnswersFixture rig;
    std::string seen;
    Second::response = collects(10, seen);
    First::response = collects(4, seen);
    rig.add<First>();
    rig.add<Second>();
    REQUIRE(rig.respond() == Step::collect);
    (void)rig.run->collect("hello");
    rig.run->collect_end();
    REQUIRE(rig.ask_answer() == Step::go_on);
    CHECK(seen == "hello|");
    rig.end();

    seen.clear();
    Second::response = collects(4, seen);
    First::response = collects(10, seen);
    REQUIRE(rig.respond() == Step::collect);
    (void)rig.run->collect("hell");
    CHECK(rig.run->collect("o") == Collected::too_large);
    rig.run->collect_failed("the test says so");
    REQUIRE(rig.ask_answer() == Step::collect);
    CHECK(rig.run->collect("o") == Collected::kept);
    rig.run->collect_end();
    REQUIRE(rig.ask_answer() == Step::go_on);
    CHECK(seen == "hello|");
    rig.end();
}

TEST_CASE("limit: answers are collected within the worker's budget", "[plugin][bodies]") {
    AnswersFixture rig;
    std::string seen;
    First::response = collects(SIZE_MAX, seen);
    rig.add<First>();
    rig.waits.collected_max = 64 * 1024;
    REQUIRE(rig.respond() == Step::collect);
    CHECK(rig.run->collect_max() == limits::plugin_collect_max);
    CHECK(rig.run->collect(std::string(64 * 1024, 'a')) == Collected::kept);
    CHECK(rig.run->collect("a") == Collected::no_room);
    rig.run->collect_failed("no room");
    CHECK(rig.ask_answer() == Step::go_on);
    rig.end();
    CHECK(rig.worker->collected() == 0);
}

TEST_CASE("answers: what has collected may wait, and the other way round", "[plugin][bodies]") {
    AnswersFixture rig;
    std::vector<Later> owed;
    First::response = [&](Exchange& exchange) {
        return exchange.later([&](Later later) {
            std::move(later).resume([&](Exchange& resumed) {
                return resumed.collect(10, [&](Exchange& with_body, Text body) {
                    CHECK(body == "hello");
                    return with_body.later([&](Later second) { owed.push_back(std::move(second)); });
                });
            });
        });
    };
    rig.add<First>();
    REQUIRE(rig.respond() == Step::wait);
    REQUIRE(rig.deliver() == 1);
    REQUIRE(rig.ask_answer() == Step::collect);
    rig.now += std::chrono::minutes(10);  // the backend's time is not the plugin's
    (void)rig.run->collect("hello");
    rig.run->collect_end();
    REQUIRE(rig.ask_answer() == Step::wait);
    CHECK(rig.run->wait_until() > rig.now);
    std::move(owed.back()).decide(Decision::go_on());
    REQUIRE(rig.deliver() == 1);
    CHECK(rig.ask_answer() == Step::go_on);
    rig.end();
}

TEST_CASE("answers: what follows a change of protocols is not collected, and observers collect nothing",
          "[plugin][bodies]") {
    AnswersFixture rig;
    std::string seen;
    First::response = collects(10, seen);
    rig.add<First>(closed_instance);
    rig.begin();
    REQUIRE(rig.ask() == Step::go_on);
    http::Edits edits;
    CHECK(rig.run->response({101, hooks::Origin::backend, nullptr, &edits, true}, rig.now) == Step::answer);
    rig.end();

    AnswersFixture observed;
    First::response = collects(10, seen);
    observed.add<First>(observing_instance);
    CHECK(observed.respond() == Step::go_on);
    CHECK(seen.empty());
    observed.end();
}
