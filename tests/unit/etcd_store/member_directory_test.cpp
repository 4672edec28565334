// MemberDirectory: which members etcd has, this one among them; and what of it is not believed.
#include "etcd_store/member_directory.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "etcd_store/limits.hpp"
#include "fake_etcd.hpp"
#include "unit/runtime/own_loop.hpp"

namespace ferrotunnel::etcd_store {
namespace {

using namespace std::chrono_literals;

class NumberRandom final : public Random {
public:
    void fill(MutableBytes out) override {
        for (auto& byte : out) {
            byte = ++last_;
        }
    }

private:
    std::uint8_t last_ = 0;
};

const std::string a_process = "0123456789abcdef";

std::string json_of(const std::string& address, const std::string& process = a_process) {
    return nlohmann::json{{"address", address}, {"process", process}}.dump();
}

class Directories {
public:
    struct Node {
        std::unique_ptr<MemberDirectory> directory;
        std::vector<std::string> ignored;
        std::size_t changes = 0;

        std::string address_of(const std::string& name) const {
            const auto found = directory->members().find(name);
            return found == directory->members().end() ? std::string() : net::to_text(found->second);
        }
        bool is_in_order() const { return directory->is_complete() && directory->problem().empty(); }
    };

    Node& begin(const std::string& name, const std::optional<net::HostPort>& address, Duration call_time = 60s) {
        Node& made = nodes_.emplace_back();
        Settings settings;
        settings.client.call_time = call_time;
        settings.member = name;
        made.directory = std::make_unique<MemberDirectory>(
            loop.worker, settings, std::vector{etcd.destination()}, random_, address,
            MemberDirectory::Handlers{
                [&made] { ++made.changes; },
                [&made](const std::string& key, const std::string& why) { made.ignored.push_back(key + ": " + why); }});
        made.directory->start();
        return made;
    }
    void wait_until(const std::function<bool()>& condition) {
        REQUIRE(loop.run_until([&] { return etcd.look() && condition(); }));
    }
    std::int64_t lease_of(const std::string& member) { return etcd.keys.at("ferrotunnel/member/" + member).lease; }

