#include "issuance/order_check.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

namespace ferrotunnel::issuance {
namespace {

constexpr const char* account = "https://ca.example.test/account/1";
constexpr WallTime moment{std::chrono::seconds(1'800'000'000)};

TEST_CASE("a client's name that leads elsewhere is tried at the staging CA, and then ordered", "[issuance]") {
    NameEntry entry;
    CHECK(after_elsewhere(entry, false, true) == ElsewhereStep::stage);
    CHECK(after_elsewhere(entry, true, true) == ElsewhereStep::order);  // there
    entry.has_passed_staging = true;
    CHECK(after_elsewhere(entry, false, true) == ElsewhereStep::order);
}

TEST_CASE("a client's name that leads elsewhere fails if no staging CA is known", "[issuance]") {
    const NameEntry entry;
    CHECK(after_elsewhere(entry, false, false) == ElsewhereStep::fail);
}

TEST_CASE("the operator's name is ordered wherever it seems to lead", "[issuance]") {
    NameEntry entry;
    entry.is_configured = true;
    CHECK(after_elsewhere(entry, false, true) == ElsewhereStep::order);
    CHECK(after_elsewhere(entry, false, false) == ElsewhereStep::order);
}

TEST_CASE("a TXT record is for its account, and for wildcards only if it says so", "[issuance]") {
    const std::string plain = std::string("ca.example.test; accounturi=") + account;
    const std::string wildcard = plain + "; policy=wildcard";
    CHECK(has_persist_record({"v=spf1 -all", plain}, account, false, moment));
    CHECK_FALSE(has_persist_record({plain}, account, true, moment));
    CHECK(has_persist_record({wildcard}, account, true, moment));
    CHECK_FALSE(has_persist_record({wildcard}, "https://ca.example.test/account/2", true, moment));
    CHECK_FALSE(has_persist_record({}, account, false, moment));
    CHECK_FALSE(has_persist_record({"", ";", " ; accounturi=" + std::string(account)}, account, false, moment));
}

}  // namespace
}  // namespace ferrotunnel::issuance
