// Shared values as the parts of a server see them: set, read, watched.
#include "peers/value_store.hpp"

#include <algorithm>

#include "unit/peers/names_fixture.hpp"

namespace ferrotunnel::peers::fixture {
namespace {

using Told = std::vector<std::pair<std::string, std::string>>;  // no value: "-"

struct Store {
    explicit Store(Node& node) : values(std::make_shared<ValueStore>(node.names, [this] { is_woken = true; })) {
        node.names->set_value_receiver(values);
    }
    void watch(const std::string& prefix) {
        values->watch(prefix, [this](const std::string& key, const std::optional<directory::ClusterValue>& value) {
            told.emplace_back(key, value ? value->text : "-");
        });
    }
    Told take() {
        while (std::exchange(is_woken, false)) {
            while (values->step()) {
            }
        }
        return std::exchange(told, {});
    }

    std::shared_ptr<ValueStore> values;
    bool is_woken = false;
    Told told;
};

}  // namespace

TEST_CASE("value store: what one member sets all have, with its name and the time left") {
    Net net({"a", "b", "c"});
    Store a(net[0]);
    Store b(net[1]);
    CHECK(a.values->own_member() == "a");
    CHECK(b.values->linked_members() == std::vector<std::string>{"a", "c"});
    REQUIRE(a.values->set("kick/1", "alice", 10min));
    REQUIRE(a.values->set("kick/2", "bob", Duration::zero()));
    CHECK_FALSE(a.values->set("", "x", Duration::zero()));
    CHECK_FALSE(a.values->remove(""));
    net.settle();
    net.pass(4min);
    const auto value = b.values->get("kick/1");
    REQUIRE(value);
    CHECK(value->text == "alice");
    CHECK(value->member == "a");
    CHECK(value->left == 6min);
    const auto all = b.values->all("kick/");
    REQUIRE(all.size() == 2);
    CHECK(all.back().first == "kick/2");
    CHECK(all.back().second.left == Duration::zero());
    REQUIRE(b.values->remove("kick/2"));
    net.settle();
    CHECK_FALSE(a.values->get("kick/2"));
    net.pass(6min);
    CHECK(a.values->all("").empty());
    net.unlink_all(1);
    CHECK(b.values->linked_members().empty());
}

TEST_CASE("value store: watchers are told of changes of their keys, here and elsewhere") {
    Net net({"a", "b"});
    Store a(net[0]);
    Store b(net[1]);
    REQUIRE(a.values->set("kick/before", "1", Duration::zero()));
    net.settle();
    b.watch("kick/");
    CHECK(b.take() == Told{{"kick/before", "1"}});
    REQUIRE(a.values->set("kick/x", "2", Duration::zero()));
    REQUIRE(a.values->set("other", "3", Duration::zero()));
    REQUIRE(b.values->set("kick/own", "4", 1s));
    net.settle();
    Told told = b.take();
    std::sort(told.begin(), told.end());
    CHECK(told == Told{{"kick/own", "4"}, {"kick/x", "2"}});
    // Of several changes the last one.
    REQUIRE(a.values->set("kick/x", "5", Duration::zero()));
    REQUIRE(a.values->remove("kick/x"));
    net.settle();
    CHECK(b.take() == Told{{"kick/x", "-"}});
    net.pass(1s);
    CHECK(b.take() == Told{{"kick/own", "-"}});
    CHECK(b.take().empty());
}

TEST_CASE("value store: many changes are told in steps") {
    Net net({"a"});
    Store a(net[0]);
    a.watch("k");
    for (int i = 0; i < 100; ++i) {
        REQUIRE(a.values->set("k" + std::to_string(i), "x", Duration::zero()));
    }
    CHECK(a.values->step());
    CHECK(a.told.size() == 64);
    CHECK_FALSE(a.values->step());
    CHECK(a.told.size() == 100);
}

}  // namespace ferrotunnel::peers::fixture
