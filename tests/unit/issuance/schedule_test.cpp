// schedule.json, and what several processes with one folder write to it.
#include "issuance/schedule.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "acme/limits.hpp"
#include "support/temporary_folder.hpp"

namespace ferrotunnel::issuance {
namespace {

using std::chrono::hours;

constexpr const char* schedule_ca = "https://ca.example.test/dir";
constexpr std::size_t orders_of_token = 4;
constexpr WallTime schedule_now{std::chrono::seconds(1'800'000'000)};

// One process's view of the folder.
struct Process {
    explicit Process(const Store& store, Duration lock_time = limits::schedule_lock_time)
        : schedule({store, [this](WallTime) { return failures; }}, orders_of_token, lock_time) {
        std::string fault;
        failures = schedule.load(schedule_now, fault);
        CHECK(fault.empty());
    }
    bool may_order(std::string_view token, WallTime now = schedule_now) {
        const auto next = schedule.take({token, schedule_ca, {}, true}, now);
        REQUIRE(next);
        return !next.value();
    }

    Failures failures;
    Schedule schedule;
};

class ScheduleTest {
public:
    ScheduleTest() { store.make_folders(); }

    Failures saved() const {
        std::string fault;
        Failures names = store.schedule(fault).names;
        CHECK(fault.empty());
        return names;
    }

    const test::TemporaryFolder folder;
    const Store store{folder / "acme"};
};

SavedFailure failure_of(unsigned count) {
    return {count, schedule_now + hours(count), false, "failed"};
}

TEST_CASE("a budget survives a restart", "[issuance]") {
    ScheduleTest test;
    {
        Process process(test.store);
        for (std::size_t i = 0; i < orders_of_token; ++i) {
            REQUIRE(process.may_order("office"));
        }
    }
    Process again(test.store);
    CHECK_FALSE(again.may_order("office"));
    CHECK(again.may_order("other"));
    CHECK(again.may_order("office", schedule_now + hours(24)));
}

TEST_CASE("processes with one folder have one budget", "[issuance]") {
    ScheduleTest test;
    Process first(test.store);
    Process second(test.store);
    for (std::size_t i = 0; i < orders_of_token; ++i) {
        CHECK((i % 2 == 0 ? first : second).may_order("office"));
    }
    CHECK_FALSE(first.may_order("office"));
    CHECK_FALSE(second.may_order("office"));
    CHECK(second.may_order("other"));
}

TEST_CASE("certificates below a domain count for all processes", "[issuance]") {
    ScheduleTest test;
    Process first(test.store);
    Process second(test.store);
    for (std::size_t i = 0; i < acme::limits::names_per_parent; ++i) {
        REQUIRE((i % 2 == 0 ? first : second).schedule.issued(schedule_ca, "example.test", schedule_now).empty());
    }
    const acme::PlannedOrder order{"office", schedule_ca, "example.test", true};
    const auto next = first.schedule.take(order, schedule_now);
    REQUIRE(next);
    CHECK(next.value() == schedule_now + hours(7 * 24));
}

TEST_CASE("processes that order at once count each order once", "[issuance]") {
    ScheduleTest test;
    constexpr int per_thread = 10;
    std::vector<std::unique_ptr<Process>> processes;  // made here, since they have assertions
    for (int number = 0; number < 3; ++number) {
        processes.push_back(std::make_unique<Process>(test.store, std::chrono::minutes(5)));
    }
    const auto order_often = [&processes](int number) {
        Process& process = *processes[static_cast<std::size_t>(number)];
        for (int i = 0; i < per_thread; ++i) {
            (void)process.schedule.take({"token " + std::to_string(number), schedule_ca, {}, true}, schedule_now);
            process.failures["h" + std::to_string(number) + ".example.test"] = failure_of(1);
            (void)process.schedule.save(schedule_now);
        }
    };
    {
        std::vector<std::jthread> threads;
        for (int number = 0; number < 3; ++number) {
            threads.emplace_back(order_often, number);
        }
    }
    CHECK(test.saved().size() == 3);
    std::string fault;
    acme::Budget budget(orders_of_token, 3 * orders_of_token + 1);  // of the CA: one more than they have placed
    budget.from_json(test.store.schedule(fault).budget, schedule_now);
    CHECK_FALSE(budget.take({}, schedule_ca, schedule_now));
    CHECK(budget.take({}, schedule_ca, schedule_now));
}

TEST_CASE("a process keeps the failures of others, and removes and changes its own", "[issuance]") {
    ScheduleTest test;
    Process first(test.store);
    Process second(test.store);
    first.failures["a.example.test"] = failure_of(1);
    first.failures["b.example.test"] = failure_of(1);
    REQUIRE(first.schedule.save(schedule_now).empty());
    second.failures["c.example.test"] = failure_of(1);
    REQUIRE(second.schedule.save(schedule_now).empty());
    first.failures["a.example.test"] = failure_of(2);
    first.failures.erase("b.example.test");
    REQUIRE(first.schedule.save(schedule_now).empty());
    CHECK(test.saved() == Failures{{"a.example.test", failure_of(2)}, {"c.example.test", failure_of(1)}});
    second.failures.clear();
    REQUIRE(second.schedule.save(schedule_now).empty());
    CHECK(test.saved() == Failures{{"a.example.test", failure_of(2)}});
    CHECK(Process(test.store).failures == test.saved());
}

TEST_CASE("an order that a budget postpones writes nothing", "[issuance]") {
    ScheduleTest test;
    Process process(test.store);
    while (process.may_order("office")) {
    }
    process.failures["a.example.test"] = failure_of(1);
    CHECK_FALSE(process.may_order("office"));
    CHECK(test.saved().empty());
}

TEST_CASE("a schedule that was removed or damaged is made again from what this process knows", "[issuance]") {
    ScheduleTest test;
    Process process(test.store);
    process.failures["a.example.test"] = failure_of(1);
    REQUIRE(process.may_order("office"));
    const std::string file = test.folder / "acme/schedule.json";
    if (GENERATE(false, true)) {
        std::filesystem::remove(file);
    } else {
        std::ofstream(file) << "{";
    }
    for (std::size_t i = 1; i < orders_of_token; ++i) {
        REQUIRE(process.may_order("office"));
    }
    CHECK_FALSE(process.may_order("office"));
    CHECK(test.saved().size() == 1);
}

TEST_CASE("an order that cannot be counted on the disk is an error", "[issuance]") {
    ScheduleTest test;
    Process process(test.store);
    const std::string file = test.folder / "acme/schedule.json";
    std::filesystem::create_directory(file);
    const auto next = process.schedule.take({"office", schedule_ca, {}, true}, schedule_now);
    REQUIRE_FALSE(next);
    CHECK_THAT(next.error(), Catch::Contains(file));
    std::filesystem::remove(file);
    CHECK(process.may_order("office"));
}

TEST_CASE("limit: a process that holds the schedule's lock delays the others for so long", "[issuance]") {
    ScheduleTest test;
    Process process(test.store, std::chrono::milliseconds(20));
    NameLock lock;
    std::string fault;
    REQUIRE(lock.acquire(test.store.lock_file("_schedule"), fault));
    CHECK_THAT(process.schedule.save(schedule_now), Catch::Contains("_schedule.lock"));
    lock.release();
    CHECK(process.schedule.save(schedule_now).empty());
    CHECK_FALSE(std::filesystem::exists(test.store.lock_file("_schedule")));
}

TEST_CASE("limit: so many failures are saved; those whose time came first give way", "[issuance][large]") {
    ScheduleTest test;
    Process process(test.store);
    for (std::size_t i = 0; i < limits::saved_failures_max; ++i) {
        process.failures["h" + std::to_string(i) + ".example.test"] = failure_of(2);
    }
    REQUIRE(process.schedule.save(schedule_now).empty());
    CHECK(test.saved().size() == limits::saved_failures_max);
    process.failures["first.example.test"] = failure_of(1);
    REQUIRE(process.schedule.save(schedule_now).empty());
    CHECK(test.saved().size() == limits::saved_failures_max);
    CHECK_FALSE(test.saved().contains("first.example.test"));
}

}  // namespace
}  // namespace ferrotunnel::issuance
