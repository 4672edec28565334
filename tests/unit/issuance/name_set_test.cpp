#include "issuance/name_set.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <set>
#include <string>

#include "issuance/limits.hpp"
#include "support/recording_logger.hpp"
#include "support/seeded_random.hpp"
#include "support/temporary_folder.hpp"
#include "unit/acme/chain_maker.hpp"

namespace ferrotunnel::issuance {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// Names with a clock of their own.
class NamesTest {
public:
    NamesTest() {
        store.make_folders();
        settings.ways = {acme::Way::http_01};
        settings.has_http = true;
    }

    void offer(const std::string& host, const std::string& token = "office") {
        offered.insert(host);
        names.offered(host, token, now);
    }
    void load() {
        std::string fault;
        names.load(store.schedule(fault).names, now);
        CHECK(fault.empty());
    }
    /// What is due now, and wanted; all of it runs.
    std::set<std::string> due() {
        std::set<std::string> all;
        while (NameEntry* const entry = queue.pop(now)) {
            if (names.is_wanted(*entry, now)) {
                entry->is_running = true;
                all.insert(entry->name);
            }
        }
        return all;
    }
    NameEntry& at(const std::string& name) {
        REQUIRE(names.find(name) != nullptr);
        return *names.find(name);
    }
    void conclude(const std::string& name) {
        NameEntry& entry = at(name);
        entry.is_running = false;
        entry.has_concluded = true;
        queue.ended(entry);
        names.concluded(entry, now);
    }
    void fail(const std::string& name, std::chrono::seconds delay) {
        NameEntry& entry = at(name);
        ++entry.failures;
        entry.next = now + delay;
        conclude(name);
    }
    void write_certificate(const std::string& file, const std::string& alternative_names, SavedCertificate saved = {}) {
        const acme::Key key = acme::Key::make();
        acme::Wanted leaf = ca.leaf(alternative_names);
        leaf.serial = std::to_string(++last_serial);
        REQUIRE(store.write_certificate(file, key.to_pem(), ca.chain(leaf, key), saved).empty());
    }
    void issue(const std::string& name, const std::string& alternative_names) {
        NameEntry& entry = at(name);
        write_certificate(entry.file, alternative_names);
        auto found = store.certificate(entry.file);
        REQUIRE(found);
        REQUIRE(found.value());
        entry.failures = 0;
        names.set_certificate(entry, *found.value());
        conclude(name);
    }

