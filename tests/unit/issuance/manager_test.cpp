#include "issuance/manager.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "issuance/challenges.hpp"
#include "issuance/cluster_share.hpp"
#include "issuance/limits.hpp"
#include "issuance/store.hpp"
#include "runtime/system_random.hpp"
#include "support/eventually.hpp"
#include "support/recording_logger.hpp"
#include "support/temporary_folder.hpp"
#include "unit/acme/chain_maker.hpp"
#include "unit/directory/fake_values.hpp"

namespace ferrotunnel::issuance {
namespace {

constexpr const char* dead_ca = "http://127.0.0.1:1/dir";

// A manager whose CA does not answer.
class ManagerTest {
public:
    ManagerTest() {
        settings.directories = {dead_ca};
        settings.folder = folder / "acme";
        settings.ways = {acme::Way::tls_alpn_01};
        settings.has_https = true;
        settings.names = {*acme::read_identifier("a.example.test")};
    }

    Manager::Needs needs() {
        return {
            log, runtime::system_random(), challenges, [](const std::string&) {}, [](std::string_view) { return true; },
            {}};
    }
    bool has_failed(const Manager& manager, const std::string& name) {
        for (const NameStatus& status : manager.status().names) {
            if (status.name == name) {
                return status.failures > 0 || !status.problem.empty();
            }
        }
        return false;
    }

