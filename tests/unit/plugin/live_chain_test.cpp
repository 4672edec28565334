// Chains that take the place of one another: what stays, what is made again, and what it is handed.
#include "plugin/live_chain.hpp"

#include "plugin/control_call.hpp"
#include "unit/plugin/run_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugin;
using ferrotunnel::test::RecordingLogger;

namespace {

/// Counts how often it was handed on.
class Heir final : public Plugin {
public:
    static constexpr Description description{.name = "heir", .version = "1", .schema = R"({"type": "object",
        "properties": {"words": {"type": "string", "default": "none"}}})"};
    static inline int living = 0;
    static inline std::vector<std::string> events;

    Heir(const Settings& settings, Heir* before)
        : words(settings.text("words").value()), generation(before != nullptr ? before->generation + 1 : 0) {
        if (words == "unmade") {
            throw std::runtime_error("no such words");
        }
        ++living;
    }
    ~Heir() override {
        events.push_back("destroy " + words);
        --living;
    }
    void start() override {
        CHECK(ControlCall::here());
        events.push_back("start " + words);
    }
    void stop() override { events.push_back("stop " + words); }

    const std::string words;
    const int generation;
};

class Other final : public Plugin {
public:
    static constexpr Description description{.name = "other", .version = "1"};
};

struct LiveChainFixture {
    LiveChainFixture() { Heir::events.clear(); }
    template <typename Class>
    RequestedInstance want(std::string id, std::string settings = {}) {
        PluginUse use{.library = &library<Class>, .settings = settings};
        auto prepared = prepare(use.library, {}, settings, {});
        REQUIRE(prepared);
        InstanceOptions options;
        options.id = std::move(id);
        return {std::move(use), std::move(*prepared), std::move(options)};
    }
    void change(std::vector<RequestedInstance> wanted) {
        auto next = chain.next(std::move(wanted), instances);
        REQUIRE(next);
        chain = std::move(*next);
        chain.start(instances);
    }
    const Heir& at(std::size_t i) { return *static_cast<const Heir*>(chain.chain()->instances[i]->object()); }

    RecordingLogger log;
    Instances instances{log};
    LiveChain chain;
};

}  // namespace

TEST_CASE("live chain: what has not changed stays, wherever it stands now", "[plugin]") {
    LiveChainFixture rig;
    rig.change({rig.want<Heir>("a", "{words: x}"), rig.want<Heir>("b")});
    const auto before = rig.chain.chain()->instances;
    rig.change({rig.want<Heir>("b", "{words: none}"), rig.want<Heir>("c"), rig.want<Heir>("a", "{\"words\": \"x\"}")});
    const auto& now = rig.chain.chain()->instances;
    CHECK(now[0] == before[1]);
    CHECK(now[2] == before[0]);
    CHECK(rig.at(1).generation == 0);
    CHECK(Heir::events == std::vector<std::string>{"start x", "start none", "start none"});
    CHECK(rig.instances.living() == 3);
}

TEST_CASE("live chain: what has changed is made again, and handed the one before it", "[plugin]") {
    LiveChainFixture rig;
    rig.change({rig.want<Heir>("a", "{words: x}")});
    rig.change({rig.want<Heir>("a", "{words: y}")});
    CHECK(rig.at(0).generation == 1);
    RequestedInstance other_policy = rig.want<Heir>("a", "{words: y}");
    other_policy.use.on_failure = PluginFailure::closed;
    other_policy.options.closed = true;
    rig.change({std::move(other_policy)});
    CHECK(rig.at(0).generation == 2);
    rig.change({rig.want<Heir>("b", "{words: y}")});  // another name: nobody's heir
    CHECK(rig.at(0).generation == 0);
    rig.change({rig.want<Other>("b")});
    rig.change({rig.want<Heir>("b")});  // another type's object is not handed on
    CHECK(rig.at(0).generation == 0);
    rig.instances.destroy_retired();
    CHECK(rig.instances.living() == 1);
    CHECK(Heir::living == 1);
}

TEST_CASE("live chain: an instance ends when the last who has it has gone, stopped first", "[plugin]") {
    LiveChainFixture rig;
    rig.change({rig.want<Heir>("a", "{words: x}")});
    {
        const std::shared_ptr<const Chain> held = rig.chain.chain();
        rig.change({});
        CHECK_FALSE(rig.chain.chain());
        rig.instances.destroy_retired();
        CHECK(Heir::living == 1);
    }
    rig.instances.destroy_retired();
    CHECK(Heir::events == std::vector<std::string>{"start x", "stop x", "destroy x"});
}

TEST_CASE("live chain: a mistake changes nothing", "[plugin]") {
    LiveChainFixture rig;
    rig.change({rig.want<Heir>("a", "{words: x}")});
    const auto before = rig.chain.chain();
    const auto next =
        rig.chain.next({rig.want<Heir>("a", "{words: y}"), rig.want<Heir>("b", "{words: unmade}"), rig.want<Heir>("c")},
                       rig.instances);
    REQUIRE_FALSE(next);
    CHECK(next.error().index == 1);
    CHECK(next.error().text == "The plugin \"b\" cannot be created: no such words.");
    CHECK(rig.chain.chain() == before);
    rig.instances.destroy_retired();
    CHECK(Heir::events == std::vector<std::string>{"start x", "destroy y"});  // it was never started
}

TEST_CASE("live chain: chains that are still in use are bounded", "[plugin]") {
    LiveChainFixture rig;
    std::vector<LiveChain> held;
    for (std::size_t i = 0; i < limits::plugin_instances_living_max; ++i) {
        rig.change({rig.want<Heir>("a", "{words: '" + std::to_string(i) + "'}")});
        held.push_back(rig.chain);
    }
    const auto next = rig.chain.next({rig.want<Heir>("a", "{words: more}")}, rig.instances);
    REQUIRE_FALSE(next);
    CHECK(next.error().text.find("too many plugins of earlier chains") != std::string::npos);
    held.clear();
    rig.instances.destroy_retired();
    rig.change({rig.want<Heir>("a", "{words: more}")});
    CHECK(rig.at(0).generation == static_cast<int>(limits::plugin_instances_living_max));
}

TEST_CASE("live chain: instances that were let go on any thread end on the control thread", "[plugin][threads]") {
    LiveChainFixture rig;
    rig.instances.start_reaper();
    for (int i = 0; i < 100; ++i) {
        rig.change({rig.want<Heir>("a", "{words: '" + std::to_string(i) + "'}")});
        std::thread([held = rig.chain.chain()]() mutable { held.reset(); }).detach();
    }
    rig.change({});
    rig.instances.finish();
    CHECK(rig.instances.living() == 0);
    CHECK(Heir::living == 0);
}
