#include "audit/refusal_limiter.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "audit/audit_log.hpp"
#include "audit/limits.hpp"

namespace ferrotunnel::audit {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{1h};

}  // namespace

TEST_CASE("refusals of an address beyond the limit are counted, and written with the last one", "[audit]") {
    RefusalLimiter limiter;
    for (std::uint32_t i = 0; i < refusals_of_address_max; ++i) {
        CHECK(limiter.may_write("192.0.2.7", "first", start));
    }
    CHECK(!limiter.has_counted());
    CHECK(!limiter.due());
    CHECK(!limiter.may_write("192.0.2.7", "fourth", start));
    CHECK(limiter.may_write("192.0.2.8", "other", start));
    CHECK(!limiter.may_write("192.0.2.7", "fifth", start + 5s));  // one line for all of the minute
    REQUIRE(limiter.due());
    CHECK(*limiter.due() == start + count_time);
    CHECK(limiter.take(start + count_time - 1s).empty());
    const auto taken = limiter.take(start + count_time);
    REQUIRE(taken.size() == 1);
    CHECK(taken[0].count == 2);
    CHECK(taken[0].record == "fifth");
    CHECK(!taken[0].has_other_addresses);
    CHECK(!limiter.has_counted());
    CHECK(limiter.may_write("192.0.2.7", "again", start + count_time));
}

TEST_CASE("refusals of all addresses are limited, too, and those of too many addresses counted together", "[audit]") {
    RefusalLimiter limiter;
    std::uint32_t written = 0;
    for (std::size_t i = 0; i < counted_addresses_max + refusals_max + 1; ++i) {
        written += limiter.may_write("address " + std::to_string(i), "refusal", start) ? 1 : 0;
    }
    CHECK(written == refusals_max);
    auto taken = limiter.take(start, true);
    std::uint64_t counted = 0;
    for (const auto& one : taken) {
        counted += one.count;
    }
    CHECK(counted == counted_addresses_max + 1);
    REQUIRE(!taken.empty());
    CHECK(taken.back().has_other_addresses);
    CHECK(taken.back().count == refusals_max + 1);
    CHECK(!limiter.has_counted());
    CHECK(limiter.may_write("address 1", "refusal", start + 1s));
}

TEST_CASE("an audit log that is off takes nothing, and a full queue counts", "[audit]") {
    AuditLog log;
    Record record("login");
    record.add("client", std::string(400, 'x'));
    std::string text;
    log.write(record);
    log.refuse(record, "192.0.2.7");
    log.lanes()->take_all(text);
    CHECK(text.empty());
    log.switch_on(true);
    constexpr std::size_t most = queue_bytes_max / 400;
    for (std::size_t i = 0; i < most; ++i) {
        log.write(record);
    }
    log.lanes()->take_all(text);
    CHECK(text.size() <= queue_bytes_max);
    CHECK(text.size() > queue_bytes_max - 1'000);
    const auto lines = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
    CHECK(lines + log.lanes()->take_dropped() == most);
}

TEST_CASE("counted refusals become lines with their number", "[audit]") {
    AuditLog log;
    log.switch_on(true);
    Record record("login_refused");
    record.add("peer", "192.0.2.7:1");
    for (int i = 0; i < 10; ++i) {
        log.refuse(record, "192.0.2.7");
    }
    std::string text;
    log.take_counted(text, false);
    CHECK(text.empty());
    REQUIRE(log.due_in());
    CHECK(*log.due_in() <= count_time);
    log.take_counted(text, true);
    CHECK(text.find("\"event\":\"login_refused\",\"peer\":\"192.0.2.7:1\",\"count\":7,\"seconds\":") !=
          std::string::npos);
    CHECK(!log.due_in());
}

}  // namespace ferrotunnel::audit
