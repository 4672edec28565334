// Which member of a group a visitor goes to: each balance against its model, with 1,000 visitors.
#include "directory/member_choice.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "directory/sticky.hpp"
#include "support/seeded_random.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using ferrotunnel::test::SeededRandom;
using Candidate = MemberChoice::Candidate;
using wire::Balance;

namespace {

constexpr std::size_t visitors = 1'000;

std::vector<Candidate> members_of(const std::vector<std::uint32_t>& weights) {
    std::vector<Candidate> members;
    for (const std::uint32_t weight : weights) {
        members.push_back({0, weight, false, true, 0});
    }
    return members;
}

// Visitors come one after the other, and all stay.
std::vector<std::uint64_t> spread(Balance balance, std::vector<Candidate> members, std::size_t count = visitors) {
    MemberChoice choice;
    for (std::size_t i = 0; i < count; ++i) {
        ++members.at(choice.choose(balance, members).value()).load;
    }
    std::vector<std::uint64_t> loads;
    for (const Candidate& member : members) {
        loads.push_back(member.load);
    }
    return loads;
}

}  // namespace

TEST_CASE("round robin: each member has its weight's share, and turns are even", "[groups]") {
    CHECK(spread(Balance::round_robin, members_of({1, 1, 1, 1})) == std::vector<std::uint64_t>{250, 250, 250, 250});
    CHECK(spread(Balance::round_robin, members_of({5, 3, 2})) == std::vector<std::uint64_t>{500, 300, 200});
    MemberChoice choice;
    std::vector<Candidate> members = members_of({2, 1});
    std::string turns;
    for (int i = 0; i < 6; ++i) {
        turns += choice.choose(Balance::round_robin, members) == 0U ? 'a' : 'b';
    }
    CHECK(turns == "abaaba");
}

TEST_CASE("least: members are as full as their weights say, whatever they had before", "[groups]") {
    CHECK(spread(Balance::least, members_of({1, 1, 1, 1})) == std::vector<std::uint64_t>{250, 250, 250, 250});
    const auto loads = spread(Balance::least, members_of({3, 1}));
    CHECK(loads[0] == 750);
    std::vector<Candidate> uneven = members_of({1, 1});
    uneven[0].load = 400;
    CHECK(spread(Balance::least, uneven) == std::vector<std::uint64_t>{700, 700});
}

// With two choices the fullest has ln ln n / ln 2 more than the mean, at most a few; with one it would be tens.
TEST_CASE("two choices: nearly as even as the least, and a slow member gets less", "[groups]") {
    const auto loads = spread(Balance::two_choices, members_of(std::vector<std::uint32_t>(10, 1)));
    CHECK(*std::max_element(loads.begin(), loads.end()) <= 104);
    CHECK(*std::min_element(loads.begin(), loads.end()) >= 96);
}

// A member whose visitors stay ten times as long.
TEST_CASE("a slow member gets less by least and two choices, and its share in turn", "[groups]") {
    const auto share_of_slow = [](Balance balance) {
        SeededRandom random(7);
        MemberChoice choice;
        std::vector<Candidate> members = members_of({1, 1, 1, 1});
        std::vector<std::vector<std::size_t>> ends(4);
        std::size_t slow = 0;
        for (std::size_t now = 0; now < visitors; ++now) {
            for (std::size_t at = 0; at < members.size(); ++at) {
                members[at].load -= static_cast<std::uint64_t>(std::erase(ends[at], now));
            }
            const std::size_t chosen = choice.choose(balance, members).value();
            ++members[chosen].load;
            ends[chosen].push_back(now + random.between(1, 20) * (chosen == 0 ? 10U : 1U));
            slow += chosen == 0 ? 1U : 0U;
        }
        return slow;
    };
    CHECK(share_of_slow(Balance::round_robin) == visitors / 4);
    CHECK(share_of_slow(Balance::least) < visitors / 10);
    CHECK(share_of_slow(Balance::two_choices) < visitors / 8);
}

TEST_CASE("members on standby, and those that cannot take a visitor", "[groups]") {
    for (const Balance balance : {Balance::round_robin, Balance::least, Balance::two_choices}) {
        MemberChoice choice;
        std::vector<Candidate> members = members_of({1, 1, 1});
        members[2].standby = true;
        for (int i = 0; i < 100; ++i) {
            CHECK(choice.choose(balance, members).value() < 2);
        }
        members[0].can = false;
        for (int i = 0; i < 100; ++i) {
            CHECK(choice.choose(balance, members) == 1U);
        }
        members[1].can = false;
        CHECK(choice.choose(balance, members) == 2U);
        members[2].can = false;
        CHECK_FALSE(choice.choose(balance, members));
    }
}

