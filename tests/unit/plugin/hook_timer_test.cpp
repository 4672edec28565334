// Hooks that block their worker: what counts, what is told, and what becomes of the instance.
#include "plugin/hook_timer.hpp"

#include "unit/plugin/hook_times.hpp"
#include "unit/plugin/run_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugin;
using namespace std::chrono_literals;
using ferrotunnel::test::PluginRig;
using Times = ferrotunnel::test::HookTimes;
using hooks::Step;

namespace {

/// Takes as long as the test says, in each hook.
class SlowPlugin final : public Plugin {
public:
    static constexpr Description description{.name = "slow", .version = "1"};
    static inline Duration request{};
    static inline Duration response{};
    static inline Duration close{};
    static inline int requests = 0;
    static inline int closes = 0;

    Decision on_request(Exchange&) override {
        ++requests;
        Times::pass(request);
        return Decision::go_on();
    }
    Decision on_response(Exchange&) override {
        Times::pass(response);
        return Decision::go_on();
    }
    void on_close(Exchange&, const Outcome&) override {
        ++closes;
        Times::pass(close);
    }
};

/// Asks for a body that it does not wait for; what it leaves behind takes its time to go.
class Leaves final : public Plugin {
public:
    static constexpr Description description{.name = "leaves", .version = "1"};

    Decision on_request(Exchange& exchange) override {
        struct Behind {
            ~Behind() { Times::pass(300ms); }
        };
        (void)exchange.collect(0, [behind = std::make_shared<Behind>()](Exchange&, Text) {
            (void)behind;
            return Decision::go_on();
        });
        return Decision::go_on();
    }
};

struct SlowPluginFixture : PluginRig {
    explicit SlowPluginFixture(InstanceOptions options = {}) {
        SlowPlugin::request = SlowPlugin::response = SlowPlugin::close = 0ns;
        SlowPlugin::requests = SlowPlugin::closes = 0;
        add<SlowPlugin>(std::move(options));
    }
    Step whole() {
        begin();
        const Step step = ask();
        if (step == Step::go_on) {
            (void)answer();
        }
        end();
        return step;
    }
    Times times;
};

}  // namespace

TEST_CASE("hook watch: a hook that blocks for a tenth of a second is slow, one that takes less is not", "[plugin]") {
    const Times times;
    HookTimer watch;
    watch.begin();
    Times::pass(99'999'999ns);
    CHECK_FALSE(watch.end());
    watch.begin();
    Times::pass(100ms);
    const auto slow = watch.end();
    REQUIRE(slow);
    CHECK(slow->blocked == 100ms);
    CHECK(slow->is_certain);
}

TEST_CASE("hook watch: time without a processor does not count", "[plugin]") {
    const Times times;
    HookTimer watch;
    watch.begin();
    Times::pass(1ms, 10s);
    CHECK_FALSE(watch.end());
    watch.begin();
    Times::pass(150ms, 10s);
    const auto slow = watch.end();
    REQUIRE(slow);
    CHECK(slow->blocked == 150ms);
    Times::pass(0ms, 60s);  // between hooks: nobody's
    watch.begin();
    Times::pass(100ms);
    CHECK(watch.end());
}

TEST_CASE("hook watch: the system is asked a hundred times a second at most", "[plugin]") {
    const Times times;
    HookTimer watch;
    for (int i = 0; i < 10'000; ++i) {  // a second
        watch.begin();
        Times::pass(100us);
        CHECK_FALSE(watch.end());
    }
    CHECK(Times::readings <= 100);
}

TEST_CASE("hook watch: without the system's account nothing is sure", "[plugin]") {
    const Times times;
    Times::waited.reset();
    HookTimer watch;
    watch.begin();
    Times::pass(10s);
    const auto slow = watch.end();
    REQUIRE(slow);
    CHECK_FALSE(slow->is_certain);
}

