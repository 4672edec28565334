// Values that members share: which change wins, who is sent what, and when values end.
#include <algorithm>

#include "unit/cluster/cluster_fixture.hpp"

namespace ferrotunnel::cluster::fixture {
namespace {

std::vector<std::string> changed(Cluster& cluster, MemberIndex member) {
    std::vector<std::string> keys;
    for (const ValueChanged& change : cluster.take<ValueChanged>(member)) {
        keys.push_back(change.key);
    }
    return keys;
}

std::size_t values_on_the_wire(const Cluster& cluster, MemberIndex from, MemberIndex to) {
    const auto& messages = cluster.wire(from, to);
    return static_cast<std::size_t>(std::count_if(messages.begin(), messages.end(), [](const Message& message) {
        return std::holds_alternative<Value>(message);
    }));
}

using Keys = std::vector<std::string>;

}  // namespace

TEST_CASE("shared values: a change reaches all members") {
    Cluster cluster = three();
    REQUIRE(cluster.set(a, "kick/1", "until noon"));
    CHECK(changed(cluster, a) == Keys{"kick/1"});
    cluster.settle();
    for (const MemberIndex member : {b, c}) {
        CHECK(changed(cluster, member) == Keys{"kick/1"});
        const auto present = cluster[member].values().get("kick/1");
        REQUIRE(present);
        CHECK(present->text == "until noon");
        CHECK(present->member == "a");
        CHECK(present->ends == never);
    }
    REQUIRE(cluster.remove(c, "kick/1"));
    cluster.settle();
    for (const MemberIndex member : {a, b, c}) {
        CHECK(changed(cluster, member) == Keys{"kick/1"});
        CHECK_FALSE(cluster[member].values().get("kick/1"));
    }
    CHECK(cluster[a].waiting() == 0);
}

TEST_CASE("shared values: readers see keys with a prefix, in order") {
    Cluster cluster({"a"});
    for (const char* key : {"use/b", "kick/2", "use/a", "usher", "kick/1", "use"}) {
        REQUIRE(cluster.set(a, key, std::string("of ") + key));
    }
    REQUIRE(cluster.remove(a, "kick/1"));
    const auto keys = [&](const char* prefix) {
        Keys found;
        cluster[a].values().for_each(prefix, [&](const std::string& key, const SharedValues::Present& present) {
            CHECK(present.text == "of " + key);
            found.push_back(key);
        });
        return found;
    };
    CHECK(keys("use/") == Keys{"use/a", "use/b"});
    CHECK(keys("kick/") == Keys{"kick/2"});
    CHECK(keys("zebra").empty());
    CHECK(keys("") == Keys{"kick/2", "use", "use/a", "use/b", "usher"});
}

TEST_CASE("shared values: the later change wins, also if it was heard first") {
    Cluster cluster = three();
    cluster.unlink(a, b);
    REQUIRE(cluster.set(a, "k", "earlier"));
    cluster.wait(1s);
    REQUIRE(cluster.set(b, "k", "later"));
    cluster.send(a, c);
    cluster.send(b, c);
    cluster.deliver(b, c);
    cluster.deliver(a, c);
    cluster.settle();
    cluster.link_all();
    cluster.settle();
    for (const MemberIndex member : {a, b, c}) {
        CHECK(cluster.value(member, "k") == "later");
    }
}

TEST_CASE("shared values: a change comes after what its member has seen, whatever its clock") {
    Cluster cluster = three();
    // Of a member whose clock is an hour ahead.
    cluster.receive(b, a, Value{"k", cluster.wall() + 3'600'000, "b", "ahead"});
    REQUIRE(cluster.set(a, "k", "after it"));
    cluster.settle();
    CHECK(cluster.value(c, "k") == "after it");
    CHECK(cluster.value(b, "k") == "after it");
}

TEST_CASE("shared values: what this process has set comes after what an earlier one had set") {
    Cluster cluster = three();
    REQUIRE(cluster.set(a, "k", "of this process"));
    // The earlier process had a clock that was ahead.
    cluster.receive(b, a, Value{"k", cluster.wall() + 3'600'000, "a", "of the earlier process"});
    cluster.receive(b, a, Value{"unknown", cluster.wall() + 3'600'000, "a", "of the earlier process"});
    cluster.settle();
    for (const MemberIndex member : {a, b, c}) {
        CHECK(cluster.value(member, "k") == "of this process");
        CHECK(cluster.value(member, "unknown") == "of the earlier process");
    }
}

TEST_CASE("shared values: each key is sent once, in its latest state") {
    Cluster cluster = three();
    REQUIRE(cluster.set(a, "k", "1"));
    REQUIRE(cluster.set(a, "other", "x"));
    REQUIRE(cluster.set(a, "k", "2"));
    REQUIRE(cluster.set(a, "k", "3"));
    cluster.send(a, b);
    CHECK(values_on_the_wire(cluster, a, b) == 2);
    cluster.settle();
    CHECK(cluster.value(b, "k") == "3");
    // Each member passes it on, to those that have not shown that they have it.
    cluster.send(b, a);
    CHECK(values_on_the_wire(cluster, b, a) == 0);
}

TEST_CASE("shared values: LinkReady only where there is something to send") {
    Cluster cluster = three();
    for (const MemberIndex member : {a, b, c}) {
        cluster.take<LinkReady>(member);
    }
    REQUIRE(cluster.set(a, "k", "1"));
    CHECK(cluster.take<LinkReady>(a).size() == 2);
    cluster.send(a, b);
    cluster.deliver(a, b);
    const auto ready = cluster.take<LinkReady>(b);
    REQUIRE(ready.size() == 1);
    CHECK(ready.front().member == c);
}

TEST_CASE("shared values: a member without the feature is not sent any") {
    const auto list = std::make_shared<const Members>(Cluster::Names{"a", "b"}, "a");
    const TimePoint now{1h};
    for (const bool has_feature : {false, true}) {
        Register member(list, {1, 2, now, 1'700'000'000'000});
        REQUIRE(member.set_value("k", "text", 0s, now).has_value());
        Hello hello{"b", 3, {"a", "b"}, false, has_feature ? feature::values : 0, "old"};
        REQUIRE(member.connected(1, hello, now));
        REQUIRE(member.set_value("later", "text", 0s, now).has_value());
        std::size_t values = 0;
        while (const auto message = member.next(1, now)) {
            values += std::holds_alternative<Value>(*message) ? 1 : 0;
        }
        CHECK(values == (has_feature ? 2 : 0));
    }
    CHECK((three()[a].hello().features & feature::values) != 0);
}

TEST_CASE("shared values: a member that was away learns all of them") {
    Cluster cluster = three();
    REQUIRE(cluster.set(a, "kept", "1"));
    REQUIRE(cluster.set(a, "removed", "2"));
    cluster.settle();
    SECTION("it was cut off") {
        cluster.unlink_all(c);
        REQUIRE(cluster.remove(b, "removed"));
        REQUIRE(cluster.set(b, "new", "3"));
        cluster.settle();
        cluster.link_all();
    }
    SECTION("it starts again") {
        cluster.restart(c);
        REQUIRE(cluster.remove(b, "removed"));
        REQUIRE(cluster.set(b, "new", "3"));
        CHECK_FALSE(cluster[c].values().get("kept"));
        cluster.link(b, c);  // and the member that has set one is not linked
    }
    cluster.settle();
    CHECK(cluster.value(c, "kept") == "1");
    CHECK(cluster.value(c, "new") == "3");
    CHECK_FALSE(cluster[c].values().get("removed"));
}

TEST_CASE("shared values: what only one member has heard before the setter ended is passed on") {
    Cluster cluster = three();
    cluster.unlink(a, c);
    REQUIRE(cluster.set(a, "k", "text"));
    cluster.send(a, b);
    cluster.deliver(a, b);
    cluster.restart(a);
    cluster.settle();
    CHECK(cluster.value(c, "k") == "text");
    cluster.link_all();
    cluster.settle();
    CHECK(cluster.value(a, "k") == "text");
}

TEST_CASE("shared values: a link that is lost does not count as having carried them") {
    Cluster cluster = three();
    REQUIRE(cluster.set(a, "k", "text"));
    cluster.send(a, b);
    cluster.send(a, c);
    cluster.unlink_all(a);  // what was on the way is lost
    cluster.settle();
    CHECK(cluster.value(b, "k").empty());
    cluster.link(a, b);
    cluster.settle();
    CHECK(cluster.value(b, "k") == "text");
    CHECK(cluster.value(c, "k") == "text");
}

TEST_CASE("shared values: values come after the claims of a new link, in turn with requests") {
    Cluster cluster({"a", "b"});
    cluster.unlink(a, b);
    REQUIRE(cluster.set(a, "k", "text"));
    REQUIRE(cluster.set(a, "l", "text"));
    cluster.link(a, b);
    for (std::size_t i = 0; i < 4; ++i) {
        cluster.claim(a, cluster.host(b, i), ann);
    }
    cluster.send(a, b);
    std::vector<std::size_t> kinds;
    for (const Message& message : cluster.wire(a, b)) {
        kinds.push_back(message.index());
    }
    const std::size_t value = Message(Value{}).index();
    const std::size_t claim = Message(ClaimRequest{0, cluster.host(a), ann, 0}).index();
    const std::vector<std::size_t> expected{
        Message(SyncBegin{}).index(), Message(SyncEnd{}).index(), value, claim, value, claim, claim, claim};
    CHECK(kinds == expected);
}

// --- the end of values -----------------------------------------------------------------------------------------------

TEST_CASE("shared values: a value ends when its lifetime is over, at each member") {
    Cluster cluster = three();
    cluster.unlink_all(c);
    REQUIRE(cluster.set(a, "k", "text", 5min));
    cluster.settle();
    cluster.pass(2min);
    cluster.link_all();
    cluster.settle();
    for (const MemberIndex member : {a, b, c}) {
        const auto present = cluster[member].values().get("k");
        REQUIRE(present);
        CHECK(present->ends - cluster.now() == 3min);
        cluster.take<ValueChanged>(member);
    }
    cluster.pass(3min - 1ms);
    CHECK(cluster.value(c, "k") == "text");
    cluster.pass(1ms);
    for (const MemberIndex member : {a, b, c}) {
        CHECK_FALSE(cluster[member].values().get("k"));
        CHECK(changed(cluster, member) == Keys{"k"});
    }
}

TEST_CASE("shared values: the same text again counts the lifetime from now") {
    Cluster cluster = three();
    REQUIRE(cluster.set(a, "k", "text", 5s));
    cluster.settle();
    cluster.pass(4s);
    REQUIRE(cluster.set(a, "k", "text", 5s));
    cluster.settle();
    cluster.pass(4s);
    CHECK(cluster.value(b, "k") == "text");
    cluster.pass(2s);
    CHECK_FALSE(cluster[b].values().get("k"));
}

TEST_CASE("shared values: what has ended is not revived by a member that still has it") {
    Cluster cluster = three();
    REQUIRE(cluster.set(a, "k", "text", 1h));
    cluster.settle();
    cluster.pass(1h);
    REQUIRE_FALSE(cluster[a].values().get("k"));
    // As of a member that hung meanwhile.
    const Since time = cluster.wall() - 3'600'000;
    cluster.receive(b, a, Value{"k", time, "a", "text", 60'000});
    CHECK_FALSE(cluster[a].values().get("k"));
}

TEST_CASE("shared values: a value that has ended replaces an earlier one without an end") {
    Cluster cluster = three();
    REQUIRE(cluster.set(a, "k", "forever"));
    cluster.settle();
    cluster.unlink_all(c);
    cluster.wait(1s);
    REQUIRE(cluster.set(b, "k", "for a moment", 1s));
    cluster.settle();
    cluster.pass(2s);
    cluster.restart(b);  // its setter
    cluster.link(a, c);
    cluster.settle();
    CHECK_FALSE(cluster[a].values().get("k"));
    CHECK_FALSE(cluster[c].values().get("k"));
}

TEST_CASE("shared values: brief ones are sent by their setter only") {
    Cluster cluster = three();
    cluster.unlink(a, c);
    SECTION("a minute") {
        REQUIRE(cluster.set(a, "use/a", "7", limits::brief_value_time));
        cluster.settle();
        CHECK(cluster.value(b, "use/a") == "7");
        CHECK(cluster.value(c, "use/a").empty());
        SECTION("unless an older one would be kept") {
            cluster.receive(c, b, Value{"use/a", cluster.wall() - 1, "a", "older"});
            cluster.settle();
            CHECK(cluster.value(c, "use/a") == "7");
        }
    }
    SECTION("more") {
        REQUIRE(cluster.set(a, "use/a", "7", limits::brief_value_time + 1ms));
        cluster.settle();
        CHECK(cluster.value(c, "use/a") == "7");
    }
    SECTION("unless they replace one that has no such end") {
        REQUIRE(cluster.set(b, "use/a", "6"));
        cluster.settle();
        cluster.wait(1s);
        REQUIRE(cluster.set(a, "use/a", "7", 1s));
        cluster.settle();
        CHECK(cluster.value(c, "use/a") == "7");
    }
}

TEST_CASE("shared values: a removed value is kept as such for a day") {
    Cluster cluster = three();
    REQUIRE(cluster.set(a, "k", "text"));
    cluster.settle();
    const Since time = cluster.wall();
    cluster.unlink_all(c);
    cluster.wait(1s);
    REQUIRE(cluster.remove(b, "k"));
    cluster.settle();
    cluster.pass(limits::removed_value_kept_for - 1s);
    cluster.link_all();
    cluster.settle();
    CHECK(cluster.value(a, "k").empty());
    CHECK(cluster.value(c, "k").empty());
    CHECK(cluster[a].values().size() == 1);
    cluster.pass(1s);
    CHECK(cluster[a].values().size() == 0);
    // Longer ago, only the time counts.
    cluster.receive(c, a, Value{"k", time, "a", "text"});
    CHECK(cluster.value(a, "k") == "text");
}

TEST_CASE("shared values: many that end at once are ended in steps") {
    Cluster cluster({"a"});
    for (std::size_t i = 0; i < limits::step_max + 1; ++i) {
        REQUIRE(cluster.set(a, "k" + std::to_string(i), "x", 1s));
    }
    cluster.take<ValueChanged>(a);
    cluster.wait(1s);
    cluster.tick();
    CHECK(changed(cluster, a).size() == limits::step_max);
    CHECK(cluster[a].next_deadline() <= cluster.now());
    cluster.tick();
    CHECK(changed(cluster, a).size() == 1);
    CHECK(cluster[a].next_deadline() > cluster.now());
}

}  // namespace ferrotunnel::cluster::fixture
