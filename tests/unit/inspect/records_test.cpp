// The ring of records: its bounds, reached and passed by one, and who goes.
#include "inspect/records.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

using namespace ferrotunnel;
using namespace ferrotunnel::inspect;

namespace {

std::shared_ptr<Record> add(Records& records) {
    return records.begin(Exchange());
}

}  // namespace

TEST_CASE("the oldest goes when there are too many", "[inspect]") {
    Records records(limits::inspect_memory_min, 3);
    const auto first = add(records);
    add(records);
    add(records);
    CHECK(records.find(first->id()) != nullptr);
    add(records);
    CHECK(records.find(first->id()) == nullptr);
    CHECK(records.all().size() == 3);
    CHECK(records.all().front()->id() == 4);
    CHECK_FALSE(first->change([](Exchange&) {}));
    CHECK_FALSE(records.grow(*first, 1));
}

TEST_CASE("what comes too fast is counted, and not recorded", "[inspect]") {
    Records records(limits::inspect_memory_min, 3);
    const TimePoint begin = TimePoint() + std::chrono::hours(1);
    const Duration each = Duration(std::chrono::seconds(1)) / limits::inspect_rate;
    for (int i = 0; i < 3; ++i) {
        CHECK(records.admits(begin));
    }
    CHECK_FALSE(records.admits(begin));
    CHECK_FALSE(records.admits(begin + each / 2));
    CHECK(records.not_recorded() == 2);
    CHECK(records.admits(begin + each));
    CHECK_FALSE(records.admits(begin + each));
    CHECK(records.not_recorded() == 3);
}

TEST_CASE("the oldest goes when all hold too much", "[inspect]") {
    constexpr std::uint64_t room = 10 * limits::inspect_entry_cost;
    Records records(room);
    const auto first = add(records);
    const auto second = add(records);
    REQUIRE(records.grow(*first, limits::inspect_entry_cost));
    REQUIRE(first->append_waiting(true, "abc"));
    CHECK(records.bytes() == 3 * limits::inspect_entry_cost);
    REQUIRE(records.grow(*second, 5 * limits::inspect_entry_cost));
    REQUIRE(records.grow(*second, 2 * limits::inspect_entry_cost));
    CHECK(records.bytes() == room);
    CHECK(records.find(first->id()) != nullptr);
    REQUIRE(records.grow(*second, 1));
    CHECK(records.find(first->id()) == nullptr);
    CHECK(first->take_waiting(true).empty());
    CHECK(records.bytes() == 8 * limits::inspect_entry_cost + 1);
    records.shrink(*second, limits::inspect_entry_cost);
    CHECK(records.bytes() == 7 * limits::inspect_entry_cost + 1);
}

TEST_CASE("one that outgrows everything goes itself, and nothing gets more than half at once", "[inspect]") {
    Records records(10 * limits::inspect_entry_cost);
    const auto only = add(records);
    CHECK_FALSE(records.grow(*only, 5 * limits::inspect_entry_cost + 1));
    CHECK(records.grow(*only, 5 * limits::inspect_entry_cost));
    CHECK_FALSE(records.grow(*only, 5 * limits::inspect_entry_cost));
    CHECK(records.all().empty());
    CHECK(records.bytes() == 0);
}

TEST_CASE("originals count, go with their records and after their time, and are kept only where they are used",
          "[inspect]") {
    constexpr std::uint64_t room = 10 * limits::inspect_entry_cost;
    const TimePoint begin = TimePoint() + std::chrono::hours(9);
    const auto add_at = [&](Records& records, TimePoint at) {
        Exchange exchange;
        exchange.began = at;
        return records.begin(std::move(exchange));
    };
    Records records(room);
    const auto first = add_at(records, begin);
    const auto second = add_at(records, begin + std::chrono::minutes(1));
    records.keep_original_head(*first, "head");
    records.keep_original_body(*first, std::string(1'000, 'b'));
    records.keep_original_body(*second, "");
    CHECK(records.bytes() == 2 * limits::inspect_entry_cost + 1'004);
    CHECK(first->original(begin).head == "head");
    CHECK(first->original(begin).body == std::string(1'000, 'b'));
    CHECK(second->original(begin).body == "");
    // By time: not a moment longer, whether or not somebody has looked.
    const TimePoint over = begin + limits::inspect_original_time;
    CHECK(first->original(over - Duration(1)).bytes() == 1'004);
    CHECK(first->original(over).bytes() == 0);
    CHECK(second->original(over).body.has_value());
    records.forget_originals(begin);
    CHECK(records.bytes() == 2 * limits::inspect_entry_cost + 1'004);
    records.forget_originals(begin + Duration(1));
    CHECK(records.bytes() == 2 * limits::inspect_entry_cost);
    CHECK(first->original(begin).head.empty());
    CHECK(second->original(begin).body.has_value());
    // By bytes: the oldest goes as a whole, and what takes more than half is not kept.
    records.keep_original_body(*second, std::string(room / 2 + 1, 'b'));
    CHECK(second->original(begin).body == "");
    records.keep_original_head(*second, std::string(room / 2, 'h'));
    REQUIRE(second->original(begin).head.size() == room / 2);
    const auto third = add_at(records, begin);
    records.keep_original_body(*third, std::string(room / 2, 'b'));
    CHECK(records.find(second->id()) == nullptr);
    CHECK(second->original(begin).bytes() == 0);
    CHECK(third->original(begin).bytes() == room / 2);
    CHECK(records.bytes() == limits::inspect_entry_cost + room / 2);
    records.clear();
    CHECK(third->original(begin).bytes() == 0);
    CHECK(records.bytes() == 0);

    Records without(room, 3, false);
    const auto one = add_at(without, begin);
    without.keep_original_head(*one, "head");
    CHECK(one->original(begin).bytes() == 0);
    CHECK(without.bytes() == limits::inspect_entry_cost);
}

TEST_CASE("clearing forgets those that are under way too", "[inspect]") {
    Records records(limits::inspect_memory_min);
    const auto one = add(records);
    records.clear();
    CHECK(records.all().empty());
    CHECK(records.bytes() == 0);
    CHECK_FALSE(one->append_waiting(false, "x"));
    CHECK(add(records)->id() == 2);
}

TEST_CASE("threads record while others read", "[inspect]") {
    Records records(64 * limits::inspect_entry_cost, 50);
    std::atomic<bool> done = false;
    std::thread reader([&] {
        while (!done) {
            for (const auto& record : records.all()) {
                (void)record->copy();
                (void)record->original(TimePoint());
            }
            records.forget_originals(TimePoint::max());
        }
    });
    std::vector<std::thread> writers;
    for (int i = 0; i < 2; ++i) {
        writers.emplace_back([&] {
            for (int k = 0; k < 500; ++k) {
                const auto record = add(records);
                (void)records.grow(*record, 100);
                (void)record->append_waiting(false, std::string(100, 'x'));
                records.keep_original_head(*record, "head");
                records.keep_original_body(*record, std::string(100, 'x'));
                record->change([](Exchange& exchange) { exchange.answer.complete = true; });
            }
        });
    }
    for (std::thread& writer : writers) {
        writer.join();
    }
    done = true;
    reader.join();
    CHECK(records.all().size() == 50);
    CHECK(records.bytes() <= 64 * limits::inspect_entry_cost);
}
