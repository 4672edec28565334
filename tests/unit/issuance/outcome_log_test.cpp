// What the log has about the end of orders.
#include "issuance/outcome_log.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.hpp"

namespace ferrotunnel::issuance {
namespace {

using Ending = IssuanceOutcome::Kind;

constexpr WallTime log_time{std::chrono::seconds(1'800'000'000)};

// Remembers lines with their levels.
class LevelLogger final : public Logger {
public:
    bool enabled(LogLevel) const noexcept override { return true; }
    void write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) noexcept override {
        std::string line = level == LogLevel::warn ? "warn " : level == LogLevel::info ? "info " : "other ";
        line += message;
        for (const LogField& field : fields) {
            line += " " + std::string(field.key) + "=" + field.value;
        }
        lines_.push_back(std::move(line));
    }
    long count(std::string_view part) const {
        return std::count_if(lines_.begin(), lines_.end(),
                             [part](const std::string& line) { return line.find(part) != std::string::npos; });
    }

private:
    std::vector<std::string> lines_;
};

// The lines about one name.
class LogTest {
public:
    LogTest() {
        entry.name = "a.test";
        entry.is_configured = true;
        entry.next = log_time + std::chrono::minutes(5);
        entry.chain.emplace();
        entry.chain->not_after = log_time + std::chrono::hours(24 * 90);
    }

    void ended(Ending kind, const std::string& problem = {}, acme::Problem::Kind of = acme::Problem::Kind::local) {
        IssuanceOutcome outcome;
        outcome.kind = kind;
        outcome.problem.kind = of;
        outcome.problem.text = problem;
        outcome.is_hint = is_hint;
        const std::string old = std::exchange(entry.problem, problem);
        log_outcome(log, entry, outcome, old, log_time, TimePoint());
    }

    LevelLogger log;
    NameEntry entry;
    bool is_hint = false;
};

TEST_CASE("the certificate after a warning is reported at that level, once", "[issuance]") {
    LogTest test;
    test.ended(Ending::issued);
    CHECK(test.log.count("info certificate issued") == 1);
    test.ended(Ending::failed, "no");
    CHECK(test.log.count("warn a certificate could not be renewed name=a.test") == 1);
    test.ended(Ending::issued);
    CHECK(test.log.count("warn certificate issued name=a.test") == 1);
    test.ended(Ending::issued);
    CHECK(test.log.count("warn certificate issued") == 1);
    test.ended(Ending::postponed, "the CA is not asked for a while");
    test.ended(Ending::renewed);
    CHECK(test.log.count("warn another process has issued a certificate name=a.test") == 1);
}

TEST_CASE("a failure names who decides about the next attempt", "[issuance]") {
    LogTest test;
    test.ended(Ending::failed, "no address");
    CHECK(test.log.count("decided_by=this server's own checks") == 1);
    test.ended(Ending::failed, "no", acme::Problem::Kind::validation);
    CHECK(test.log.count("decided_by=the CA") == 1);
    test.entry.is_at_staging = true;
    test.ended(Ending::failed, "no", acme::Problem::Kind::validation);
    CHECK(test.log.count("decided_by=the staging CA, then the CA") == 1);
}

TEST_CASE("an optional wildcard without its record is a hint, once", "[issuance]") {
    LogTest test;
    test.is_hint = true;
    test.entry.chain.reset();
    test.ended(Ending::failed, "the TXT record is missing");
    test.ended(Ending::failed, "the TXT record is missing");
    CHECK(test.log.count("info there is no wildcard certificate, which is optional") == 1);
    CHECK(test.log.count("warn ") == 0);
    CHECK_FALSE(test.entry.is_warned);
}

}  // namespace
}  // namespace ferrotunnel::issuance
