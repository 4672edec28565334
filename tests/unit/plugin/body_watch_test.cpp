// Body hooks that block their worker: they are named, and switched off, as those of heads are.
#include "unit/http/parse.hpp"
#include "unit/plugin/body_rig.hpp"
#include "unit/plugin/hook_times.hpp"
#include "unit/plugin/run_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugin;
using namespace std::chrono_literals;
using ferrotunnel::test::HookTimes;
using ferrotunnel::test::Made;
using ferrotunnel::test::pass;
using ferrotunnel::test::PluginRig;
using hooks::BodyFilters;
using hooks::Step;

namespace {

/// Looks at request bodies, or makes another one of them; takes as long as the test says.
class SlowBodies final : public Plugin {
public:
    static constexpr Description description{.name = "slow-bodies", .version = "1"};
    static inline Duration observe{};
    static inline Duration chunk{};
    static inline Duration pull{};
    static inline int looks = 0;

    Decision on_request(Exchange& exchange) override {
        if (exchange.path() == "/look") {
            exchange.observe(Side::request, [](Text) {
                ++looks;
                HookTimes::pass(observe);
            });
        } else {
            exchange.transform(Side::request, filter());
        }
        return Decision::go_on();
    }

private:
    // Writes "<" before each piece, by pull.
    static std::unique_ptr<BodyFilter> filter() {
        return Made::of(
            [](Text in, bool, Sink& out) {
                HookTimes::pass(chunk);
                out.write(in);
                out.more();
            },
            [](Sink& out) {
                HookTimes::pass(pull);
                out.write("<");
            });
    }
};

struct SlowBodiesFixture : PluginRig {
    explicit SlowBodiesFixture(bool closed = false) {
        SlowBodies::observe = SlowBodies::chunk = SlowBodies::pull = 0ns;
        SlowBodies::looks = 0;
        add<SlowBodies>({"sleepy", closed, false});
    }
    /// Begins an exchange up to where its body comes.
    BodyFilters& way(const std::string& path) {
        begin("PUT " + path, "Content-Length: 4\r\n");
        REQUIRE(ask() == Step::go_on);
        BodyFilters* const way = run->body(hooks::Side::request);
        REQUIRE(way != nullptr);
        return *way;
    }
    /// Sends a body in two pieces through the filter.
    std::string filtered() {
        const std::string out = pass(way("/filter"), "abcd", 2);
        end();
        return out;
    }
    HookTimes times;
};

/// The filter has the first piece of two.
void put_first(BodyFilters& way) {
    way.put("ab", false);
    while (!way.take().empty()) {
    }
}

}  // namespace

TEST_CASE("slow body hooks: looks, filters and what they are pulled for are named", "[plugin][bodies]") {
    SlowBodiesFixture rig;
    SlowBodies::observe = 100ms;
    rig.way("/look").observe("abcd", true);
    rig.end();
    CHECK(rig.log.count("a plugin blocked a worker plugin=sleepy hook=body ms=100") == 1);
    SlowBodies::observe = 0ns;
    SlowBodies::pull = 300ms;
    CHECK(pass(rig.way("/filter"), "abcd", 4) == "abcd<");
    rig.end();
    CHECK(rig.log.count("plugin=sleepy hook=body ms=300") == 1);
    SlowBodies::pull = 0ns;
    SlowBodies::chunk = 200ms;
    CHECK(rig.filtered() == "ab<cd<");
    CHECK(rig.log.count("plugin=sleepy hook=body ms=200") == 2);
    CHECK(rig.log.count("switched off") == 0);
}

TEST_CASE("slow body hooks: those that only waited for a processor are not", "[plugin][bodies]") {
    SlowBodiesFixture rig;
    auto& way = rig.way("/filter");
    way.put("ab", false);
    HookTimes::pass(0ns, 10s);
    CHECK(!way.take().empty());
    rig.end();
    CHECK(rig.log.count("it blocked") == 0);
}

TEST_CASE("slow body hooks: after five the instance is switched off, and bodies under way end", "[plugin][bodies]") {
    for (const bool closed : {false, true}) {
        INFO(closed);
        SlowBodiesFixture rig(closed);
        SlowBodies::chunk = 100ms;
        for (int i = 0; i < 2; ++i) {
            CHECK(rig.filtered() == "ab<cd<");
        }
        auto& begun = rig.way("/filter");
        put_first(begun);  // the fifth
        CHECK(rig.log.count("switched off") == 1);
        CHECK(begun.take().empty());
        CHECK(begun.state() == BodyFilters::State::failed);  // its beginning has left: whatever the policy
        rig.end();
        rig.begin("PUT /filter", "Content-Length: 4\r\n");
        CHECK(rig.ask() == (closed ? Step::answer : Step::go_on));
        CHECK(rig.run->body(hooks::Side::request) == nullptr);
        rig.end();
        CHECK(rig.log.count("a plugin failed") == 0);
    }
}

TEST_CASE("slow body hooks: a body that has not begun passes a filter that is switched off, or fails",
          "[plugin][bodies]") {
    for (const bool closed : {false, true}) {
        INFO(closed);
        SlowBodiesFixture rig(closed);
        auto& early = rig.way("/filter");
        const auto kept = std::move(rig.run);
        SlowBodies::chunk = 100ms;
        for (int i = 0; i < 2; ++i) {
            (void)rig.filtered();
        }
        put_first(rig.way("/filter"));
        rig.end();
        REQUIRE(rig.log.count("switched off") == 1);
        CHECK(pass(early, "abcd", 2) == (closed ? "" : "abcd"));
        CHECK(early.state() == (closed ? BodyFilters::State::failed : BodyFilters::State::ended));
        kept->close({});
    }
}

TEST_CASE("slow body hooks: a look that is switched off sees nothing more", "[plugin][bodies]") {
    for (const bool closed : {false, true}) {
        INFO(closed);
        SlowBodiesFixture rig(closed);
        SlowBodies::observe = 100ms;
        auto& way = rig.way("/look");
        for (int i = 0; i < 10; ++i) {
            way.observe("abcd", false);
        }
        CHECK(SlowBodies::looks == 5);
        CHECK((way.state() == BodyFilters::State::failed) == closed);
        rig.end();
    }
}
