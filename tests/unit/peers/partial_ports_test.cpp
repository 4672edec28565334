// What members tell each other about ports that they cannot listen on.
#include "peers/partial_ports.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace ferrotunnel;
using namespace ferrotunnel::peers;

namespace {

/// Values of member a; the test sets those of others.
class ValuesOfA final : public directory::ClusterValues {
public:
    bool set(const std::string& key, std::string text, Duration lifetime) override {
        ++sets;
        last_lifetime = lifetime;
        put(key, std::move(text), "a");
        return true;
    }
    bool remove(const std::string& key) override {
        ++removes;
        values_.erase(key);
        tell(key, std::nullopt);
        return true;
    }
    std::optional<directory::ClusterValue> get(const std::string& key) const override {
        const auto found = values_.find(key);
        return found == values_.end() ? std::nullopt : std::optional(found->second);
    }
    std::vector<std::pair<std::string, directory::ClusterValue>> all(const std::string&) const override { return {}; }
    void watch(std::string prefix, Watcher watcher) override {
        prefix_ = std::move(prefix);
        watcher_ = std::move(watcher);
    }
    std::string own_member() const override { return "a"; }
    std::vector<std::string> linked_members() const override { return {}; }

    void put(const std::string& key, std::string text, std::string member) {
        directory::ClusterValue& value = values_[key];
        value.text = std::move(text);
        value.member = std::move(member);
        tell(key, value);
    }

    int sets = 0;
    int removes = 0;
    Duration last_lifetime{};

private:
    void tell(const std::string& key, const std::optional<directory::ClusterValue>& value) {
        if (watcher_ && key.starts_with(prefix_)) {
            watcher_(key, value);
        }
    }

    std::map<std::string, directory::ClusterValue> values_;
    std::string prefix_;
    Watcher watcher_;
};

struct PartialRig {
    PartialRig() { ports->watch(); }

    const std::shared_ptr<ValuesOfA> values = std::make_shared<ValuesOfA>();
    int changes = 0;
    const std::shared_ptr<PartialPorts> ports = std::make_shared<PartialPorts>(values, [this] { ++changes; });
};

}  // namespace

TEST_CASE("a member reports ports that it cannot listen on, until it can", "[peers]") {
    PartialRig rig;
    const cluster::Name port = cluster::Name::of_port(2222, false);
    rig.ports->report(port, std::nullopt);
    CHECK(rig.values->removes == 0);
    rig.ports->report(port, "Address already in use");
    REQUIRE(rig.values->get("partial/t2222/a"));
    CHECK(rig.values->get("partial/t2222/a")->text == "Address already in use");
    CHECK(rig.values->last_lifetime == PartialPorts::lifetime);
    rig.ports->report(port, "Address already in use");
    CHECK(rig.values->sets == 2);  // its lifetime begins again
    rig.ports->report(port, std::nullopt);
    CHECK_FALSE(rig.values->get("partial/t2222/a"));
    CHECK(rig.changes == 0);  // own clients do not have that port
    CHECK(rig.ports->notes().empty());
}

TEST_CASE("the note of a port has the members that cannot listen on it", "[peers]") {
    PartialRig rig;
    CHECK(rig.ports->note(2222, false).empty());
    rig.values->put("partial/t2222/b", "Address already in use", "b");
    rig.values->put("partial/t2222/c", "Permission denied", "c");
    CHECK(rig.changes == 2);
    CHECK(rig.ports->note(2222, false) == "b (Address already in use), c (Permission denied)");
    CHECK(rig.ports->note(2222, true).empty());
    CHECK(rig.ports->note(2223, false).empty());
    CHECK(rig.ports->notes().size() == 1);
    rig.values->put("partial/t2222/b", "Address already in use", "b");
    CHECK(rig.changes == 2);  // repeated
    (void)rig.values->remove("partial/t2222/b");
    CHECK(rig.changes == 3);
    CHECK(rig.ports->note(2222, false) == "c (Permission denied)");
    (void)rig.values->remove("partial/t2222/c");
    (void)rig.values->remove("partial/t2222/c");
    CHECK(rig.changes == 4);
    CHECK(rig.ports->note(2222, false).empty());
}

TEST_CASE("what another member says of ports is bounded, and ignored if it is not valid", "[peers]") {
    PartialRig rig;
    rig.values->put("partial/x/b", "no port", "b");
    rig.values->put("partial/t2222", "no member", "b");
    CHECK(rig.changes == 0);
    for (const char* const member : {"b", "c", "d", "e"}) {
        rig.values->put(std::string("partial/u53/") + member, std::string(1'000, 'x') + '\n', member);
    }
    CHECK(rig.ports->note(53, true).size() == PartialPorts::note_max);
}