    test::FakeEtcd etcd;
    runtime::test::OwnLoop loop;

private:
    NumberRandom random_;
    std::list<Node> nodes_;
};

}  // namespace

TEST_CASE("values of members: what is written is read") {
    const auto read = read_member_value(value_of({{"10.0.0.5", 7838}, a_process}));
    REQUIRE(read);
    CHECK(read->address == net::HostPort{"10.0.0.5", 7838});
    CHECK(read->process == a_process);
    CHECK(read_member_value(json_of("[fd00::1]:7838"))->address.host == "fd00::1");
    CHECK(read_member_value(R"({"address":"b.example.com:1","process":"0123456789abcdef","later":[1,{"x":2}]})"));
    for (const std::string& bad :
         {std::string(), std::string("{}"), std::string("[]"), std::string("null"), json_of(""), json_of("host"),
          json_of(":7838"), json_of("host:0"), json_of("a b:1"), json_of("host:65536"), json_of("http://host:1"),
          json_of("host:1", ""), json_of("host:1", "0123456789ABCDEF"), json_of("host:1", a_process + "0"),
          std::string(R"({"address":7838,"process":"0123456789abcdef"})"),
          std::string(R"({"address":"host:1","process":["0123456789abcdef"]})"), std::string(100'000, '[')}) {
        INFO(bad.substr(0, 100));
        CHECK_FALSE(read_member_value(bad));
    }
}

TEST_CASE("limit: the value of a member") {
    std::string padded = json_of("host:1");
    padded.back() = ',';
    padded += R"("x":")";
    padded += std::string(limits::member_value_max - padded.size() - 2, 'x') + "\"}";
    REQUIRE(padded.size() == limits::member_value_max);
    CHECK(read_member_value(padded));
    padded.insert(padded.size() - 2, "x");
    CHECK_FALSE(read_member_value(padded));
}

TEST_CASE("keys of members: only valid names") {
    CHECK(member_in_key("ferrotunnel/member/fra-1", "ferrotunnel/") == "fra-1");
    for (const char* name : {"", "A", "-a", "a/b", "a b", "a\n"}) {
        CHECK_FALSE(member_in_key("ferrotunnel/member/" + std::string(name), "ferrotunnel/"));
    }
}

TEST_CASE_METHOD(Directories, "members find each other, and learn of a move and of an end") {
    Node& a = begin("a", net::HostPort{"10.0.0.1", 7838});
    Node& b = begin("b", net::HostPort{"10.0.0.2", 7838});
    wait_until([&] { return a.is_in_order() && b.is_in_order(); });
    wait_until([&] { return a.address_of("b") == "10.0.0.2:7838" && b.address_of("a") == "10.0.0.1:7838"; });
    CHECK(a.directory->members().size() == 1);  // not itself
    etcd.put("ferrotunnel/member/b", json_of("10.0.0.9:1"), lease_of("b"));
    wait_until([&] { return a.address_of("b") == "10.0.0.9:1"; });
    etcd.put("ferrotunnel/member/c", json_of("c.example.com:7838"));
    wait_until([&] { return a.directory->members().size() == 2; });
    etcd.erase("ferrotunnel/member/c");
    wait_until([&] { return a.directory->members().size() == 1; });
}

TEST_CASE_METHOD(Directories, "one without an address only reads") {
    Node& a = begin("a", std::nullopt);
    begin("b", net::HostPort{"10.0.0.2", 7838});
    wait_until([&] { return a.is_in_order() && !a.address_of("b").empty(); });
    CHECK(etcd.keys_of("ferrotunnel/").size() == 1);
    CHECK(etcd.leases.size() == 1);
}

TEST_CASE_METHOD(Directories, "a key that is gone, or whose lease was lost, is written again") {
    Node& a = begin("a", net::HostPort{"10.0.0.1", 7838});
    wait_until([&] { return a.is_in_order() && !etcd.keys.empty(); });
    const std::int64_t lease = lease_of("a");
    SECTION("deleted") {
        etcd.erase("ferrotunnel/member/a");
    }
    SECTION("with its lease") {
        etcd.end_lease(lease);
    }
    SECTION("while the watch was away") {
        etcd.end_watches();
        etcd.end_lease(lease);
        etcd.compact();
    }
    wait_until([&] { return etcd.keys.contains("ferrotunnel/member/a"); });
    wait_until([&] { return a.is_in_order() && etcd.leases.contains(lease_of("a")); });
}

TEST_CASE_METHOD(Directories, "a second process of a member does not fight for the key") {
    Node& a = begin("a", net::HostPort{"10.0.0.1", 7838});
    wait_until([&] { return a.is_in_order() && !etcd.keys.empty(); });
    SECTION("an upgrade") {
        Node& next = begin("a", net::HostPort{"10.0.0.1", 7838});
        const std::int64_t before = lease_of("a");
        wait_until([&] { return next.is_in_order() && lease_of("a") != before; });
        const std::size_t transactions = etcd.transactions;
        etcd.end_lease(before);  // the earlier process has ended
        CHECK(etcd.keys.contains("ferrotunnel/member/a"));
        etcd.put("ferrotunnel/member/c", json_of("c.example.com:7838"));
        wait_until([&] { return !next.address_of("c").empty(); });
        CHECK(etcd.transactions == transactions);
        CHECK(a.ignored.empty());
    }
    SECTION("another server that was given the same name") {
        etcd.put("ferrotunnel/member/a", json_of("10.0.0.9:1"));
        wait_until([&] { return a.ignored.size() == 1; });
        CHECK(a.ignored[0].find("another process at 10.0.0.9:1") != std::string::npos);
    }
    CHECK(a.directory->members().count("a") == 0);
}

TEST_CASE_METHOD(Directories, "a member that stops deletes its key, unless its successor has written it") {
    Node& a = begin("a", net::HostPort{"10.0.0.1", 7838});
    wait_until([&] { return a.is_in_order() && !etcd.keys.empty(); });
    const bool has_successor = GENERATE(false, true);
    if (has_successor) {
        etcd.put("ferrotunnel/member/a", json_of("10.0.0.1:7838"), 4711);
    }
    const std::size_t transactions = etcd.transactions;
    a.directory->withdraw();
    wait_until([&] { return etcd.transactions == transactions + 1; });
    CHECK(etcd.keys.contains("ferrotunnel/member/a") == has_successor);
    etcd.put("ferrotunnel/member/c", json_of("c.example.com:7838"));
    wait_until([&] { return !a.address_of("c").empty(); });  // it has seen its end, and does not write again
    a.directory->withdraw();
    CHECK(etcd.transactions == transactions + 1);
    CHECK(a.is_in_order());
}

TEST_CASE_METHOD(Directories, "what is not valid is ignored, once for each value, and replaces what was") {
    Node& a = begin("a", net::HostPort{"10.0.0.1", 7838});
    etcd.put("ferrotunnel/member/b", json_of("10.0.0.2:7838"));
    etcd.put("ferrotunnel/member/B", json_of("10.0.0.3:7838"));
    etcd.put("ferrotunnel/member/c", "10.0.0.4:7838");
    etcd.put("ferrotunnel/member/d", std::string(20'000, 'x'));
    wait_until([&] { return a.is_in_order() && a.ignored.size() == 3; });
    CHECK(a.directory->members().size() == 1);
    etcd.put("ferrotunnel/member/b", "no address");
    wait_until([&] { return a.ignored.size() == 4; });
    CHECK(a.directory->members().empty());
    etcd.end_watches();
    etcd.compact();  // all is read again
    etcd.put("ferrotunnel/member/e", json_of("10.0.0.5:7838"));
    wait_until([&] { return !a.address_of("e").empty(); });
    CHECK(a.ignored.size() == 4);
}

TEST_CASE_METHOD(Directories, "what was read stays while etcd is silent") {
    Node& a = begin("a", net::HostPort{"10.0.0.1", 7838}, 50ms);
    etcd.put("ferrotunnel/member/b", json_of("10.0.0.2:7838"));
    wait_until([&] { return a.is_in_order() && !a.address_of("b").empty(); });
    etcd.is_silent = true;
    etcd.end_watches();
    wait_until([&] { return !a.directory->problem().empty(); });
    CHECK(a.address_of("b") == "10.0.0.2:7838");
    CHECK(a.directory->is_complete());
    etcd.is_silent = false;
    wait_until([&] { return a.is_in_order(); });
    CHECK(a.address_of("b") == "10.0.0.2:7838");
}

TEST_CASE_METHOD(Directories, "limit: keys of members that are read") {
    for (std::size_t i = 0; i < limits::member_keys_max + 10; ++i) {
        etcd.put("ferrotunnel/member/m" + std::to_string(i), json_of("10.0.0.2:7838"));
    }
    Node& a = begin("a", std::nullopt);
    wait_until([&] { return a.directory->is_complete() && !a.directory->problem().empty(); });
    CHECK(a.directory->members().size() == limits::member_keys_max);
    CHECK(a.directory->problem().find("more than 256 keys") != std::string::npos);
}

}  // namespace ferrotunnel::etcd_store
