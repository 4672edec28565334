#include "issuance/dns_records.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "issuance/limits.hpp"
#include "issuance/name_lock.hpp"
#include "issuance/wall_clock.hpp"
#include "runtime/worker.hpp"
#include "support/eventually.hpp"
#include "support/recording_logger.hpp"
#include "support/temporary_folder.hpp"

namespace ferrotunnel::issuance {
namespace {

constexpr const char* record_order = "a.example.test";

acme::Challenge dns_challenge(const std::string& value) {
    acme::Challenge challenge;
    challenge.way = acme::Way::dns_01;
    challenge.record_name = "_acme-challenge.a.example.test";
    challenge.record_value = value;
    return challenge;
}

// Records with a command that notes its calls, and fails if there is a file "fail".
class RecordsTest {
public:
    RecordsTest() {
        store.make_folders();
        settings.dns_command = {"/bin/sh", "-c", R"(echo "$2 $4" >>"$0/calls"; [ ! -e "$1/fail" ])", folder.path(),
                                folder.path()};
        restart();
    }
    ~RecordsTest() { kill(); }

    /// As if the process was killed, and started again.
    void restart() {
        kill();
        worker_ = std::make_unique<runtime::Worker>();
        commands_ = std::make_unique<CommandRunner>(*worker_);
        records_ = std::make_unique<DnsRecords>(DnsRecords::Needs{store, *commands_, log, settings});
        worker_->start();
    }
    void on_worker(const std::function<void(DnsRecords&)>& step) {
        std::promise<void> done;
        worker_->post([&] {
            step(*records_);
            done.set_value();
        });
        done.get_future().wait();
    }
    std::string add(const std::string& value) {
        std::promise<std::string> fault;
        on_worker([&](DnsRecords& records) {
            records.add(record_order, dns_challenge(value),
                        [&](std::string text) { fault.set_value(std::move(text)); });
        });
        return fault.get_future().get();
    }
    void remove_left_over(WallTime now, const std::string& file = {}) {
        on_worker([&](DnsRecords& records) { records.remove_left_over(now, file); });
    }
    std::string calls() const {
        std::ifstream in(folder / "calls");
        return (std::ostringstream() << in.rdbuf()).str();
    }
    bool is_forgotten() const {
        return test::eventually([this] { return store.records().empty(); });
    }

    const test::TemporaryFolder folder;
    const Store store{folder / "acme"};
    test::RecordingLogger log;
    Settings settings;

private:
    void kill() {
        if (worker_) {
            worker_->stop();
            worker_->join();
        }
        records_.reset();
        commands_.reset();
        worker_.reset();
    }

    std::unique_ptr<runtime::Worker> worker_;
    std::unique_ptr<CommandRunner> commands_;
    std::unique_ptr<DnsRecords> records_;
};

TEST_CASE("a TXT record is remembered before the command sets it, until the command has removed it", "[issuance]") {
    RecordsTest test;
    REQUIRE(test.add("one").empty());
    REQUIRE(test.store.records().size() == 1);
    CHECK(test.store.records()[0].file == record_order);
    CHECK(test.store.records()[0].name == "_acme-challenge.a.example.test");
    test.on_worker([](DnsRecords& records) { records.remove(dns_challenge("one")); });
    CHECK(test.is_forgotten());
    CHECK(test.calls() == "add one\nremove one\n");
}

TEST_CASE("a record that cannot be remembered is not set", "[issuance]") {
    RecordsTest test;
    std::filesystem::remove(test.folder / "acme/records");
    CHECK_THAT(test.add("one"), Catch::Contains("acme/records"));
    CHECK(test.calls().empty());
}

TEST_CASE("the record of a killed process is removed after the restart", "[issuance]") {
    RecordsTest test;
    REQUIRE(test.add("one").empty());
    test.restart();
    test.remove_left_over(wall_now());
    CHECK(test.is_forgotten());
    CHECK(test.calls() == "add one\nremove one\n");
}

TEST_CASE("a record that an order may need stays", "[issuance]") {
    RecordsTest test;
    REQUIRE(test.add("one").empty());
    test.restart();
    SavedOrder order;
    order.url = "https://ca.example.test/order/1";
    order.names = {"a.example.test"};
    order.placed = wall_now();
    NameLock lock;
    std::string fault;
    if (GENERATE(false, true)) {  // it runs, in whatever process
        REQUIRE(lock.acquire(test.store.lock_file(record_order), fault));
    } else {  // it will be continued
        REQUIRE(test.store.write_order(record_order, order).empty());
    }
    test.remove_left_over(wall_now());
    CHECK(test.store.records().size() == 1);
    lock.release();
    test.store.remove_order(record_order);
    test.remove_left_over(wall_now(), "b.example.test");
    CHECK(test.store.records().size() == 1);
    test.remove_left_over(wall_now(), record_order);
    CHECK(test.is_forgotten());
    CHECK(test.calls() == "add one\nremove one\n");
}

TEST_CASE("limit: removing a record is tried again for a while, and then it is reported", "[issuance]") {
    RecordsTest test;
    REQUIRE(test.add("one").empty());
    std::ofstream(test.folder / "fail") << "";
    const WallTime added = test.store.records().at(0).added;
    test.remove_left_over(added + limits::record_age_max - std::chrono::seconds(1));
    REQUIRE(test::eventually([&] { return test.log.count("a TXT record cannot be removed") == 1; }));
    CHECK(test.store.records().size() == 1);
    test.remove_left_over(added + limits::record_age_max);
    CHECK(test.store.records().empty());
    CHECK(test.log.count("remove it by hand record=_acme-challenge.a.example.test value=one") == 1);
    CHECK(test.calls() == "add one\nremove one\n");
}

TEST_CASE("limit: so many records are removed at once", "[issuance]") {
    RecordsTest test;
    const WallTime now = wall_now();
    for (std::size_t i = 0; i <= limits::left_records_max; ++i) {
        REQUIRE(test.store.write_record({record_order, "_acme-challenge.a", "v" + std::to_string(i), now}).empty());
    }
    test.remove_left_over(now);
    REQUIRE(test::eventually([&] { return test.store.records().size() == 1; }));
    test.remove_left_over(now);
    CHECK(test.is_forgotten());
}

TEST_CASE("without a command the record of a killed process waits for one", "[issuance]") {
    RecordsTest test;
    REQUIRE(test.add("one").empty());
    const auto words = std::exchange(test.settings.dns_command, {});
    test.restart();
    test.remove_left_over(wall_now());
    CHECK(test.store.records().size() == 1);
    test.settings.dns_command = words;
    test.remove_left_over(wall_now());
    CHECK(test.is_forgotten());
}

}  // namespace
}  // namespace ferrotunnel::issuance
