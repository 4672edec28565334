// Shared values that were kept outside of the members: in a store, or in a dump.
#include "unit/cluster/cluster_fixture.hpp"

namespace ferrotunnel::cluster::fixture {

TEST_CASE("kept values: a store's value counts like one of a link") {
    Cluster cluster = three();
    REQUIRE(cluster.set(a, "token/x", "present"));
    cluster.settle();
    const Value present = *cluster[a].values().last_change("token/x", cluster.now());
    Value value = present;
    value.text = "earlier";
    value.time -= 1;
    cluster.hear(b, value);
    CHECK(cluster.value(b, "token/x") == "present");
    value.text = "later";
    value.time = present.time + 1;
    value.member = "c";
    cluster.hear(b, value);
    cluster.settle();
    for (const MemberIndex member : {a, b, c}) {
        CHECK(cluster.value(member, "token/x") == "later");
    }
    value.text.reset();
    value.time += 1;
    cluster.hear(c, value);
    cluster.settle();
    CHECK(cluster.value(a, "token/x").empty());
    CHECK_FALSE(cluster[a].values().last_change("token/x", cluster.now())->text);
    CHECK_FALSE(cluster[a].values().last_change("token/y", cluster.now()));
}

TEST_CASE("kept values: what an earlier process has kept does not replace what this one has set") {
    Cluster cluster = three();
    REQUIRE(cluster.set(a, "token/x", "of this process"));
    Value value = *cluster[a].values().last_change("token/x", cluster.now());
    value.text = "of the process before, whose clock was ahead";
    value.time += 60'000;
    cluster.hear(a, value);
    CHECK(cluster.value(a, "token/x") == "of this process");
    CHECK(cluster[a].values().last_change("token/x", cluster.now())->time > value.time);
    value.time += 26ULL * 3'600 * 1'000;
    cluster.hear(a, value);  // a day ahead: not accepted, and nobody's link ends for it
    CHECK(cluster.value(a, "token/x") == "of this process");
}

TEST_CASE("kept values: a restored value wins over what followed, and stays its member's") {
    Cluster cluster = three();
    REQUIRE(cluster.set(b, "revoked/x", "12"));
    cluster.settle();
    const Value dumped = *cluster[a].values().last_change("revoked/x", cluster.now());
    REQUIRE(cluster.restore(a, dumped));
    CHECK(cluster[a].values().last_change("revoked/x", cluster.now())->time == dumped.time);  // nothing to do
    REQUIRE(cluster.remove(c, "revoked/x"));
    cluster.settle();
    REQUIRE(cluster.restore(a, dumped));
    cluster.settle();
    for (const MemberIndex member : {a, b, c}) {
        const auto present = cluster[member].values().get("revoked/x");
        REQUIRE(present);
        CHECK(present->text == "12");
        CHECK(present->member == "b");
    }
    Value bad = dumped;
    bad.text.reset();
    CHECK_FALSE(cluster.restore(a, bad));
    bad.text = std::string(limits::value_text_max + 1, 'x');
    CHECK_FALSE(cluster.restore(a, bad));
    bad = dumped;
    bad.key = std::string(limits::value_key_max + 1, 'k');
    CHECK_FALSE(cluster.restore(a, bad));
    bad = dumped;
    bad.milliseconds = limits::value_milliseconds_max + 1;
    CHECK_FALSE(cluster.restore(a, bad));
}

}  // namespace ferrotunnel::cluster::fixture
