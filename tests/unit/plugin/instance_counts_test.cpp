// What is counted of each instance, when it acts and when it only observes.
#include <thread>

#include "unit/plugin/instance_options.hpp"
#include "unit/plugin/session_rig.hpp"

namespace ferrotunnel::test {
namespace {

using namespace ferrotunnel::plugin;
using hooks::Step;

/// Counts in the order of PluginCounts.
using Sums = std::vector<std::uint64_t>;

Sums sums_of(const plugin::Chain& chain, std::size_t i = 0) {
    Sums sums;
    for (const Count what : {Count::asked, Count::answered, Count::edits, Count::bodies, Count::waits, Count::failures,
                             Count::late, Count::slow}) {
        sums.push_back(chain.instances[i]->counts().sum(what));
    }
    return sums;
}

const InstanceOptions acting_instance{"", false, false};

/// Eats what it gets.
class Eats final : public BodyFilter {
public:
    void chunk(Text, bool, Sink&) override {}
};

class Busy final : public Plugin {
public:
    static constexpr Description description{.name = "busy", .version = "1", .guard = true};

    Decision on_request(Exchange& exchange) override {
        exchange.set(Side::request, "X-A", "1");
        exchange.set(Side::request, "Content-Length", "7");  // refused, so it is no edit
        exchange.set_note("a", "1");
        exchange.transform(Side::request, std::make_unique<Eats>());
        return Decision::reject(403, "no");
    }
    Decision on_response(Exchange&) override { return Decision::fail(); }
    Decision on_register(Registration& wanted) override {
        wanted.set_hosts({"c.test"});
        wanted.set_note("a", "1");
        return Decision::refuse("no");
    }
};

class Owing final : public Plugin {
public:
    static constexpr Description description{.name = "owing", .version = "1"};
    static inline std::optional<Later> owed;

    Decision on_request(Exchange& exchange) override {
        return exchange.later([](Later later) { owed.emplace(std::move(later)); });
    }
    Decision on_connect(Visitor& visit) override {
        return visit.later(
            [](LaterOf<Visitor> later) { std::move(later).resume([](Visitor&) { return Decision::refuse("no"); }); });
    }
};

}  // namespace

TEST_CASE("counts: of what was done in a request, and of what would have been", "[plugin][counts]") {
    for (const bool observes : {false, true}) {
        PluginRig rig;
        rig.add<Busy>(observes ? observing_instance : acting_instance);
        for (int i = 0; i < 3; ++i) {
            rig.begin("POST /", "Content-Length: 5\r\n");
            CHECK(rig.ask() == (observes ? Step::go_on : Step::answer));
            CHECK(rig.answer() == Step::go_on);
            rig.end();
        }
        // Whoever answers has no part in the answer; one that observes has let the request pass, and fails then.
        CHECK(sums_of(rig.chain) == (observes ? Sums{6, 3, 6, 3, 0, 3, 0, 0} : Sums{3, 3, 6, 3, 0, 0, 0, 0}));
        CHECK(rig.log.count("a plugin would have changed something") == (observes ? 9 : 0));
        // The time of each hook, also of one that observes.
        const InstanceCounts& counts = rig.chain.instances[0]->counts();
        CHECK(counts.time(HookKind::request).calls == 3);
        CHECK(counts.time(HookKind::response).calls == (observes ? 3 : 0));
        CHECK(counts.time(HookKind::connect).calls == 0);
    }
}

TEST_CASE("counts: the log has a would-be change by its name, without its value", "[plugin][counts]") {
    PluginRig rig;
    rig.add<Busy>(observing_instance);
    rig.begin("POST /", "Content-Length: 5\r\n");
    CHECK(rig.ask() == Step::go_on);
    rig.end();
    CHECK(rig.log.count("changed something plugin=busy request=id-1 what=request field name=X-A") == 1);
    CHECK(rig.log.count("changed something plugin=busy request=id-1 what=note name=a") == 1);
    CHECK(rig.log.count("changed something plugin=busy request=id-1 what=request body name=transformed") == 1);
}

TEST_CASE("counts: of registrations", "[plugin][counts][session]") {
    for (const bool observes : {false, true}) {
        SessionRig rig;
        rig.add<Busy>(observes ? observing_instance : acting_instance);
        rig.registration();
        CHECK(rig.ask() == (observes ? Step::go_on : Step::answer));
        rig.run.reset();
        CHECK(sums_of(rig.chain.chain) == Sums{1, 1, 2, 0, 0, 0, 0, 0});
        CHECK(rig.chain.log.count("changed something plugin=busy phase=register") == (observes ? 2 : 0));
    }
}

TEST_CASE("counts: a decision that is owed, and one that is late", "[plugin][counts]") {
    PluginRig rig;
    rig.add<Owing>();
    rig.begin();
    CHECK(rig.ask() == Step::wait);
    std::move(*Owing::owed).resume([](Exchange&) { return Decision::go_on(); });
    CHECK(rig.deliver() == 1);
    CHECK(rig.ask() == Step::go_on);
    rig.end();
    CHECK(sums_of(rig.chain) == Sums{1, 0, 0, 0, 1, 0, 0, 0});
    rig.begin();
    CHECK(rig.ask() == Step::wait);
    rig.run->expire();
    CHECK(rig.ask() == Step::go_on);
    rig.end();
    CHECK(sums_of(rig.chain) == Sums{2, 0, 0, 0, 2, 1, 1, 0});
    Owing::owed.reset();
}

TEST_CASE("counts: one that observes is waited for, and what it decides later is counted and not done",
          "[plugin][counts]") {
    PluginRig rig;
    rig.add<Owing>(observing_instance);
    rig.begin();
    CHECK(rig.ask() == Step::wait);
    std::move(*Owing::owed).resume([](Exchange&) { return Decision::reject(403, "no"); });
    CHECK(rig.deliver() == 1);
    CHECK(rig.ask() == Step::go_on);
    rig.end();
    CHECK(sums_of(rig.chain) == Sums{1, 1, 0, 0, 1, 0, 0, 0});
    rig.begin();
    CHECK(rig.ask() == Step::wait);
    rig.run->expire();
    CHECK(rig.ask() == Step::go_on);
    rig.end();
    CHECK(sums_of(rig.chain) == Sums{2, 1, 0, 0, 2, 1, 1, 0});
    Owing::owed.reset();
}

TEST_CASE("counts: a visitor waits for one that observes, and is let in whatever it decides", "[plugin][counts]") {
    SessionRig rig;
    rig.add<Owing>(observing_instance);
    rig.visit();
    CHECK(rig.ask() == Step::wait);
    CHECK(rig.deliver() == 1);
    CHECK(rig.ask() == Step::go_on);
    rig.close();
    CHECK(sums_of(rig.chain.chain) == Sums{1, 1, 0, 0, 1, 0, 0, 0});
}

TEST_CASE("counts: threads lose none", "[plugin][counts][threads]") {
    InstanceCounts counts;
    constexpr int each = 10'000;
    std::vector<std::thread> threads;
    for (int i = 0; i < 20; ++i) {  // more than there are lines
        threads.emplace_back([&counts] {
            for (int n = 0; n < each; ++n) {
                counts.add(Count::edits);
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(counts.sum(Count::edits) == 20 * each);
    CHECK(counts.sum(Count::asked) == 0);
}

}  // namespace ferrotunnel::test
