// ValueKeeper: members share values by an etcd that is in order, is away, forgets, or lies.
#include "etcd_store/value_keeper.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <variant>

#include "cluster/register.hpp"
#include "etcd_store/limits.hpp"
#include "fake_values_etcd.hpp"
#include "runtime/system_random.hpp"
#include "unit/runtime/own_loop.hpp"

namespace ferrotunnel::etcd_store {
namespace {

using namespace std::chrono_literals;

std::uint64_t milliseconds_now() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

// A member of the cluster: its register, and its values in etcd. Members here are not linked.
class KeepingMember {
public:
    KeepingMember(runtime::Worker& worker, const test::FakeValuesEtcd& etcd, const std::string& name,
                  const transport::ClusterKeys& keys, Random& random)
        : worker_(worker),
          names_(std::make_shared<cluster::Members>(std::vector<std::string>{"a", "b"}, name, cluster::Decides::store),
                 {random.next(), random.next(), worker.now(), milliseconds_now()}) {
        Settings settings;
        settings.member = name;
        settings.client.call_time = 1s;
        ValueKeeper::Handlers handlers;
        handlers.present = [this](const std::string& key) { return names_.values().last_change(key, worker_.now()); };
        handlers.keys = [this] {
            std::vector<std::string> all;
            names_.values().for_each("", [&](const std::string& key, const auto&) { all.push_back(key); });
            return all;
        };
        handlers.heard = [this](const cluster::Value& value) {
            ++heard;
            note(names_.hear_value(value, worker_.now()));
        };
        handlers.problem = [this](const std::string& why) { problem = why; };
        handlers.counted = [this](const ValueCounts& counts) {
            stored = counts.stored;
            waiting = counts.waiting;
            unreadable = counts.unreadable;
        };
        keeper = std::make_unique<ValueKeeper>(worker, settings, std::vector{etcd.destination()}, random, keys,
                                               std::move(handlers));
        keeper->start();
    }

    void set(const std::string& key, const std::string& text, Duration lifetime = {}) {
        auto effects = names_.set_value(key, text, lifetime, worker_.now());
        REQUIRE(effects.has_value());
        note(*effects);
    }
    void remove(const std::string& key) { note(names_.remove_value(key, worker_.now()).value()); }
    std::string text(const std::string& key) const {
        const auto value = names_.values().get(key);
        return value ? value->text : "(none)";
    }
    cluster::Value change(const std::string& key) const { return *names_.values().last_change(key, worker_.now()); }

    std::unique_ptr<ValueKeeper> keeper;
    std::string problem = "at first";
    std::size_t heard = 0;
    std::size_t stored = 0;
    std::size_t waiting = 0;
    std::size_t unreadable = 0;

private:
    void note(const cluster::Effects& effects) {
        for (const cluster::Effect& effect : effects) {
            if (const auto* const changed = std::get_if<cluster::ValueChanged>(&effect)) {
                keeper->changed(changed->key);
            }
        }
    }

    runtime::Worker& worker_;
    cluster::Register names_;
};

class KeptValues {
public:
    KeptValues() : keys{transport::ClusterKey(random, 1)} {}

    std::unique_ptr<KeepingMember> member(const std::string& name) {
        auto made = std::make_unique<KeepingMember>(loop.worker, etcd, name, keys, random);
        const bool is_in_order = wait([&] { return made->problem.empty(); });
        INFO(made->problem);
        REQUIRE(is_in_order);
        return made;
    }
    template <typename Condition>
    bool wait(Condition condition) {
        const TimePoint deadline = Clock::now() + 60s;
        return loop.run_until([&] { return etcd.look() && (condition() || Clock::now() > deadline); }) && condition();
    }
    /// Until nothing waits for etcd.
    bool settle(KeepingMember& member) {
        const TimePoint begin = Clock::now();
        return wait([&] { return Clock::now() > begin + 30ms && member.waiting == 0; });
    }
    bool has(const std::string& key) const { return etcd.keys.contains("ferrotunnel/value/" + key); }

