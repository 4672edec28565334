// Bodies that instances observe, transform and collect, without a run.
#include <algorithm>
#include <string>

#include "base/limits.hpp"
#include "plugin/observed_body.hpp"
#include "unit/plugin/instance_options.hpp"
#include "unit/plugin/run_parts.hpp"

namespace ferrotunnel::test {
namespace {

using namespace ferrotunnel::plugin;
using hooks::Collected;

/// What a plugin gives with a body, and what becomes of it.
struct BodyUser {
    std::string seen;
    int calls = 0;
    int released = 0;
    ft_decision decision = FT_GO_ON;

    static std::int32_t observe(void* user, ft_text piece, std::int32_t) {
        static_cast<BodyUser*>(user)->seen.append(piece.data, piece.size);
        return FT_GO_ON;
    }
    static std::int32_t chunk(void*, ft_text, std::int32_t, ft_sink*) { return FT_GO_ON; }
    static ft_decision then(ft_exchange*, void* user, ft_text body) {
        auto& self = *static_cast<BodyUser*>(user);
        ++self.calls;
        self.seen.assign(body.data, body.size);
        return self.decision;
    }
    static void release(void* user) { ++static_cast<BodyUser*>(user)->released; }

    CollectCallback callback(std::size_t max = 0) { return {then, this, release, max}; }
    static ft_body_filter filter() { return {sizeof(ft_body_filter), chunk, nullptr, release, nullptr}; }
};

/// Counts what it is asked.
struct CountingJudge final : ObservedBody::Judge {
    ft_decision on_observed(std::size_t, const CollectCallback& callback, std::string_view body) noexcept override {
        return callback.then(nullptr, callback.user, {body.data(), body.size()});
    }
    void on_observed_too_large(std::size_t) noexcept override { ++too_large; }