    const test::TemporaryFolder folder;
    test::RecordingLogger log;
    Challenges challenges{folder / "acme/challenges"};
    Settings settings;
};

TEST_CASE("a manager may end before it starts, and twice", "[issuance]") {
    ManagerTest test;
    { const Manager unused(test.settings, test.needs()); }
    Manager manager(test.settings, test.needs());
    manager.offered("b.example.test", "office", false);
    manager.stop();
    manager.stop();
    manager.offered("c.example.test", "office", false);
    CHECK(manager.status().names.empty());
}

TEST_CASE("a manager that cannot make its folders says which", "[issuance]") {
    ManagerTest test;
    std::ofstream(test.folder / "file") << "";
    test.settings.folder = test.folder / "file/acme";
    CHECK_THROWS_WITH(Manager(test.settings, test.needs()), Catch::Contains(test.folder / "file/acme"));
}

TEST_CASE("a CA that does not answer is a failure that is shown, saved, and tried again on request", "[issuance]") {
    ManagerTest test;
    {
        Manager manager(test.settings, test.needs());
        manager.start();
        REQUIRE(test::eventually([&] { return test.has_failed(manager, "a.example.test"); }));
        const Status status = manager.status();
        REQUIRE(status.names.size() == 1);
        CHECK(status.names[0].state == NameStatus::State::waiting);
        CHECK(status.names[0].failures == 1);
        CHECK(status.names[0].next);
        CHECK_THAT(status.names[0].problem, Catch::Contains(dead_ca));
        REQUIRE(status.accounts.size() == 1);
        CHECK(status.accounts[0].url.empty());
        CHECK(test.log.count("a certificate could not be ordered name=a.example.test") == 1);
        CHECK_FALSE(manager.renew("b.example.test"));
        CHECK(manager.renew("a.example.test"));
        CHECK(test::eventually([&] { return manager.status().failures == 2; }));
        manager.stop();
    }
    const Store store(test.settings.folder);
    std::string fault;
    CHECK(store.schedule(fault).names.at("a.example.test").failures == 2);
    CHECK_FALSE(store.order("a.example.test"));  // none was placed
}

TEST_CASE("a manager that starts again waits as long as it would have, whatever is set before", "[issuance]") {
    ManagerTest test;
    const Store store(test.settings.folder);
    store.make_folders();
    SavedSchedule saved;
    saved.names["a.example.test"] = {3, std::chrono::system_clock::now() + std::chrono::hours(3), false, "failed"};
    REQUIRE(store.write_schedule(saved).empty());
    Manager manager(test.settings, test.needs());
    test.settings.has_http = true;
    manager.set(test.settings);
    manager.start();
    const auto wait = [&] {
        std::promise<void> reported;
        manager.records(false, {},
                        [&](const std::vector<PersistRecord>&, const std::string&) { reported.set_value(); });
        reported.get_future().wait();
    };
    wait();
    manager.set(test.settings);  // the same
    wait();
    REQUIRE(manager.status().names.size() == 1);
    CHECK(manager.status().names[0].failures == 3);
    CHECK(test.log.count("a certificate could not be ordered") == 0);
    test.settings.has_http = false;
    manager.set(test.settings);
    CHECK(test::eventually([&] { return manager.status().failures == 1; }));
}

TEST_CASE("while a CA is held, other names do not ask it", "[issuance]") {
    ManagerTest test;
    Manager manager(test.settings, test.needs());
    manager.start();
    REQUIRE(test::eventually([&] { return test.has_failed(manager, "a.example.test"); }));
    manager.offered("b.example.test", "office", false);
    REQUIRE(test::eventually([&] { return test.has_failed(manager, "b.example.test"); }));
    CHECK(test.log.count("an order has to wait name=b.example.test") == 1);
    CHECK(manager.status().failures == 1);
}

TEST_CASE("without a wildcard certificate the remedy for assigned hosts is logged once", "[issuance]") {
    ManagerTest test;
    test.settings.domain = "t.example.test";
    Manager manager(test.settings, test.needs());
    manager.start();
    manager.offered("b.example.test", "office", false);
    REQUIRE(test::eventually([&] { return test.has_failed(manager, "b.example.test"); }));
    CHECK(test.log.count("ferrotunnel acme record") == 0);
    for (const char* host : {"c.t.example.test", "d.t.example.test"}) {
        manager.offered(host, "office", true);
        REQUIRE(test::eventually([&] { return test.has_failed(manager, host); }));
    }
    CHECK(test.log.count("ferrotunnel acme record") == 1);
}

TEST_CASE("the failure of a name counts its attempts", "[issuance]") {
    ManagerTest test;
    Manager manager(test.settings, test.needs());
    manager.start();
    REQUIRE(test::eventually([&] { return test.has_failed(manager, "a.example.test"); }));
    CHECK(manager.status().names.at(0).attempts == 1);
    CHECK(manager.renew("a.example.test"));
    CHECK(test::eventually([&] { return manager.status().names.at(0).attempts == 2; }));
}

TEST_CASE("an account's file that is not one is an error, and stays", "[issuance]") {
    ManagerTest test;
    const Store store(test.settings.folder);
    store.make_folders();
    const auto file = store.account_file(file_name_of_ca(dead_ca));
    std::ofstream(file) << "{}";
    std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    Manager manager(test.settings, test.needs());
    manager.start();
    REQUIRE(test::eventually([&] { return test.has_failed(manager, "a.example.test"); }));
    CHECK_THAT(manager.status().names.at(0).problem, Catch::Contains(file.string()) && Catch::Contains("move it away"));
    CHECK(std::filesystem::file_size(file) == 2);
}

TEST_CASE("names of the operator's own files are not ordered", "[issuance]") {
    ManagerTest test;
    Manager::Needs needs = test.needs();
    std::promise<void> asked;
    needs.is_covered = [&, is_first = true](std::string_view name) mutable {
        if (std::exchange(is_first, false)) {
            asked.set_value();
        }
        return name == "a.example.test";
    };
    Manager manager(test.settings, std::move(needs));
    manager.start();
    asked.get_future().wait();
    manager.offered("b.example.test", "office", false);
    REQUIRE(test::eventually([&] { return test.has_failed(manager, "b.example.test"); }));
    CHECK(manager.status().names.size() == 1);
}

TEST_CASE("limit: a name that the operator's own files serve is examined again after a while", "[issuance]") {
    ManagerTest test;
    const Store store(test.settings.folder);
    store.make_folders();
    const acme::Key key = acme::Key::make();
    const auto now = std::chrono::system_clock::now();
    const acme::TestCa ca(now - std::chrono::hours(89 * 24));  // its certificates end tomorrow
    const std::string chain = ca.chain(ca.leaf("DNS:a.example.test"), key);
    REQUIRE(store.write_certificate("a.example.test", key.to_pem(), chain, {}).empty());
    Manager::Needs needs = test.needs();
    needs.is_covered = [](std::string_view) { return true; };
    Manager manager(test.settings, std::move(needs));
    manager.start();
    const auto next = [&manager] {
        const Status status = manager.status();
        return status.names.empty() ? std::nullopt : status.names[0].next;
    };
    REQUIRE(test::eventually([&] { return next() && *next() >= now + limits::served_interval; }));
    CHECK(*next() <= std::chrono::system_clock::now() + limits::served_interval);
}

TEST_CASE("requests without an account, or without a wildcard, say so", "[issuance]") {
    ManagerTest test;
    Manager manager(test.settings, test.needs());
    manager.start();
    std::promise<std::string> keys;
    manager.change_keys([&](std::string problem) { keys.set_value(std::move(problem)); });
    CHECK_THAT(keys.get_future().get(), Catch::Contains("no account"));
    std::promise<std::string> records;
    manager.records(true, {}, [&](std::vector<PersistRecord> found, std::string problem) {
        CHECK(found.empty());
        records.set_value(std::move(problem));
    });
    CHECK_THAT(records.get_future().get(), Catch::Contains("no domain"));
    test.settings.domain = "t.example.test";
    manager.set(test.settings);
    std::promise<std::string> failed;
    manager.records(true, {},
                    [&](std::vector<PersistRecord>, std::string problem) { failed.set_value(std::move(problem)); });
    CHECK_THAT(failed.get_future().get(), Catch::Contains(dead_ca));
}

// Another member of the cluster, and a CA for its certificates.
struct OtherMember {
    explicit OtherMember(directory::test::FakeCluster& cluster)
        : share(std::make_shared<directory::test::FakeValues>(cluster, "b")) {}
    // Of `host`, or of what it says instead, issued this long ago.
    std::string certificate(const std::string& host, std::chrono::minutes age) const {
        acme::Wanted leaf = ca.leaf("DNS:" + host);
        leaf.not_before = now - age;
        return key.to_pem() + ca.chain(leaf, key);
    }
    void publish(const std::string& file, const std::string& pem) {
        SavedCertificate saved;
        saved.names = {file};
        saved.member = "b";
        saved.directory = dead_ca;
        REQUIRE(share.publish(file, saved, pem, now + std::chrono::hours(90 * 24), now));
    }