namespace {

std::vector<Candidate> named_members_of(const std::vector<std::uint32_t>& weights) {
    std::vector<Candidate> members = members_of(weights);
    for (std::size_t at = 0; at < members.size(); ++at) {
        members[at].hash = member_hash("member-" + std::to_string(at), 0);
    }
    return members;
}

// Who has each of 1,000 neighbours.
std::vector<std::size_t> by_address(const std::vector<Candidate>& members) {
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < visitors; ++i) {
        const std::string address = "10.1." + std::to_string(i / 250) + '.' + std::to_string(i % 250);
        chosen.push_back(MemberChoice::choose_by_address(address_hash(address), members).value());
    }
    return chosen;
}

long had_by(const std::vector<std::size_t>& chosen, std::size_t member) {
    return std::count(chosen.begin(), chosen.end(), member);
}

}  // namespace

// Shares are binomial: within five standard deviations of their means, which are 14 visitors at a quarter of 1,000.
TEST_CASE("by address: each member has about its weight's share of 1,000 visitors", "[groups]") {
    const auto even = by_address(named_members_of({1, 1, 1, 1}));
    for (std::size_t at = 0; at < 4; ++at) {
        CHECK(had_by(even, at) >= 250 - 70);
        CHECK(had_by(even, at) <= 250 + 70);
    }
    const auto weighted = by_address(named_members_of({3, 1}));
    CHECK(had_by(weighted, 0) >= 750 - 70);
    CHECK(had_by(weighted, 0) <= 750 + 70);
}

TEST_CASE("by address: a member that goes moves its own visitors alone, to all others, and has them again",
          "[groups]") {
    std::vector<Candidate> members = named_members_of({1, 2, 1, 1});
    const auto before = by_address(members);
    CHECK(by_address(members) == before);
    members[1].can = false;
    const auto without = by_address(members);
    std::vector<long> moved(4);
    for (std::size_t i = 0; i < visitors; ++i) {
        if (before[i] != 1) {
            CHECK(without[i] == before[i]);
        } else {
            ++moved[without[i]];
        }
    }
    CHECK(moved[1] == 0);
    for (const std::size_t at : {0U, 2U, 3U}) {
        CHECK(moved[at] > had_by(before, 1) / 5);  // a third of them each
    }
    members[1].can = true;
    CHECK(by_address(members) == before);
    // One that comes takes its share of each, and moves nobody between the others.
    members.push_back({0, 1, false, true, 0, member_hash("newcomer", 0)});
    const auto with = by_address(members);
    for (std::size_t i = 0; i < visitors; ++i) {
        CHECK((with[i] == before[i] || with[i] == 4));
    }
    CHECK(had_by(with, 4) > 0);
}

TEST_CASE("by address: those on standby have visitors only while no other can", "[groups]") {
    std::vector<Candidate> members = named_members_of({1, 1});
    members[1].standby = true;
    CHECK(had_by(by_address(members), 0) == static_cast<long>(visitors));
    members[0].can = false;
    CHECK(had_by(by_address(members), 1) == static_cast<long>(visitors));
    members[1].can = false;
    CHECK_FALSE(MemberChoice::choose_by_address(1, members));
}

TEST_CASE("by tag: a visitor stays where it was; the balance is for the others, and for those whose member cannot",
          "[groups]") {
    for (const Balance balance : {Balance::round_robin, Balance::least, Balance::two_choices}) {
        MemberChoice choice;
        std::vector<Candidate> members = members_of({1, 1, 1});
        members[1].has_tag = true;
        members[1].load = 1'000;
        for (int i = 0; i < 100; ++i) {
            CHECK(choice.choose(balance, members) == 1U);
        }
        members[1].can = false;
        std::vector<int> had(3);
        for (int i = 0; i < 100; ++i) {
            const std::size_t at = choice.choose(balance, members).value();
            ++had[at];
            ++members[at].load;
        }
        CHECK(had == std::vector<int>{50, 0, 50});
        members[1].can = true;
        members[1].standby = true;  // it hands back what it had while nobody else was there
        CHECK(choice.choose(balance, members) != 1U);
    }
}