    int too_large = 0;
};

constexpr const char* of_five = "Content-Length: 5\r\n";

}  // namespace

TEST_CASE("body run: a hook asks for the body of its phase, and a failure takes that back", "[plugin][parts]") {
    PartsRig rig;
    RunParts parts(rig, "POST /a", of_five);
    BodyUser user;
    CHECK_FALSE(parts.bodies.observe(FT_REQUEST, BodyUser::observe, &user, BodyUser::release));  // in no hook
    parts.enter(RunPhase::request);
    CHECK_FALSE(parts.bodies.observe(FT_RESPONSE, BodyUser::observe, &user, BodyUser::release));
    const BodyRun::Mark before = parts.bodies.mark();
    CHECK(parts.bodies.body(FT_REQUEST) == nullptr);
    CHECK(parts.bodies.observe(FT_REQUEST, BodyUser::observe, &user, BodyUser::release));
    REQUIRE(parts.bodies.body(FT_REQUEST) != nullptr);
    parts.bodies.body(FT_REQUEST)->observe("hello", true);
    CHECK(user.seen == "hello");
    CHECK(user.released == 0);
    parts.bodies.roll_back(before);
    CHECK(user.released == 1);
    CHECK(parts.bodies.body(FT_REQUEST) == nullptr);
}

TEST_CASE("body run: what does not hold for a transformed body leaves its head", "[plugin][parts]") {
    PartsRig rig;
    RunParts parts(rig);
    BodyUser user;
    bool is_unused = false;
    parts.respond("ETag: \"x\"\r\n");
    http::Edits none;
    parts.bodies.weaken_etag(parts.heads);
    CHECK(parts.bodies.put_framing(FT_RESPONSE, none));
    CHECK(none.all().empty());
    CHECK(parts.bodies.transform(FT_RESPONSE, BodyUser::filter(), &user, is_unused));
    CHECK_FALSE(is_unused);
    parts.bodies.weaken_etag(parts.heads);
    http::Edits edits;
    CHECK(parts.bodies.put_framing(FT_RESPONSE, edits));
    CHECK(std::any_of(edits.all().begin(), edits.all().end(),
                      [](const http::Edits::Edit& edit) { return edit.value == "W/\"x\""; }));
    parts.bodies.drop_response();
    CHECK(user.released == 1);
    CHECK(parts.bodies.put_framing(FT_RESPONSE, none));
    CHECK(none.all().empty());
}

TEST_CASE("body run: parts of a response and protocols that follow it are not transformed", "[plugin][parts]") {
    PartsRig rig({observing_instance});
    RunParts parts(rig);
    BodyUser user;
    bool is_unused = false;
    parts.respond("", 206);
    CHECK_FALSE(parts.bodies.transform(FT_RESPONSE, BodyUser::filter(), &user, is_unused));
    CHECK_FALSE(is_unused);
    parts.respond();
    CHECK_FALSE(parts.bodies.transform(FT_RESPONSE, BodyUser::filter(), &user, is_unused));
    CHECK(is_unused);  // the instance observes
    parts.position.answer.switches = true;
    CHECK_FALSE(parts.bodies.observe(FT_RESPONSE, BodyUser::observe, &user, BodyUser::release));
    CHECK_FALSE(parts.collection.collect(user.callback()));
}

TEST_CASE("body collection: a hook has one body, whole, and decides on it once", "[plugin][parts]") {
    PartsRig rig;
    RunParts parts(rig, "POST /a", of_five);
    BodyCollection& collection = parts.collection;
    BodyUser user;
    CHECK_FALSE(collection.collect(user.callback()));  // in no hook
    parts.enter(RunPhase::request);
    collection.begin_hook();
    CHECK(collection.max() == 0);
    CHECK(collection.collect(user.callback()));
    CHECK_FALSE(collection.collect(user.callback()));
    CHECK(collection.has_callback());
    CHECK_FALSE(collection.awaits_body());
    collection.begin();
    CHECK(collection.awaits_body());
    CHECK(collection.max() == limits::plugin_collect_default);
    CHECK(collection.add("hello") == Collected::kept);
    collection.end();
    CHECK_FALSE(collection.awaits_body());
    CHECK(collection.fits());
    CHECK(collection.decide(nullptr) == FT_GO_ON);
    CHECK(user.seen == "hello");
    CHECK(user.calls == 1);
    CHECK(user.released == 1);
    CHECK_FALSE(collection.collect(user.callback()));  // what follows that decision
    collection.begin_hook();
    CHECK(collection.collect(user.callback(4)));  // of another instance, which takes less
    collection.begin();
    CHECK_FALSE(collection.awaits_body());
    CHECK_FALSE(collection.fits());
    collection.drop();
    CHECK(user.released == 2);
    CHECK(collection.bytes(FT_REQUEST) == "hello");
    collection.drop_bytes(FT_REQUEST);
    CHECK(parts.chain->collected().taken() == 0);
}

TEST_CASE("body collection: bounds and failures", "[plugin][parts]") {
    PartsRig rig;
    RunParts parts(rig, "POST /a", of_five);
    BodyCollection& collection = parts.collection;
    BodyUser user;
    parts.enter(RunPhase::request);
    REQUIRE(collection.collect(user.callback(2 * limits::plugin_collect_max)));
    collection.begin();
    CHECK(collection.max() == limits::plugin_collect_max);
    CHECK(collection.add(std::string(limits::plugin_collect_max, 'a')) == Collected::kept);
    CHECK(collection.add("a") == Collected::too_large);
    collection.fail("the visitor is gone");
    CHECK_FALSE(collection.awaits_body());
    CHECK_FALSE(collection.fits());
    CHECK(collection.failure() == "the visitor is gone");
    collection.drop();
    CHECK(collection.failure().empty());
    CHECK(user.calls == 0);
    CHECK(user.released == 1);
}

TEST_CASE("body collection: another response begins again", "[plugin][parts]") {
    PartsRig rig;
    RunParts parts(rig);
    BodyCollection& collection = parts.collection;
    BodyUser user;
    parts.respond();
    REQUIRE(collection.collect(user.callback()));
    collection.begin();
    CHECK(collection.add("old") == Collected::kept);
    collection.end();
    CHECK(collection.is_whole());
    collection.drop();
    collection.drop_response();
    CHECK(collection.bytes(FT_RESPONSE).empty());
    CHECK_FALSE(collection.is_whole());
    CHECK(user.released == 1);
}

TEST_CASE("observed body: it is judged once, when it is whole and not too large", "[plugin][parts]") {
    PartsRig rig;
    RunParts parts(rig, "POST /a", of_five);
    BodyUser user;
    CountingJudge judge;
    const auto observed = [&](std::size_t max) {
        parts.enter(RunPhase::request);
        REQUIRE(parts.collection.collect(user.callback(max)));
        return std::make_unique<ObservedBody>(judge, parts.chain->collected(), 0, parts.collection);
    };
    {
        auto body = observed(5);
        CHECK_FALSE(parts.collection.has_callback());
        CHECK(body->add("hel", false) == FT_GO_ON);
        CHECK(user.calls == 0);
        user.decision = FT_FAILED;
        CHECK(body->add("lo", true) == FT_FAILED);
        CHECK(user.seen == "hello");
        CHECK(body->add("", true) == FT_GO_ON);
    }
    CHECK(user.calls == 1);
    CHECK(user.released == 1);
    {
        auto body = observed(4);
        CHECK(body->add("hello", true) == FT_GO_ON);
        CHECK(judge.too_large == 1);
    }
    CHECK(user.calls == 1);
    CHECK(user.released == 2);
    CHECK(parts.chain->collected().taken() == 0);
}

}  // namespace ferrotunnel::test