    const acme::WallTime now = std::chrono::system_clock::now();
    acme::TestCa ca{now};
    acme::Key key = acme::Key::make();
    ClusterShare share;
};

std::string ordered_by(const Manager& manager, const std::string& name) {
    for (const NameStatus& status : manager.status().names) {
        if (status.name == name && status.state == NameStatus::State::valid) {
            return status.member;
        }
    }
    return "nobody";
}

TEST_CASE("a certificate of another member of the cluster is used and saved, and a wrong one is not", "[issuance]") {
    ManagerTest test;
    directory::test::FakeCluster cluster;
    OtherMember other(cluster);
    const auto share = std::make_shared<ClusterShare>(std::make_shared<directory::test::FakeValues>(cluster, "a"));
    share->watch();
    other.publish("a.example.test", other.certificate("a.example.test", std::chrono::minutes(30)));
    other.publish("b.example.test", other.certificate("a.example.test", std::chrono::minutes(30)));
    const Store store(test.settings.folder);
    {
        Manager manager(test.settings, test.needs());
        manager.join(share);
        manager.start();
        REQUIRE(test::eventually([&] { return ordered_by(manager, "a.example.test") == "b"; }));
        constexpr const char* refused =
            "a certificate of another member of the cluster is not used name=b.example.test";
        CHECK(test::eventually([&] { return test.log.count(refused) == 1; }));
        CHECK(store.certificate_names() == std::vector<std::string>{"a.example.test"});
        const auto issued = [&] { return store.certificate("a.example.test").value()->chain.not_before; };
        const auto before = issued();
        other.publish("c.example.test", other.certificate("c.example.test", std::chrono::minutes(30)));
        REQUIRE(test::eventually([&] { return ordered_by(manager, "c.example.test") == "b"; }));
        other.publish("a.example.test", other.certificate("a.example.test", std::chrono::minutes(10)));
        REQUIRE(test::eventually([&] { return issued() > before; }));
        CHECK(manager.status().orders == 0);
        manager.stop();
    }
    Manager alone(test.settings, test.needs());  // restarted; no member is linked
    alone.start();
    CHECK(test::eventually([&] { return ordered_by(alone, "c.example.test") == "b"; }));
    CHECK(ordered_by(alone, "a.example.test") == "b");
}

TEST_CASE("a certificate that a member changes again and again is one step of the manager", "[issuance]") {
    ManagerTest test;
    directory::test::FakeCluster cluster;
    OtherMember other(cluster);
    const auto share = std::make_shared<ClusterShare>(std::make_shared<directory::test::FakeValues>(cluster, "a"));
    share->watch();
    Manager manager(test.settings, test.needs());
    manager.join(share);
    const std::string wrong = other.certificate("a.example.test", std::chrono::minutes(30));
    for (int i = 0; i < 10; ++i) {  // before its worker runs
        other.publish("b.example.test", wrong);
    }
    other.publish("c.example.test", other.certificate("c.example.test", std::chrono::minutes(30)));
    manager.start();
    REQUIRE(test::eventually([&] { return ordered_by(manager, "c.example.test") == "b"; }));
    // Once by its own start, and once for all of the changes.
    CHECK(test.log.count("a certificate of another member of the cluster is not used name=b.example.test") <= 2);
    manager.stop();
}

TEST_CASE("limit: of names that nobody wants a manager saves so many certificates of members, and more when offered",
          "[issuance]") {
    ManagerTest test;
    directory::test::FakeCluster cluster;
    OtherMember other(cluster);
    const auto share = std::make_shared<ClusterShare>(std::make_shared<directory::test::FakeValues>(cluster, "a"));
    share->watch();
    const Store store(test.settings.folder);
    store.make_folders();
    Manager::Needs needs = test.needs();
    needs.guests_max = 20;
    for (std::size_t i = 0; i < needs.guests_max; ++i) {
        const std::string name = "n" + std::to_string(i) + ".example.test";
        std::ofstream(store.certificate_file(name)) << other.certificate(name, std::chrono::minutes(30));
    }
    std::atomic<bool> is_offered = false;
    needs.is_offered = [&is_offered](std::string_view host) { return is_offered && host == "b.example.test"; };
    Manager manager(test.settings, needs);
    manager.join(share);
    manager.start();
    other.publish("b.example.test", other.certificate("b.example.test", std::chrono::minutes(30)));
    REQUIRE(test::eventually([&] {
        return test.log.count("too many certificates of other members are for names that nobody offers") == 1;
    }));
    CHECK(store.certificate_names().size() == needs.guests_max);
    is_offered = true;
    manager.offered("b.example.test", "office", false);
    CHECK(test::eventually([&] { return ordered_by(manager, "b.example.test") == "b"; }));
    CHECK(manager.status().orders == 0);
    manager.stop();
}

TEST_CASE("a manager publishes what its store has, also if another member publishes an older one", "[issuance]") {
    ManagerTest test;
    directory::test::FakeCluster cluster;
    OtherMember other(cluster);
    const auto share = std::make_shared<ClusterShare>(std::make_shared<directory::test::FakeValues>(cluster, "a"));
    share->watch();
    const Store store(test.settings.folder);
    store.make_folders();
    SavedCertificate saved;
    saved.names = {"a.example.test"};
    const std::string own = other.certificate("a.example.test", std::chrono::minutes(10));
    const std::size_t chain_at = own.find("-----BEGIN CERTIFICATE-----");
    REQUIRE(store.write_certificate("a.example.test", own.substr(0, chain_at), own.substr(chain_at), saved).empty());
    Manager manager(test.settings, test.needs());
    manager.join(share);
    manager.start();
    const auto has_own = [&] {
        const auto value = other.share.certificate("a.example.test");
        return value && value->ends_with(own);
    };
    REQUIRE(test::eventually(has_own));
    other.publish("a.example.test", other.certificate("a.example.test", std::chrono::minutes(40)));
    CHECK(test::eventually(has_own));
    manager.stop();
}

TEST_CASE("while another member orders a name, and after its failure, a manager orders nothing", "[issuance]") {
    ManagerTest test;
    directory::test::FakeCluster cluster;
    OtherMember other(cluster);
    const auto share = std::make_shared<ClusterShare>(std::make_shared<directory::test::FakeValues>(cluster, "a"));
    share->watch();
    REQUIRE(other.share.take("a.example.test").kind == ClusterShare::Turn::Kind::ours);
    Manager manager(test.settings, test.needs());
    manager.join(share);
    manager.start();
    const auto status = [&] {
        const Status all = manager.status();
        return all.names.empty() ? NameStatus() : all.names.front();
    };
    REQUIRE(test::eventually([&] { return status().member == "b"; }));
    CHECK(status().state == NameStatus::State::ordering);
    other.share.failed("a.example.test", "the CA says no", std::chrono::hours(1));
    REQUIRE(test::eventually([&] { return status().problem.find("the CA says no") != std::string::npos; }));
    CHECK(status().problem.find("member b") != std::string::npos);
    CHECK(manager.status().failures == 0);
    CHECK(manager.renew("a.example.test"));  // the operator wants it: now its own order fails
    CHECK(test::eventually([&] { return manager.status().failures == 1; }));
    const auto turn = other.share.take("a.example.test");
    CHECK(turn.kind == ClusterShare::Turn::Kind::failed);
    CHECK(turn.member == "a");
    manager.stop();
}

}  // namespace
}  // namespace ferrotunnel::issuance
