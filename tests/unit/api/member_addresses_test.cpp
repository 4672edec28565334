// Where clients reach the members of a cluster: what members tell each other, and what welcomes say.
#include "api/member_addresses.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ferrotunnel::detail {
namespace {

using directory::ClusterValue;

// Values of one member, without others.
class AddressValues final : public directory::ClusterValues {
public:
    bool set(const std::string& key, std::string text, Duration /*lifetime*/) override {
        values[key] = {std::move(text), "a", {}};
        changed(key);
        return true;
    }
    bool remove(const std::string& key) override {
        values.erase(key);
        changed(key);
        return true;
    }
    std::optional<ClusterValue> get(const std::string& key) const override {
        const auto found = values.find(key);
        return found == values.end() ? std::nullopt : std::optional(found->second);
    }
    std::vector<std::pair<std::string, ClusterValue>> all(const std::string& /*prefix*/) const override { return {}; }
    void watch(std::string prefix, Watcher watcher) override {
        watched = std::move(prefix);
        watcher_ = std::move(watcher);
    }
    std::string own_member() const override { return "a"; }
    std::vector<std::string> linked_members() const override { return {}; }

    std::map<std::string, ClusterValue> values;
    std::string watched;

private:
    void changed(const std::string& key) {
        if (watcher_ && key.starts_with(watched)) {
            watcher_(key, get(key));
        }
    }

    Watcher watcher_;
};

struct Fixture {
    std::shared_ptr<session::ServerShared> shared = std::make_shared<session::ServerShared>();
    std::shared_ptr<AddressValues> values = std::make_shared<AddressValues>();
    Cluster cluster{"a", "", "", {{"b", "10.0.0.2:1"}, {"c", "10.0.0.3:1"}}, "a.example.com:7835"};

    wire::ClusterPart part() const { return *shared->cluster_part.get(); }
};

using Members = std::vector<wire::ClusterPart::Member>;

}  // namespace

TEST_CASE("members: welcomes have the members of the list, with the addresses that are known", "[members]") {
    Fixture at;
    at.shared->values = at.values;
    at.values->values["public/b"] = {"b.example.com:7835", "b", {}};
    at.values->values["public/d"] = {"d.example.com:7835", "d", {}};  // no longer in the list
    const auto addresses = MemberAddresses::make(at.cluster, at.shared);
    CHECK(at.part().member == "a");
    CHECK(at.part().others == Members{{"b", "b.example.com:7835"}, {"c", ""}});
    at.values->set("public/c", "c.example.com:7835", {});
    CHECK(at.part().others == Members{{"b", "b.example.com:7835"}, {"c", "c.example.com:7835"}});
    at.values->remove("public/b");
    CHECK(at.part().others == Members{{"b", ""}, {"c", "c.example.com:7835"}});
}

TEST_CASE("members: the own address is told, changed and removed", "[members]") {
    Fixture at;
    at.shared->values = at.values;
    const auto addresses = MemberAddresses::make(at.cluster, at.shared);
    CHECK(at.values->get("public/a")->text == "a.example.com:7835");
    addresses->set_own("z.example.com:1");
    CHECK(at.values->get("public/a")->text == "z.example.com:1");
    at.cluster.public_address.clear();  // the next start has none
    const auto next = MemberAddresses::make(at.cluster, at.shared);
    CHECK_FALSE(at.values->get("public/a"));
}

TEST_CASE("members: what is not an address is not passed on", "[members]") {
    Fixture at;
    at.shared->values = at.values;
    const std::string longest = std::string(60, 'x') + '.' + std::string(60, 'x') + '.' + std::string(60, 'x') + '.' +
                                std::string(60, 'x') + ".example:65535";
    REQUIRE(longest.size() <= limits::cluster_address_max);
    at.values->values["public/b"] = {longest, "b", {}};
    at.values->values["public/c"] = {"no address:x", "c", {}};
    const auto addresses = MemberAddresses::make(at.cluster, at.shared);
    CHECK(at.part().others == Members{{"b", longest}, {"c", ""}});
    at.values->set("public/b", std::string(limits::cluster_address_max + 1, 'x'), {});
    CHECK(at.part().others == Members{{"b", ""}, {"c", ""}});
}

TEST_CASE("members: without shared values the others have no address", "[members]") {
    Fixture at;
    const auto addresses = MemberAddresses::make(at.cluster, at.shared);
    addresses->set_own("z.example.com:1");
    CHECK(at.part() == wire::ClusterPart{"a", {{"b", ""}, {"c", ""}}});
}

TEST_CASE("members: those that are found are named when they are known", "[members]") {
    Fixture at;
    at.cluster.peers.clear();
    at.shared->values = at.values;
    at.values->values["public/c"] = {"c.example.com:7835", "c", {}};
    std::vector<std::string> known;
    const auto addresses = MemberAddresses::make(at.cluster, at.shared, [&known] { return known; });
    CHECK(at.part().others.empty());
    known = {"c"};
    addresses->publish();
    CHECK(at.part().others == Members{{"c", "c.example.com:7835"}});
}

TEST_CASE("limit: members that a welcome names", "[members]") {
    Fixture at;
    at.cluster.name = "m30";
    std::vector<std::string> known;
    for (int i = 10; i < 60; ++i) {
        if (i != 30) {
            known.push_back("m" + std::to_string(i));
        }
    }
    const auto addresses = MemberAddresses::make(at.cluster, at.shared, [&known] { return known; });
    REQUIRE(at.part().others.size() == limits::cluster_others_max);
    CHECK(at.part().others.front().name == "m31");
    CHECK(at.part().others.back().name == "m45");
    at.cluster.name = "m55";
    const auto last = MemberAddresses::make(at.cluster, at.shared, [&known] { return known; });
    CHECK(at.part().others.front().name == "m56");
    CHECK(at.part().others.back().name == "m20");
}

}  // namespace ferrotunnel::detail
