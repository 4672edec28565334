// What an observing instance would decide on a body that it wants to have collected: the body passes at once, and the
// decision is counted when it is whole.
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "unit/plugin/body_rig.hpp"
#include "unit/plugin/instance_options.hpp"
#include "unit/plugin/run_rig.hpp"

namespace ferrotunnel::test {
namespace {

using namespace ferrotunnel::plugin;
using hooks::Step;

class Judge final : public Plugin {
public:
    static constexpr Description description{.name = "judge", .version = "1", .guard = true};
    static inline std::function<Decision(Exchange&)> request;

    Decision on_request(Exchange& exchange) override { return request(exchange); }
};

struct ObservedBodiesFixture : PluginRig {
    /// An instance that observes and judges bodies of up to `most` bytes (0: the default).
    explicit ObservedBodiesFixture(std::size_t most, std::function<Decision(Exchange&, Text)> then) {
        Judge::request = [this, most, then = std::move(then)](Exchange& exchange) {
            return exchange.collect(most, [this, then, alive = alive](Exchange& judged, Text body) {
                bodies.emplace_back(body);
                return then(judged, body);
            });
        };
        add<Judge>(observing_instance);
    }
    ~ObservedBodiesFixture() { Judge::request = nullptr; }
    ObservedBodiesFixture(const ObservedBodiesFixture&) = delete;
    ObservedBodiesFixture& operator=(const ObservedBodiesFixture&) = delete;

    /// A request whose body comes in these pieces.
    void post(const std::vector<std::string>& pieces) {
        begin("POST /a", "Transfer-Encoding: chunked\r\n");
        REQUIRE(ask() == Step::go_on);
        REQUIRE(run->body(hooks::Side::request) != nullptr);
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            run->body(hooks::Side::request)->observe(pieces[i], i + 1 == pieces.size());
        }
    }
    std::uint64_t sum(Count what) const { return chain.instances[0]->counts().sum(what); }

    std::vector<std::string> bodies;
    std::shared_ptr<int> alive = std::make_shared<int>();  // shared by continuations that have not been released
};

}  // namespace

TEST_CASE("observed bodies: what is decided on a whole body is counted, and nobody has waited", "[plugin][bodies]") {
    ObservedBodiesFixture rig(0, [](Exchange&, Text) { return Decision::reject(401, "bad_signature"); });
    rig.post({"a piece, ", "another, ", "the last"});
    CHECK(rig.bodies == std::vector<std::string>{"a piece, another, the last"});
    CHECK(rig.sum(Count::bodies) == 1);
    CHECK(rig.sum(Count::answered) == 1);
    CHECK(rig.sum(Count::failures) == 0);
    CHECK(rig.log.count("a plugin would have answered plugin=judge request=id-1 status=401") == 1);
    rig.end();
}

TEST_CASE("observed bodies: a request without a body is decided on at once", "[plugin][bodies]") {
    ObservedBodiesFixture rig(0, [](Exchange&, Text) { return Decision::reject(401, "bad_signature"); });
    rig.begin();
    CHECK(rig.ask() == Step::go_on);
    CHECK(rig.bodies == std::vector<std::string>{""});
    CHECK(rig.sum(Count::answered) == 1);
    rig.end();
}

TEST_CASE("observed bodies: one that is too large would have been answered with 413", "[plugin][bodies]") {
    ObservedBodiesFixture rig(10, [](Exchange&, Text) { return Decision::go_on(); });
    rig.post({"0123456789", "a"});
    CHECK(rig.bodies.empty());
    CHECK(rig.sum(Count::answered) == 1);
    CHECK(rig.log.count("a plugin would have answered plugin=judge request=id-1 status=413") == 1);
    rig.end();
}

TEST_CASE("observed bodies: a body that ends early is not decided on, and all is released", "[plugin][bodies]") {
    ObservedBodiesFixture rig(0, [](Exchange&, Text) { return Decision::reject(401, "bad_signature"); });
    rig.begin("POST /a", "Content-Length: 9\r\n");
    REQUIRE(rig.ask() == Step::go_on);
    rig.run->body(hooks::Side::request)->observe("half", false);
    rig.end();
    CHECK(rig.bodies.empty());
    CHECK(rig.sum(Count::answered) == 0);
    CHECK(rig.alive.use_count() == 1);  // the rig's own
}

TEST_CASE("observed bodies: what could not act changes nothing, and does not wait", "[plugin][bodies]") {
    ObservedBodiesFixture rig(0, [](Exchange& exchange, Text) {
        CHECK(exchange.method() == "POST");
        CHECK_FALSE(exchange.set(Side::request, "X-A", "1"));
        return exchange.later([](Later) {});
    });
    rig.post({"x"});
    CHECK(rig.sum(Count::waits) == 0);
    CHECK(rig.sum(Count::failures) == 1);
    rig.end();
}

TEST_CASE("observed bodies: the worker's budget bounds what is copied", "[plugin][bodies]") {
    ObservedBodiesFixture rig(limits::plugin_collect_max, [](Exchange&, Text) { return Decision::go_on(); });
    rig.waits.collected_max = 64 * 1024;
    rig.post({std::string(64 * 1024, 'a'), "b"});
    CHECK(rig.bodies.empty());
    CHECK(rig.sum(Count::failures) == 1);
    rig.end();
}

}  // namespace ferrotunnel::test