TEST_CASE("slow hooks: five within a minute are too many", "[plugin]") {
    SlowHooks slow;
    TimePoint now{1h};
    for (int i = 0; i < 100; ++i) {
        CHECK_FALSE(slow.add(now));
        now += 15'001ms;  // the fifth comes a little more than a minute after the first
    }
    now += 1h;
    for (int i = 0; i < 4; ++i) {
        CHECK_FALSE(slow.add(now));
        now += 15s;
    }
    CHECK(slow.add(now));
}

TEST_CASE("slow hooks: each is named, with its instance", "[plugin]") {
    SlowPluginFixture rig({"sleepy", false, false});
    SlowPlugin::request = 100ms;
    (void)rig.whole();
    CHECK(rig.log.count("a plugin blocked a worker plugin=sleepy hook=request ms=100") == 1);
    SlowPlugin::request = 0ns;
    SlowPlugin::response = 250ms;
    (void)rig.whole();
    CHECK(rig.log.count("plugin=sleepy hook=response ms=250") == 1);
    SlowPlugin::response = 0ns;
    SlowPlugin::close = 1s;
    (void)rig.whole();
    CHECK(rig.log.count("plugin=sleepy hook=close ms=1000") == 1);
    CHECK(rig.log.count("switched off") == 0);
}

TEST_CASE("slow hooks: nobody is blamed for what the one before has left behind", "[plugin]") {
    SlowPlugin::request = SlowPlugin::response = SlowPlugin::close = 0ns;
    PluginRig rig;
    rig.add<Leaves>({"leaves", true, false});
    rig.add<SlowPlugin>({"innocent", true, false});
    const Times times;
    for (int i = 0; i < 6; ++i) {
        rig.begin();
        CHECK(rig.ask() == Step::go_on);
        rig.end();
    }
    CHECK(rig.log.count("plugin=innocent") == 0);
    CHECK(rig.log.count("switched off") == 0);
}

TEST_CASE("slow hooks: after five the failure policy answers, and the log says so once", "[plugin]") {
    for (const bool closed : {true, false}) {
        INFO(closed);
        SlowPluginFixture rig({"sleepy", closed, false});
        SlowPlugin::request = 100ms;
        for (int i = 0; i < 5; ++i) {
            CHECK(rig.log.count("switched off") == 0);
            CHECK(rig.whole() == Step::go_on);
        }
        CHECK(rig.log.count("switched off") == 1);
        CHECK(rig.log.count(closed ? "on_failure=closed" : "on_failure=open") == 1);
        for (int i = 0; i < 5; ++i) {
            rig.begin();
            CHECK(rig.ask() == (closed ? Step::answer : Step::go_on));
            CHECK((rig.run->take_reply().page == http::PageState::plugin_failed) == closed);
            rig.end();
        }
        CHECK(SlowPlugin::requests == 5);
        CHECK(SlowPlugin::closes == 5);  // who has not had the request does not hear of the end
        CHECK(rig.log.count("switched off") == 1);
        CHECK(rig.log.count("a plugin failed") == 0);
    }
}

TEST_CASE("slow hooks: exchanges that are under way hear of their end when the instance is switched off", "[plugin]") {
    SlowPluginFixture rig({"sleepy", false, false});
    SlowPlugin::response = 100ms;
    for (int i = 0; i < 4; ++i) {
        (void)rig.whole();
    }
    rig.begin();
    REQUIRE(rig.ask() == Step::go_on);
    REQUIRE(rig.answer() == Step::go_on);  // the fifth
    CHECK(rig.log.count("switched off") == 1);
    rig.end();
    CHECK(SlowPlugin::closes == 5);
}

TEST_CASE("slow hooks: an instance that may have waited for a processor stays", "[plugin]") {
    SlowPluginFixture rig({"busy", true, false});
    Times::waited.reset();
    SlowPlugin::request = 100ms;
    for (int i = 0; i < 10; ++i) {
        CHECK(rig.whole() == Step::go_on);
    }
    CHECK(rig.log.count("a plugin blocked a worker plugin=busy") == 10);
    CHECK(rig.log.count("switched off") == 0);
}
