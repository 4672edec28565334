// What a hook may do with its exchange, and the reply that it makes, without a run.
#include <memory>
#include <string>
#include <utility>

#include "plugin/failure_reason.hpp"
#include "plugin/hook_exchange.hpp"
#include "unit/plugin/instance_options.hpp"
#include "unit/plugin/run_parts.hpp"

namespace ferrotunnel::test {
namespace {

using namespace ferrotunnel::plugin;

/// The exchange of a hook with all parts.
struct HookExchangeParts : RunParts, private DecisionWait::Owner {
    explicit HookExchangeParts(PluginRig& rig)
        : RunParts(rig), exchange({at, heads, notes, selection, bodies, collection, reply, states, wait, rig}) {}

    void on_decision() noexcept override {}

    HookReply reply;
    InstanceStates states;
    DecisionWait wait{chain, "token", heads.bytes(), *this};
    HookExchange exchange;
};

std::uint64_t edits_of(const PluginRig& rig) {
    return rig.chain.instances[0]->counts().sum(Count::edits);
}

}  // namespace

TEST_CASE("hook exchange: nothing is changed outside of hooks", "[plugin][parts]") {
    PartsRig rig;
    HookExchangeParts parts(rig);
    HookExchange& exchange = parts.exchange;
    parts.position.phase = RunPhase::request;
    int released = 0;
    CHECK(exchange.get(FT_PATH) == "/a");
    CHECK_FALSE(exchange.edit(FT_REQUEST, FT_SET, "X-A", "1"));
    CHECK_FALSE(exchange.set_target("/b", ""));
    CHECK_FALSE(exchange.set_note("a", "b"));
    CHECK_FALSE(exchange.answer(200, {}, "hello"));
    CHECK_FALSE(exchange.reject(403, "no", {}));
    CHECK(exchange.later(0).ticket == nullptr);
    exchange.set_state(&released, [](void* count) { ++*static_cast<int*>(count); });
    CHECK(released == 1);
    CHECK(exchange.state() == nullptr);
    CHECK(edits_of(rig) == 0);
}

TEST_CASE("hook exchange: a hook changes the head of its phase", "[plugin][parts]") {
    PartsRig rig;
    HookExchangeParts parts(rig);
    HookExchange& exchange = parts.exchange;
    parts.enter(RunPhase::request);
    CHECK(exchange.edit(FT_REQUEST, FT_SET, "X-A", "1"));
    CHECK_FALSE(exchange.edit(FT_RESPONSE, FT_SET, "X-A", "1"));
    CHECK_FALSE(exchange.edit(FT_REQUEST, FT_REMOVE + 1, "X-A", "1"));
    CHECK_FALSE(exchange.edit(FT_REQUEST, FT_SET, "Content-Length", "1"));
    CHECK(exchange.set_target("/b", "?x"));
    CHECK_FALSE(exchange.set_target("/other", ""));  // another service's
    CHECK_FALSE(exchange.set_target("b", ""));
    CHECK(exchange.set_note("user", "ann"));
    CHECK(exchange.note("user") == "ann");
    CHECK(exchange.get(FT_PATH) == "/b");
    CHECK(exchange.get(FT_QUERY) == "?x");
    CHECK(edits_of(rig) == 3);
    parts.respond("", 404);
    CHECK(exchange.status() == 404);
    CHECK_FALSE(exchange.set_target("/c", ""));
    parts.enter(RunPhase::close);
    parts.position.closing_status = 200;
    CHECK(exchange.status() == 200);
    CHECK_FALSE(exchange.answer(200, {}, ""));
    CHECK(exchange.later(0).ticket == nullptr);
}

TEST_CASE("hook exchange: an instance that observes changes nothing, and is counted", "[plugin][parts]") {
    PartsRig rig({observing_instance});
    HookExchangeParts parts(rig);
    parts.enter(RunPhase::request);
    CHECK(parts.exchange.edit(FT_REQUEST, FT_SET, "X-A", "1"));
    CHECK(parts.exchange.set_target("/b", ""));
    CHECK(parts.exchange.set_note("user", "ann"));
    CHECK_FALSE(parts.heads.field(FT_REQUEST, "X-A", 0));
    CHECK(parts.exchange.get(FT_PATH) == "/a");
    CHECK(parts.exchange.note("user").empty());
    CHECK(edits_of(rig) == 3);
}

TEST_CASE("hook reply: it is checked, and good once", "[plugin][parts]") {
    HookReply reply;
    FailureReason::clear();
    CHECK(HookReply::may_answer(200, {{"X-A", "1"}}, "hello"));
    CHECK(FailureReason::get_or("").empty());
    CHECK_FALSE(HookReply::may_answer(600, {}, ""));
    CHECK(FailureReason::get_or("").find("600") != std::string_view::npos);
    CHECK_FALSE(HookReply::may_answer(204, {}, "hello"));
    CHECK_FALSE(HookReply::may_answer(200, {{"Content-Length", "1"}}, ""));
    CHECK(HookReply::may_reject(403, "ip_denied", {}));
    CHECK_FALSE(HookReply::may_reject(402, "ip_denied", {}));
    CHECK_FALSE(HookReply::may_reject(403, "not a code", {}));

    CHECK_FALSE(reply.take_made());
    reply.answer("auth", 201, {{"X-A", "1"}}, "hello");
    CHECK(reply.take_made());
    CHECK_FALSE(reply.take_made());
    hooks::Reply taken = reply.take();
    CHECK(taken.status == 201);
    CHECK(taken.body == "hello");
    CHECK(taken.why == "the plugin auth answered");
    reply.reject("auth", 403, "ip_denied", {});
    taken = reply.take();
    CHECK(taken.page == http::PageState::forbidden);
    CHECK(taken.code == "ip_denied");
    CHECK(taken.status == 0);
    taken = {};
    taken.page = http::PageState::busy;
    reply.set(std::move(taken));
    CHECK(reply.take().page == http::PageState::busy);
    CHECK_FALSE(reply.take().page);
}

}  // namespace ferrotunnel::test
