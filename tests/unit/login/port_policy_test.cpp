#include "login/port_policy.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "support/seeded_random.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::login;

TEST_CASE("by default every unprivileged port is allowed, and the system chooses assigned ones") {
    PortPolicy policy;
    CHECK_FALSE(policy.allows(0));
    CHECK_FALSE(policy.allows(1));
    CHECK_FALSE(policy.allows(1'023));
    CHECK(policy.allows(1'024));
    CHECK(policy.allows(65'535));
    test::SeededRandom random(1);
    CHECK(policy.candidates(random) == std::vector<std::uint16_t>{0});
    CHECK(policy.describe() == "1024-65535");
}

TEST_CASE("a list allows what it names and nothing else") {
    auto policy = PortPolicy::parse("22, 8000 - 8002 ,65535");
    REQUIRE(policy);
    for (std::uint16_t port : std::vector<std::uint16_t>{22, 8000, 8001, 8002, 65'535}) {
        CHECK(policy->allows(port));
    }
    for (std::uint16_t port : std::vector<std::uint16_t>{0, 21, 23, 7999, 8003, 65'534}) {
        CHECK_FALSE(policy->allows(port));
    }
    CHECK(policy->describe() == "22, 8000-8002, 65535");
}

TEST_CASE("assigned ports come from the list, but never a privileged one") {
    test::SeededRandom random(5);
    auto policy = PortPolicy::parse("22,80,8000-8003,8002-8005");
    REQUIRE(policy);
    auto ports = policy->candidates(random);
    CHECK(std::set<std::uint16_t>(ports.begin(), ports.end()) ==
          std::set<std::uint16_t>{8000, 8001, 8002, 8003, 8004, 8005});
    CHECK(ports.size() == 6);

    auto wide = PortPolicy::parse("1-65535");
    REQUIRE(wide);
    auto some = wide->candidates(random, 10);
    CHECK(std::set<std::uint16_t>(some.begin(), some.end()).size() == 10);
    CHECK(std::all_of(some.begin(), some.end(), [](std::uint16_t port) { return port >= 1'024; }));
    CHECK(wide->candidates(random, 10) != some);

    auto privileged = PortPolicy::parse("22");
    REQUIRE(privileged);
    CHECK(privileged->candidates(random).empty());
    CHECK(PortPolicy(std::vector<PortRange>{}).candidates(random).empty());
}

TEST_CASE("a list that is not a list is quoted in the error") {
    struct {
        const char* text;
        const char* quoted;
    } const cases[] = {
        {"", "\"\""},           {"http", "\"http\""},
        {"0", "\"0\""},         {"65536", "\"65536\""},
        {"22,", "\"\""},        {"22,,23", "\"\""},
        {"9-8", "\"9-8\""},     {"1-2-3", "\"1-2-3\""},
        {"-5", "\"-5\""},       {"5-", "\"5-\""},
        {"22 23", "\"22 23\""}, {"0-10", "\"0-10\""},
        {"22,x-9", "\"x-9\""},  {"4294967318", "4294967318"},
        {"+22", "\"+22\""},
    };
    for (const auto& one : cases) {
        auto policy = PortPolicy::parse(one.text);
        REQUIRE_FALSE(policy);
        CHECK(policy.error().find(one.quoted) != std::string::npos);
    }
}

TEST_CASE("a long list is described in short") {
    std::vector<PortRange> ranges;
    for (std::uint16_t port = 2'000; port < 2'100; ++port) {
        ranges.push_back({port, port});
    }
    PortPolicy policy(ranges);
    CHECK(policy.describe() == "2000, 2001, 2002, 2003, 2004, 2005, 2006, 2007, ...");
    ranges.resize(8);
    CHECK(PortPolicy(ranges).describe() == "2000, 2001, 2002, 2003, 2004, 2005, 2006, 2007");
    CHECK(PortPolicy(std::vector<PortRange>{}).describe() == "none");
}

TEST_CASE("assigned ports are drawn as from a list of all of them, whatever the ranges look like") {
    const auto* text = GENERATE("1-65535", "8000-8003,8002-8005,9000,1-1030", "65535", "5000-5000,5001-5001,4000-4100");
    auto policy = PortPolicy::parse(text);
    REQUIRE(policy);
    std::vector<std::uint16_t> all;
    for (std::uint32_t port = PortPolicy::privileged_below; port <= 65'535; ++port) {
        if (policy->allows(static_cast<std::uint16_t>(port))) {
            all.push_back(static_cast<std::uint16_t>(port));
        }
    }
    const std::size_t count = std::min<std::size_t>(32, all.size());
    test::SeededRandom random(5);
    for (std::size_t i = 0; i < count; ++i) {
        std::swap(all[i], all[i + random.below(all.size() - i)]);
    }
    all.resize(count);
    test::SeededRandom same(5);
    CHECK(policy->candidates(same) == all);
}
