#include "base/log.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

namespace ferrotunnel {
namespace {

class ListLogger final : public Logger {
public:
    explicit ListLogger(LogLevel least) : least_(least) {}
    bool enabled(LogLevel level) const noexcept override { return level >= least_; }
    void write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) noexcept override {
        std::string line(message);
        for (const LogField& field : fields) {
            line += " " + std::string(field.key) + "=" + field.value;
        }
        lines.emplace_back(level, line);
    }
    std::vector<std::pair<LogLevel, std::string>> lines;

private:
    LogLevel least_;
};

TEST_CASE("a logger gets what its level lets through", "[log]") {
    ListLogger logger(LogLevel::info);
    logger.debug("one");
    logger.info("two");
    logger.warn("three");
    logger.error("four");
    using Lines = std::vector<std::pair<LogLevel, std::string>>;
    REQUIRE(logger.lines == Lines{{LogLevel::info, "two"}, {LogLevel::warn, "three"}, {LogLevel::error, "four"}});
}

TEST_CASE("a log field formats its value", "[log]") {
    REQUIRE(LogField("k", "text").value == "text");
    REQUIRE(LogField("k", std::string("text")).value == "text");
    REQUIRE(LogField("k", std::string_view("text")).value == "text");
    REQUIRE(LogField("k", static_cast<const char*>(nullptr)).value.empty());
    REQUIRE(LogField("k", 42).value == "42");
    REQUIRE(LogField("k", -1L).value == "-1");
    REQUIRE(LogField("k", ~0ULL).value == "18446744073709551615");
    REQUIRE(LogField("k", std::uint8_t{7}).value == "7");
    REQUIRE(LogField("k", true).value == "true");
    REQUIRE(LogField("k", false).value == "false");
}

TEST_CASE("fields arrive with the message", "[log]") {
    ListLogger logger(LogLevel::trace);
    logger.info("connected", {{"peer", "192.0.2.1"}, {"port", 7835}});
    REQUIRE(logger.lines.at(0).second == "connected peer=192.0.2.1 port=7835");
}

TEST_CASE("the null logger drops everything", "[log]") {
    REQUIRE_FALSE(null_logger().enabled(LogLevel::error));
    null_logger().error("nobody hears this", {{"n", 1}});
    REQUIRE(&null_logger() == &null_logger());
}

}  // namespace
}  // namespace ferrotunnel