    int last_serial = 1'000;
    const test::TemporaryFolder folder;
    const Store store{folder / "acme"};
    test::RecordingLogger log;
    test::SeededRandom random{1};
    WallTime now = WallTime(std::chrono::seconds(1'800'000'000));
    const acme::TestCa ca{now};
    Settings settings;
    std::set<std::string, std::less<>> offered;
    DueQueue queue{1'000};
    NameSet names{{queue, store, log, random, [this](std::string_view host) { return offered.contains(host); }}};
};

using Names = std::set<std::string>;

// The names of a process that is started again with the same store, while clients offer every host.
struct RestartedNames {
    explicit RestartedNames(NamesTest& test)
        : names{{queue, test.store, test.log, test.random, [](std::string_view) { return true; }}} {
        names.load(test.names.failures(test.now), test.now);
        names.set(test.settings, test.now);
    }

    DueQueue queue{10};
    NameSet names;
};

TEST_CASE("configured and offered names are due at once; nothing else is ever a name", "[issuance]") {
    NamesTest test;
    test.settings.names = {*acme::read_identifier("a.example.test"), *acme::read_identifier("192.0.2.1")};
    test.load();
    test.names.set(test.settings, test.now);
    test.offer("b.example.test");
    for (const char* host : {"*.example.test", "localhost", "192.0.2.7", "", "a_b", "../x", "-"}) {
        test.offer(host);
    }
    CHECK(test.due() == Names{"192.0.2.1", "a.example.test", "b.example.test"});
}

TEST_CASE("a name that failed is due after its delay, also after a restart, and whoever offers it again",
          "[issuance]") {
    NamesTest test;
    test.names.set(test.settings, test.now);
    test.offer("a.example.test");
    REQUIRE(test.due() == Names{"a.example.test"});
    test.fail("a.example.test", minutes(10));
    test.offer("a.example.test", "another");
    CHECK(test.due().empty());
    RestartedNames again(test);
    again.names.offered("a.example.test", "office", test.now);
    CHECK(again.names.find("a.example.test")->failures == 1);
    CHECK(again.queue.pop(test.now + minutes(10) - minutes(1)) == nullptr);
    CHECK(again.queue.pop(test.now + minutes(10)) != nullptr);
}

TEST_CASE("an order that is being placed is saved as failed, so that restarts do not place one each", "[issuance]") {
    NamesTest test;
    test.names.set(test.settings, test.now);
    test.offer("a.example.test");
    REQUIRE(test.due().size() == 1);
    test.at("a.example.test").is_placing = true;
    const Failures saved = test.names.failures(test.now);
    REQUIRE(saved.contains("a.example.test"));
    CHECK(saved.at("a.example.test").failures == 1);
    CHECK(saved.at("a.example.test").next >= test.now + minutes(1));
    CHECK(test.at("a.example.test").failures == 0);
}

TEST_CASE("the ways that have failed are known after a restart, and when a name is offered again", "[issuance]") {
    NamesTest test;
    test.names.set(test.settings, test.now);
    test.offer("a.example.test");
    REQUIRE(test.due().size() == 1);
    const FailedWays failed{{acme::Way::tls_alpn_01, test.now}};
    test.at("a.example.test").failed_ways = failed;
    test.fail("a.example.test", minutes(1));
    RestartedNames again(test);
    again.names.offered("a.example.test", "office", test.now);
    REQUIRE(again.names.find("a.example.test") != nullptr);
    CHECK(again.names.find("a.example.test")->failed_ways == failed);
    test.offered.clear();
    test.now += minutes(1);
    CHECK(test.due().empty());  // dropped
    test.offer("a.example.test");
    CHECK(test.at("a.example.test").failed_ways == failed);
}

TEST_CASE("limit: so much of a name's problem is saved", "[issuance]") {
    NamesTest test;
    test.names.set(test.settings, test.now);
    test.offer("a.example.test");
    REQUIRE(test.due().size() == 1);
    test.at("a.example.test").problem = std::string(limits::saved_problem_max, 'x') + "y";
    test.fail("a.example.test", minutes(1));
    const auto saved_problem = [&test] { return test.names.failures(test.now).at("a.example.test").problem; };
    CHECK(saved_problem() == std::string(limits::saved_problem_max, 'x'));
    test.offered.clear();
    test.now += minutes(1);
    CHECK(test.due().empty());  // dropped, with its failure
    CHECK(saved_problem() == std::string(limits::saved_problem_max, 'x'));
}

TEST_CASE("a time that only a wrong clock can have set is now", "[issuance]") {
    NamesTest test;
    SavedSchedule saved;
    saved.names["a.example.test"] = {3, test.now + hours(24 * 365), false, "failed"};
    REQUIRE(test.store.write_schedule(saved).empty());
    test.load();
    test.names.set(test.settings, test.now);
    test.offer("a.example.test");
    CHECK(test.due() == Names{"a.example.test"});
}

TEST_CASE("a name that nobody offers any more is not ordered, and its failures stay", "[issuance]") {
    NamesTest test;
    test.names.set(test.settings, test.now);
    test.offer("a.example.test");
    REQUIRE(test.due().size() == 1);
    test.fail("a.example.test", minutes(10));
    test.offered.clear();
    test.now += minutes(10);
    CHECK(test.due().empty());
    CHECK(test.names.find("a.example.test") == nullptr);
    test.offer("a.example.test");
    CHECK(test.at("a.example.test").failures == 1);
}

TEST_CASE("a saved certificate is renewed by its lifetime while its host was offered lately", "[issuance]") {
    NamesTest test;
    SavedCertificate saved;
    saved.token = "office";
    saved.offered = test.now;
    saved.window_next = WallTime::max();
    test.write_certificate("a.example.test", "DNS:a.example.test", saved);
    saved.offered = test.now - hours(24 * 29);
    test.write_certificate("old.example.test", "DNS:old.example.test", saved);
    test.load();
    test.names.set(test.settings, test.now);
    for (const auto& [name, entry] : test.names.all()) {
        entry->window_next = wall_never;
        test.names.schedule(*entry, test.now);
    }
    CHECK(test.due().empty());
    test.now += hours(24 * 61);  // of 90
    CHECK(test.due().empty());   // both were last offered long ago
    test.offer("a.example.test");
    CHECK(test.due() == Names{"a.example.test"});
    CHECK(test.names.find("old.example.test") != nullptr);
    test.now += hours(24 * 60);
    CHECK(test.due().empty());
    CHECK(test.names.find("old.example.test") == nullptr);
    CHECK(test.store.certificate_names() == std::vector<std::string>{"a.example.test"});
}

TEST_CASE("limit: a certificate is renewed for a while after its host was last offered", "[issuance]") {
    NamesTest test;
    SavedCertificate saved;
    saved.window_next = WallTime::max();
    test.write_certificate("a.example.test", "DNS:a.example.test", saved);
    test.load();
    NameEntry& entry = test.at("a.example.test");
    test.now = entry.next;
    const std::chrono::seconds too_long = GENERATE(std::chrono::seconds(0), std::chrono::seconds(1));
    entry.offered = test.now - limits::unoffered_max - too_long;
    CHECK(test.due().empty() == (too_long.count() > 0));
}

TEST_CASE("limit: the files of a certificate stay for a while after its end", "[issuance]") {
    NamesTest test;
    test.write_certificate("a.example.test", "DNS:a.example.test");
    test.load();
    test.names.set(test.settings, test.now);
    NameEntry& entry = test.at("a.example.test");
    entry.window_next = wall_never;
    test.names.schedule(entry, test.now);
    test.now = entry.next;
    REQUIRE(test.due().empty());  // nobody offers it
    test.now = entry.chain->not_after + limits::unoffered_max - std::chrono::seconds(1);
    CHECK(test.due().empty());
    CHECK(test.store.certificate_names().size() == 1);
    test.now += std::chrono::seconds(1);
    CHECK(test.due().empty());
    CHECK(test.store.certificate_names().empty());
}

TEST_CASE("hosts below the domain wait for the wildcard, and are ordered singly while there is none", "[issuance]") {
    NamesTest test;
    test.settings.ways = {acme::Way::http_01, acme::Way::dns_persist_01};
    test.settings.domain = "t.example.test";
    test.names.set(test.settings, test.now);
    test.offer("a.t.example.test");
    test.offer("a.b.t.example.test");  // a wildcard is for one label
    CHECK(test.due() == Names{"*.t.example.test", "a.b.t.example.test"});
    test.fail("*.t.example.test", minutes(1));
    CHECK(test.due() == Names{"a.t.example.test", "t.example.test"});
    test.fail("a.t.example.test", minutes(1));
    test.fail("t.example.test", minutes(1));
    test.now += minutes(1);
    const Names again = test.due();
    CHECK(again.contains("*.t.example.test"));
    test.fail("a.t.example.test", minutes(1));
    test.fail("t.example.test", minutes(1));
    test.issue("*.t.example.test", "DNS:t.example.test,DNS:*.t.example.test");
    test.now += hours(1);
    test.at("*.t.example.test").window_next = wall_never;
    test.names.schedule(test.at("*.t.example.test"), test.now);
    CHECK(test.due().empty());
    CHECK(test.names.find("a.t.example.test") == nullptr);
    test.offer("c.t.example.test");
    CHECK(test.names.find("c.t.example.test") == nullptr);
}

TEST_CASE("a wildcard whose attempt failed before a restart does not keep hosts waiting until the next one",
          "[issuance]") {
    NamesTest test;
    test.settings.ways = {acme::Way::http_01, acme::Way::dns_persist_01};
    test.settings.domain = "t.example.test";
    test.names.set(test.settings, test.now);
    REQUIRE(test.due() == Names{"*.t.example.test"});
    test.fail("*.t.example.test", hours(6));
    RestartedNames again(test);
    again.names.offered("a.t.example.test", "office", test.now);
    REQUIRE(again.names.find("a.t.example.test") != nullptr);
    CHECK(again.names.find("a.t.example.test")->due <= test.now);
}

TEST_CASE("a domain that a wildcard serves is not shown with what failed before", "[issuance]") {
    NamesTest test;
    test.settings.ways = {acme::Way::http_01, acme::Way::dns_persist_01};
    test.settings.domain = "t.example.test";
    std::set<std::string> shown;
    test.names.on_change = [&shown](const std::string& name, const NameEntry* entry) {
        if (entry != nullptr) {
            shown.insert(name);
        } else {
            shown.erase(name);
        }
    };
    test.names.set(test.settings, test.now);
    REQUIRE(test.due() == Names{"*.t.example.test"});
    test.fail("*.t.example.test", minutes(1));
    REQUIRE(test.due() == Names{"t.example.test"});
    test.fail("t.example.test", minutes(10));
    test.now += minutes(1);
    REQUIRE(test.due() == Names{"*.t.example.test"});
    CHECK(shown == Names{"*.t.example.test", "t.example.test"});
    test.issue("*.t.example.test", "DNS:t.example.test,DNS:*.t.example.test");
    CHECK(shown == Names{"*.t.example.test"});
    CHECK(test.at("t.example.test").failures == 0);
}

TEST_CASE("a wildcard that is about to end does not serve as a reason to order no host", "[issuance]") {
    NamesTest test;
    test.settings.ways = {acme::Way::dns_persist_01};
    test.settings.domain = "t.example.test";
    test.write_certificate("_wildcard.t.example.test", "DNS:t.example.test,DNS:*.t.example.test");
    test.load();
    test.names.set(test.settings, test.now);
    test.offer("a.t.example.test");
    CHECK(test.names.find("a.t.example.test") == nullptr);
    test.now += hours(24 * 82);  // less than a tenth is left
    REQUIRE(test.due().contains("*.t.example.test"));
    test.fail("*.t.example.test", hours(6));
    test.offer("a.t.example.test");
    CHECK(test.due().contains("a.t.example.test"));
}

TEST_CASE("a listed name is ordered even if the wildcard covers it", "[issuance]") {
    NamesTest test;
    test.settings.ways = {acme::Way::http_01, acme::Way::dns_persist_01};
    test.settings.domain = "t.example.test";
    test.settings.names = {*acme::read_identifier("a.t.example.test")};
    test.names.set(test.settings, test.now);
    CHECK(test.due() == Names{"*.t.example.test", "a.t.example.test"});
}

TEST_CASE("one token has so many names without a certificate, and others have theirs", "[issuance]") {
    NamesTest test;
    test.settings.orders_per_token = 5;
    test.names.set(test.settings, test.now);
    const std::size_t names_max = limits::new_names_per_order * test.settings.orders_per_token;
    for (std::size_t i = 0; i <= names_max; ++i) {
        test.offer("h" + std::to_string(i) + ".example.test", "greedy");
    }
    CHECK(test.names.all().size() == names_max);
    CHECK(test.log.count("too many names") == 1);
    test.offer("other.example.test", "office");
    CHECK(test.names.find("other.example.test") != nullptr);
    test.offered.erase("h0.example.test");
    test.now += limits::examine_interval + minutes(1);
    test.offer("new.example.test", "greedy");
    CHECK(test.names.find("new.example.test") != nullptr);
    CHECK(test.names.find("h0.example.test") == nullptr);
}

TEST_CASE("there are so many names", "[issuance]") {
    NamesTest test;
    test.names.set(test.settings, test.now);
    for (std::size_t i = 0; i <= limits::names_max; ++i) {
        test.offer("h" + std::to_string(i) + ".example.test", "token " + std::to_string(i));
    }
    CHECK(test.names.all().size() == limits::names_max);
}

TEST_CASE("limit: certificates of other members of a cluster that nobody wants", "[issuance]") {
    NamesTest test;
    const auto is_offered = [&test](std::string_view host) { return test.offered.contains(host); };
    NameSet names{{test.queue, test.store, test.log, test.random, is_offered, 3}};
    names.set(test.settings, test.now);
    const auto publish = [&](const std::string& name) {
        if (!names.has_room_for_shared({*acme::read_identifier(name)}, test.now)) {
            return false;
        }
        test.write_certificate(name, "DNS:" + name);
        return names.have_file(name, test.now) != nullptr;
    };
    for (const char* name : {"a.example.test", "b.example.test", "c.example.test"}) {
        CHECK(publish(name));
    }
    CHECK_FALSE(publish("d.example.test"));
    test.offered.insert("d.example.test");
    CHECK(publish("d.example.test"));  // a client of the cluster offers it
    test.offered.insert("a.example.test");
    test.now += limits::examine_interval;
    CHECK(publish("e.example.test"));  // in the place of a
    test.now += limits::examine_interval;
    CHECK_FALSE(publish("f.example.test"));
    CHECK(limits::guest_names_max == 2'500);

    NameSet restarted{{test.queue, test.store, test.log, test.random, is_offered, 3}};
    restarted.load({}, test.now);
    CHECK(restarted.all().size() == 5);
    CHECK_FALSE(restarted.has_room_for_shared({*acme::read_identifier("f.example.test")}, test.now));
}

TEST_CASE("a certificate that nobody has wanted for a year is removed, whatever its record says", "[issuance]") {
    NamesTest test;
    SavedCertificate record;
    record.names = {"a.example.test"};
    record.window = acme::RenewalWindow{test.now + hours(24 * 36'500), test.now + hours(24 * 36'501), {}};
    record.window_next = test.now + hours(24 * 36'500);
    const acme::Key key = acme::Key::make();
    for (const char* name : {"a.example.test", "b.example.test"}) {
        acme::Wanted leaf = test.ca.leaf(std::string("DNS:") + name);
        leaf.not_after = test.now + hours(24 * 36'500);
        REQUIRE(test.store.write_certificate(name, key.to_pem(), test.ca.chain(leaf, key), record).empty());
    }
    test.load();
    test.names.set(test.settings, test.now);
    test.offered.insert("b.example.test");
    test.now += limits::unwanted_max - hours(48);
    CHECK(test.due().empty());
    CHECK(test.store.certificate_names().size() == 2);
    test.now += hours(72);
    CHECK(test.due() == Names{"b.example.test"});  // to see when it is due next
    test.conclude("b.example.test");
    CHECK(test.store.certificate_names() == std::vector<std::string>{"b.example.test"});
    CHECK(test.due().empty());
}

TEST_CASE("a certificate whose time had passed before the start is removed a day later, unless it is offered",
          "[issuance]") {
    NamesTest test;
    SavedCertificate record;
    record.window = acme::RenewalWindow{test.now + hours(24 * 36'500), test.now + hours(24 * 36'501), {}};
    record.window_next = test.now + hours(24 * 36'500);
    const acme::Key key = acme::Key::make();
    for (const char* name : {"a.example.test", "b.example.test"}) {
        acme::Wanted leaf = test.ca.leaf(std::string("DNS:") + name);
        leaf.not_after = test.now + hours(24 * 36'500);
        REQUIRE(test.store.write_certificate(name, key.to_pem(), test.ca.chain(leaf, key), record).empty());
    }
    test.now += limits::unwanted_max + hours(1);
    test.load();
    test.names.set(test.settings, test.now);
    CHECK(test.due().empty());
    CHECK(test.store.certificate_names().size() == 2);
    test.offer("b.example.test");
    test.now += limits::offered_interval;
    CHECK(test.due().empty());
    CHECK(test.store.certificate_names() == std::vector<std::string>{"b.example.test"});
}

TEST_CASE("a certificate that ended long ago, of a host that is still offered, is examined once a day", "[issuance]") {
    NamesTest test;
    SavedCertificate record;
    record.window_next = WallTime::max();
    test.write_certificate("a.example.test", "DNS:a.example.test", record);
    test.now += hours(24 * 90) + limits::unoffered_max + hours(1);
    test.load();
    test.names.set(test.settings, test.now);
    test.at("a.example.test").window_next = wall_never;
    test.offer("a.example.test");
    REQUIRE(test.due() == Names{"a.example.test"});
    test.fail("a.example.test", hours(48));
    CHECK(test.due().empty());
    test.now += limits::offered_interval;
    REQUIRE(test.due() == Names{"a.example.test"});
    test.conclude("a.example.test");
    CHECK(test.due().empty());
    CHECK(test.store.certificate_names().size() == 1);
}

TEST_CASE("the domain's certificate that ended long ago is put away while a wildcard covers it", "[issuance]") {
    NamesTest test;
    test.settings.ways = {acme::Way::http_01, acme::Way::dns_persist_01};
    test.settings.domain = "t.example.test";
    test.write_certificate("t.example.test", "DNS:t.example.test");
    test.now += hours(24 * 90) + limits::unoffered_max + hours(1);
    test.load();
    test.names.set(test.settings, test.now);
    const auto due = [&test] {
        Names all;
        for (NameEntry* entry = test.queue.pop(test.now); entry != nullptr; entry = test.queue.pop(test.now)) {
            REQUIRE(all.insert(entry->name).second);  // each only once
            entry->is_running = test.names.is_wanted(*entry, test.now);
        }
        return all;
    };
    CHECK(due() == Names{"*.t.example.test"});
    test.now += limits::offered_interval;
    CHECK(due() == Names{"t.example.test"});
    CHECK(due().empty());
    CHECK(test.store.certificate_names().size() == 1);
}

TEST_CASE("a name that is no longer listed is dropped, after its order if one runs", "[issuance]") {
    NamesTest test;
    test.settings.names = {*acme::read_identifier("a.example.test"), *acme::read_identifier("b.example.test")};
    test.names.set(test.settings, test.now);
    REQUIRE(test.due().size() == 2);
    test.fail("b.example.test", minutes(1));
    test.settings.names.clear();
    test.names.set(test.settings, test.now);
    CHECK(test.names.find("b.example.test") == nullptr);
    CHECK(test.names.find("a.example.test") != nullptr);
    test.fail("a.example.test", minutes(1));
    CHECK(test.names.find("a.example.test") == nullptr);
}

TEST_CASE("a saved order makes its name due at once", "[issuance]") {
    NamesTest test;
    SavedSchedule saved;
    saved.names["a.example.test"] = {3, test.now + hours(3), false, "killed"};
    REQUIRE(test.store.write_schedule(saved).empty());
    SavedOrder order;
    order.url = "https://ca.example.test/order/1";
    order.names = {"a.example.test"};
    order.placed = test.now;
    REQUIRE(test.store.write_order("a.example.test", order).empty());
    test.load();
    test.names.set(test.settings, test.now);
    test.offer("a.example.test");
    CHECK(test.due() == Names{"a.example.test"});
}

TEST_CASE("a saved order that is not continued waits for its time: restarts place none at once", "[issuance]") {
    NamesTest test;
    SavedSchedule saved;
    saved.names["a.example.test"] = {3, test.now + hours(3), false, "killed"};
    REQUIRE(test.store.write_schedule(saved).empty());
    SavedOrder order;
    order.url = "https://ca.example.test/order/1";
    order.names = {"a.example.test"};
    order.placed = test.now;
    SECTION("it has no URL") {
        order.url.clear();
    }
    SECTION("it is too old") {
        order.placed = test.now - limits::order_age_max;
    }
    SECTION("it was continued too often") {
        order.resumes = limits::resumes_max;
    }
    SECTION("it is for other names") {
        order.names.emplace_back("*.a.example.test");
    }
    CHECK_FALSE(may_continue(order, {"a.example.test"}, test.now));
    REQUIRE(test.store.write_order("a.example.test", order).empty());
    test.load();
    test.names.set(test.settings, test.now);
    test.offer("a.example.test");
    CHECK(test.due().empty());
    test.now += hours(3);
    CHECK(test.due() == Names{"a.example.test"});
}

TEST_CASE("a certificate that another process has renewed keeps its record, and is adopted", "[issuance]") {
    NamesTest test;
    SavedCertificate saved;
    saved.window_next = WallTime::max();
    saved.offered = test.now;
    test.write_certificate("a.example.test", "DNS:a.example.test", saved);
    test.load();
    test.names.set(test.settings, test.now);
    test.at("a.example.test").window_next = wall_never;
    saved.way = "of the other process";
    test.write_certificate("a.example.test", "DNS:a.example.test", saved);
    test.now += limits::offered_interval + hours(1);
    test.offer("a.example.test");
    CHECK(test.due() == Names{"a.example.test"});
    const auto present = test.store.certificate("a.example.test");
    REQUIRE(present);
    REQUIRE(present.value());
    CHECK(present.value()->saved.way == "of the other process");
}

TEST_CASE("a failure from before another process got the certificate does not renew it early", "[issuance]") {
    NamesTest test;
    SavedSchedule saved;
    saved.names["a.example.test"] = {3, test.now + hours(1), false, "failed"};
    REQUIRE(test.store.write_schedule(saved).empty());
    SavedCertificate certificate;
    certificate.window_next = WallTime::max();
    test.write_certificate("a.example.test", "DNS:a.example.test", certificate);
    test.settings.names = {*acme::read_identifier("a.example.test")};
    test.load();
    test.names.set(test.settings, test.now);
    NameEntry& entry = test.at("a.example.test");
    CHECK(entry.next > test.now + hours(24 * 50));
}

}  // namespace
}  // namespace ferrotunnel::issuance
