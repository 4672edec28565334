// Which instances run for an exchange, and what each of them keeps for it, without a run.
#include <string>

#include "plugin/condition.hpp"
#include "plugin/instance_states.hpp"
#include "unit/plugin/run_parts.hpp"

namespace ferrotunnel::test {
namespace {

using namespace ferrotunnel::plugin;
using Entry = InstanceSelection::Entry;

InstanceOptions selected_by(const ScopeTexts& texts, const std::string& when = "") {
    InstanceOptions options;
    auto scope = read_scope(texts);
    REQUIRE(scope);
    options.scope = *scope;
    if (!when.empty()) {
        auto condition = compile_condition(when);
        REQUIRE(condition);
        options.when = *condition;
    }
    return options;
}

ScopeTexts paths(const std::string& path) {
    ScopeTexts texts;
    texts.paths = {path};
    return texts;
}

}  // namespace

TEST_CASE("instance selection: scope and condition decide when the turn comes", "[plugin][parts]") {
    PartsRig rig({{}, selected_by(paths("/b")), selected_by({}, "request.headers['x-user'] == 'ann'")});
    RunParts parts(rig);
    CHECK(parts.selection.is_clear());
    CHECK(parts.selection.enter(0) == Entry::enters);
    CHECK(parts.selection.enter(1) == Entry::skipped);
    parts.enter(RunPhase::request);
    CHECK(parts.selection.enter(2) == Entry::skipped);
    auto change = FieldLog::make(FieldLog::Kind::set, "X-User", "ann");
    REQUIRE(parts.heads.edit(FT_REQUEST, *change, 9));
    CHECK(parts.selection.enter(2) == Entry::enters);
    CHECK(parts.selection.has_entered(2));
    CHECK_FALSE(parts.selection.has_entered(1));
    parts.selection.leave(2);
    CHECK_FALSE(parts.selection.has_entered(2));
}

TEST_CASE("instance selection: another target has to select the same instances", "[plugin][parts]") {
    PartsRig rig({selected_by(paths("/a")), selected_by({}, "request.path != '/a/secret'")});
    RunParts parts(rig);
    CHECK(parts.selection.is_same_for("/a/b", ""));
    CHECK_FALSE(parts.selection.is_same_for("/b", ""));
    CHECK_FALSE(parts.selection.is_same_for("/a/secret", ""));
}

TEST_CASE("instance selection: a path that is not clear is refused", "[plugin][parts]") {
    ScopeTexts texts;
    texts.reject_ambiguous_paths = true;
    PartsRig rig({selected_by(texts)});
    RunParts parts(rig, "GET /a%2Fb");
    const Entry entry = parts.selection.enter(0);
    CHECK(entry == Entry::rejects);
    CHECK_FALSE(parts.selection.has_entered(0));
    CHECK(parts.selection.refusal(entry).code == "ambiguous_path");
    CHECK(parts.selection.refusal(entry).page == http::PageState::ambiguous_path);
    CHECK(parts.selection.refusal(entry).why != parts.selection.refusal(Entry::unclear).why);
}

TEST_CASE("instance states: each is released once", "[plugin][parts]") {
    struct Counted {
        int released = 0;
        static void release(void* of) { ++static_cast<Counted*>(of)->released; }
    };
    Counted first;
    Counted second;
    Counted other;
    {
        InstanceStates states;
        CHECK(states.get(0) == nullptr);
        states.set(0, &first, Counted::release);
        states.set(1, &other, Counted::release);
        states.set(0, &first, Counted::release);
        CHECK(first.released == 0);
        states.set(0, &second, Counted::release);
        CHECK(first.released == 1);
        CHECK(states.get(0) == &second);
        CHECK(states.get(1) == &other);
        states.set(2, &states, nullptr);
    }
    CHECK(first.released == 1);
    CHECK(second.released == 1);
    CHECK(other.released == 1);
}

}  // namespace ferrotunnel::test