    runtime::SystemRandom random;
    transport::ClusterKeys keys;
    runtime::test::OwnLoop loop;
    test::FakeValuesEtcd etcd;
};

TEST_CASE_METHOD(KeptValues, "values outlast all members, and are secret", "[etcd-store][values]") {
    {
        auto a = member("a");
        a->set("token/ann", "a secret text");
        a->set("token/bob", "another text");
        a->set("kick/x", "for an hour", 1h);
        a->set("use/a/x", "counts", 5s);
        REQUIRE(wait([&] { return has("token/ann") && has("token/bob") && has("kick/x"); }));
        a->remove("token/bob");
        REQUIRE(settle(*a));
        for (const auto& [key, kept] : etcd.keys) {
            CHECK(kept.value.find("text") == std::string::npos);
            CHECK(kept.value.find("ann") == std::string::npos);
        }
    }
    CHECK_FALSE(has("use/a/x"));  // it is brief
    const auto b = member("b");
    CHECK(b->text("token/ann") == "a secret text");
    CHECK(b->text("token/bob") == "(none)");
    CHECK(b->change("token/ann").member == "a");
    const std::uint64_t left = b->change("kick/x").milliseconds;
    CHECK(left > 3'590'000);
    CHECK(left <= 3'600'000);
}

TEST_CASE_METHOD(KeptValues, "members that are not linked hear of each other's changes", "[etcd-store][values]") {
    const auto a = member("a");
    const auto b = member("b");
    a->set("token/ann", "1");
    REQUIRE(wait([&] { return b->text("token/ann") == "1"; }));
    b->set("token/ann", "2");
    REQUIRE(wait([&] { return a->text("token/ann") == "2"; }));
    a->remove("token/ann");
    REQUIRE(wait([&] { return b->text("token/ann") == "(none)"; }));
    CHECK(has("token/ann"));  // as removed, so that a member that comes back does not revive it
    CHECK(etcd.transactions == 3);
}

TEST_CASE_METHOD(KeptValues, "an earlier change does not overwrite a later one", "[etcd-store][values]") {
    const auto a = member("a");
    const auto b = member("b");
    etcd.are_watches_mute = true;
    a->set("token/ann", "earlier");
    loop.run_until(
        [&] { return std::chrono::system_clock::now().time_since_epoch().count() % 10'000'000 < 1'000'000; });
    b->set("token/ann", "later");
    REQUIRE(wait([&] { return etcd.transactions >= 2; }));  // whichever of the two is the first
    REQUIRE(settle(*a));
    REQUIRE(settle(*b));
    CHECK(b->text("token/ann") == "later");
    const auto c = member("a");  // starts now
    CHECK(c->text("token/ann") == "later");
}

TEST_CASE_METHOD(KeptValues, "an answer that is lost", "[etcd-store][values]") {
    const auto a = member("a");
    etcd.are_watches_mute = true;
    etcd.answers_lost = 1;
    bool is_stored = false;
    a->set("token/ann", "1");
    a->keeper->when_stored(a->change("token/ann"), [&] { is_stored = true; });
    REQUIRE(wait([&] { return is_stored; }));
    REQUIRE(settle(*a));
    CHECK(etcd.transactions == 2);  // the second one finds the first
    CHECK(a->problem.empty());
}

TEST_CASE_METHOD(KeptValues, "etcd is away, and comes back", "[etcd-store][values]") {
    const auto a = member("a");
    etcd.is_silent = true;
    for (int i = 0; i < 20; ++i) {
        a->set("token/ann", std::to_string(i));
        a->set("token/" + std::to_string(i), "x");
    }
    REQUIRE(wait([&] { return !a->problem.empty(); }));
    CHECK(a->waiting <= 21);  // keys, not changes
    etcd.is_silent = false;
    REQUIRE(wait([&] { return a->problem.empty() && a->waiting == 0; }));
    const auto b = member("b");
    CHECK(b->text("token/ann") == "19");
    CHECK(b->text("token/7") == "x");
}

TEST_CASE_METHOD(KeptValues, "what etcd has lost is put again", "[etcd-store][values]") {
    const auto a = member("a");
    a->set("token/ann", "1");
    a->set("token/bob", "2");
    REQUIRE(wait([&] { return has("token/ann") && has("token/bob") && a->waiting == 0; }));
    a->remove("token/bob");
    REQUIRE(settle(*a));
    etcd.remove("ferrotunnel/value/token/ann");
    etcd.remove("ferrotunnel/value/token/bob");
    REQUIRE(wait([&] { return has("token/ann"); }));
    REQUIRE(settle(*a));
    CHECK_FALSE(has("token/bob"));  // it was removed anyway
}

TEST_CASE_METHOD(KeptValues, "values of others are not accepted", "[etcd-store][values]") {
    const std::string ann_key = "ferrotunnel/value/token/ann";
    const auto a = member("a");
    a->set("token/ann", "1");
    REQUIRE(wait([&] { return has("token/ann") && a->waiting == 0; }));
    const std::string genuine = etcd.keys[ann_key].value;
    std::size_t expected = 1;
    bool is_foreign = false;
    std::string other = ann_key;
    SECTION("altered") {
        std::string altered = genuine;
        altered[altered.size() / 2] ^= 1;
        etcd.put(ann_key, altered);
    }
    SECTION("of another key") {
        other = "ferrotunnel/value/token/bob";
        etcd.put(other, genuine);
    }
    SECTION("by another cluster") {
        const ValueRecords records("ferrotunnel/", {transport::ClusterKey(random, 1)});
        is_foreign = true;
        etcd.put(ann_key, records.put({"token/ann", milliseconds_now() + 1'000, "b", "2"}, milliseconds_now()).value);
    }
    SECTION("a value that is too long") {
        etcd.put(ann_key, std::string(etcd::limits::value_max + 1, 'x'));
        is_foreign = true;
    }
    SECTION("an earlier one") {
        a->set("token/ann", "2");
        REQUIRE(wait([&] { return etcd.keys[ann_key].value != genuine && a->waiting == 0; }));
        etcd.put(ann_key, genuine);
        expected = 0;
    }
    if (expected != 0) {
        REQUIRE(wait([&] { return a->unreadable == expected || etcd.keys[ann_key].value != genuine; }));
    }
    CHECK(a->text("token/ann") != "(none)");
    CHECK(a->text("token/bob") == "(none)");
    const std::string present = a->text("token/ann");
    if (is_foreign) {  // it is left to others for a while, who would put it again
        const std::size_t before = etcd.transactions;
        const TimePoint begin = Clock::now();
        REQUIRE(wait([&] { return Clock::now() > begin + 100ms; }));
        CHECK(etcd.transactions == before);
        CHECK(a->waiting == 1);
    } else if (other == ann_key) {  // what this member has is there again
        REQUIRE(wait([&] {
            const ValueRecords records("ferrotunnel/", keys);
            const auto record = records.read({ann_key, etcd.keys[ann_key].value}, milliseconds_now());
            return record && record->value.text == present;
        }));
    }
}

TEST_CASE_METHOD(KeptValues, "another member meanwhile", "[etcd-store][values]") {
    const auto a = member("a");
    const ValueRecords records("ferrotunnel/", keys);
    a->set("token/ann", "1");
    REQUIRE(wait([&] { return has("token/ann") && a->waiting == 0; }));
    etcd.are_watches_mute = true;
    unsigned others = 0;
    etcd.before_transaction = [&] {
        if (++others < 4) {  // each time an earlier change, so that this one is put again
            etcd.put("ferrotunnel/value/token/ann",
                     records.put({"token/ann", 1'000 + others, "b", "other"}, milliseconds_now()).value);
        }
    };
    a->set("token/ann", "2");
    REQUIRE(settle(*a));
    CHECK(others == 4);
    CHECK(
        records.read({"ferrotunnel/value/token/ann", etcd.keys["ferrotunnel/value/token/ann"].value}, 0)->value.text ==
        "2");
}

TEST_CASE_METHOD(KeptValues, "a time that is too far ahead", "[etcd-store][values]") {
    const ValueRecords records("ferrotunnel/", keys);
    const std::string key = "ferrotunnel/value/token/ann";
    const std::uint64_t ahead = milliseconds_now() + std::chrono::milliseconds(25h).count();
    etcd.keys[key] = {records.put({"token/ann", ahead, "b", "of tomorrow"}, milliseconds_now()).value, 100};
    const auto a = member("a");
    CHECK(a->text("token/ann") == "(none)");
    a->set("token/ann", "of today");
    const TimePoint begin = Clock::now();
    REQUIRE(wait([&] { return Clock::now() > begin + 100ms; }));
    CHECK(etcd.transactions == 0);  // only after a minute: the other member would put its own again
    CHECK(a->waiting == 1);
    CHECK(a->unreadable == 1);
}

TEST_CASE_METHOD(KeptValues, "what has ended is deleted", "[etcd-store][values]") {
    const ValueRecords records("ferrotunnel/", keys);
    const std::uint64_t before = milliseconds_now() - std::chrono::milliseconds(26h).count();
    const auto put = [&](const std::string& key, std::optional<std::string> text, std::uint64_t milliseconds) {
        etcd.keys["ferrotunnel/value/" + key] = {
            records.put({key, before, "b", std::move(text), milliseconds}, before).value, 100};
    };
    put("token/removed", std::nullopt, 0);
    put("kick/ended", "x", 1'000);
    put("token/lasting", "y", 0);
    const auto a = member("a");
    CHECK(a->text("token/lasting") == "y");
    CHECK(a->text("kick/ended") == "(none)");
    CHECK(a->stored == 3);
    CHECK(limits::deletions_spread_over > 1min);  // later than this test lasts, unless chance has it
    CHECK(
        records.read({"ferrotunnel/value/kick/ended", etcd.keys["ferrotunnel/value/kick/ended"].value}, before + 2'000)
            ->has_ended);
    etcd.remove("ferrotunnel/value/token/removed");  // by another member
    CHECK(wait([&] { return a->stored == 2; }));
    etcd.remove("ferrotunnel/value/token/lasting");  // by somebody: it is put again
    CHECK(wait([&] { return has("token/lasting") && a->stored == 2 && a->waiting == 0; }));
}

TEST_CASE_METHOD(KeptValues, "values are sealed again when the key is replaced", "[etcd-store][values]") {
    const std::string key = "ferrotunnel/value/token/ann";
    const transport::ClusterKey old_key = keys.first;
    const transport::ClusterKey new_key(random, 2);
    const auto a = member("a");
    a->set("token/ann", "1");
    REQUIRE(wait([&] { return has("token/ann") && a->waiting == 0; }));
    const std::string by_old = etcd.keys[key].value;
    a->keeper->set_keys({old_key, new_key});
    REQUIRE(settle(*a));
    CHECK(etcd.keys[key].value == by_old);
    a->keeper->set_keys({new_key, old_key});
    REQUIRE(wait([&] { return etcd.keys[key].value != by_old; }));
    CHECK(transport::ClusterSeal::key_id(etcd.keys[key].value) == new_key.id());
    keys = {old_key, new_key};  // of a member that is one step behind: it leaves the value as it is
    const std::string by_new = etcd.keys[key].value;
    const auto b = member("b");
    CHECK(b->text("token/ann") == "1");
    b->keeper->set_keys(keys);
    REQUIRE(settle(*b));
    CHECK(etcd.keys[key].value == by_new);
}

TEST_CASE_METHOD(KeptValues, "values are read again when the key that has sealed them is known",
                 "[etcd-store][values]") {
    const transport::ClusterKey old_key = keys.first;
    const transport::ClusterKey new_key(random, 2);
    const auto a = member("a");
    a->set("token/ann", "earlier");
    REQUIRE(wait([&] { return has("token/ann") && a->waiting == 0; }));
    const ValueRecords records("ferrotunnel/", {new_key, old_key});
    etcd.put("ferrotunnel/value/token/ann",
             records.put({"token/ann", milliseconds_now() + 1'000, "b", "later"}, milliseconds_now()).value);
    REQUIRE(wait([&] { return a->unreadable == 1; }));
    a->keeper->set_keys({old_key, new_key});
    REQUIRE(wait([&] { return a->text("token/ann") == "later"; }));
    CHECK(etcd.transactions == 1);
}

TEST_CASE_METHOD(KeptValues, "callers that wait for a change have a bound", "[etcd-store][values]") {
    const auto a = member("a");
    etcd.is_silent = true;
    a->set("token/ann", "1");
    std::size_t stored = 0;
    for (std::size_t i = 0; i < limits::value_waiters_max + 5; ++i) {
        a->keeper->when_stored(a->change("token/ann"), [&] { ++stored; });
    }
    etcd.is_silent = false;
    REQUIRE(wait([&] { return has("token/ann") && a->waiting == 0; }));
    CHECK(stored == limits::value_waiters_max);
}

TEST_CASE("keys that are due", "[etcd-store][values]") {
    DueKeys keys;
    const TimePoint now = Clock::now();
    keys.add("a", now + 2s);
    keys.add("b", now + 1s);
    keys.add("a", now + 3s);
    CHECK(keys.size() == 2);
    CHECK(keys.next_deadline() == now + 1s);
    CHECK_FALSE(keys.take(now));
    keys.add("a", now);
    CHECK(keys.take(now) == "a");
    CHECK_FALSE(keys.remove("a"));
    CHECK(keys.remove("b"));
    CHECK(keys.size() == 0);
    CHECK(keys.next_deadline() == never);
}

}  // namespace
}  // namespace ferrotunnel::etcd_store
