#include "cluster/members.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <utility>
#include <vector>

#include "cluster/limits.hpp"
#include "unit/cluster/bugs_throw.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::cluster;

namespace {

constexpr std::size_t hashed_names = 30'000;

Name nth_name(std::size_t number) {
    const std::string text = std::to_string(number);
    switch (number % 3) {
        case 0:
            return Name::of_host("app" + text + ".example.com", "/");
        case 1:
            return Name::of_port(static_cast<std::uint16_t>(number + 1), number % 2 == 0);
        default:
            return Name::of_service({1, 2, 3}, "service-" + text);
    }
}

std::vector<std::size_t> names_per_member(const Members& members) {
    std::vector<std::size_t> counts(members.size());
    for (std::size_t i = 0; i < hashed_names; ++i) {
        ++counts[members.home_of(nth_name(i))];
    }
    return counts;
}

std::vector<std::string> numbered_members(std::size_t count) {
    std::vector<std::string> names;
    for (std::size_t i = 1; i <= count; ++i) {
        names.push_back("member-" + std::to_string(i));
    }
    return names;
}

const std::string& home_name(const Members& members, const Name& name) {
    return members.name(members.home_of(name));
}

void make_members(std::vector<std::string> names, std::string_view own) {
    const test::BugsThrow throwing;
    const Members members(std::move(names), own);
}

}  // namespace

TEST_CASE("members: indices follow the names, whatever the order of the list") {
    const Members one({"c", "a", "b"}, "b");
    const Members other({"b", "c", "a"}, "c");
    REQUIRE(one.size() == 3);
    CHECK(one.name(0) == "a");
    CHECK(one.name(1) == "b");
    CHECK(one.name(2) == "c");
    CHECK(one.own() == 1);
    CHECK(other.own() == 2);
    CHECK(one.names() == other.names());
    for (std::size_t i = 0; i < 100; ++i) {
        CHECK(one.home_of(nth_name(i)) == other.home_of(nth_name(i)));
    }
}

TEST_CASE("members: names are found") {
    const Members members({"b", "d", "c"}, "c");
    CHECK(members.find("b") == MemberIndex{0});
    CHECK(members.find("c") == MemberIndex{1});
    CHECK(members.find("d") == MemberIndex{2});
    for (const char* name : {"", "a", "bb", "e", "B"}) {
        CHECK_FALSE(members.find(name));
    }
}

// Computed by another program. Members of all versions must agree on them: they must never change.
TEST_CASE("members: homes are the same on all machines and in all versions") {
    const Members members({"a", "b", "c"}, "a");
    CHECK(home_name(members, Name::of_host("www.example.com", "/")) == "a");
    CHECK(home_name(members, Name::of_host("app.example.com", "/")) == "b");
    CHECK(home_name(members, Name::of_host("*.example.com", "/")) == "c");
    CHECK(home_name(members, Name::of_port(80, false)) == "b");
    CHECK(home_name(members, Name::of_port(8080, false)) == "c");
    CHECK(home_name(members, Name::of_port(5353, true)) == "a");
    const wire::TokenId token{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
    CHECK(home_name(members, Name::of_service(token, "web")) == "a");
    CHECK(home_name(members, Name::of_service(token, "db")) == "c");
}

TEST_CASE("members: all paths of a host have one home") {
    const Members members(numbered_members(5), "member-1");
    for (std::size_t i = 0; i < 50; ++i) {
        const std::string host = "app" + std::to_string(i) + ".example.com";
        const MemberIndex home = members.home_of(Name::of_host(host, "/"));
        CHECK(members.home_of(Name::of_host(host, "/api")) == home);
        CHECK(members.home_of(Name::of_host(host, "tls")) == home);
    }
}

TEST_CASE("members: names are distributed evenly") {
    for (const std::size_t size : {std::size_t{3}, std::size_t{5}, cluster::limits::members_max}) {
        const double even = static_cast<double>(hashed_names) / static_cast<double>(size);
        for (const std::size_t count : names_per_member(Members(numbered_members(size), "member-1"))) {
            CAPTURE(size, count);
            CHECK(static_cast<double>(count) == Approx(even).epsilon(0.1));
        }
    }
}

TEST_CASE("members: a new member takes names over, and no other name moves") {
    const Members before(numbered_members(3), "member-1");
    const Members after(numbered_members(4), "member-1");
    std::size_t moved = 0;
    std::size_t moved_elsewhere = 0;
    for (std::size_t i = 0; i < hashed_names; ++i) {
        const Name name = nth_name(i);
        const std::string& home = home_name(after, name);
        moved += home != home_name(before, name) ? 1U : 0U;
        moved_elsewhere += home != home_name(before, name) && home != "member-4" ? 1U : 0U;
    }
    CHECK(moved_elsewhere == 0);
    CHECK(static_cast<double>(moved) == Approx(hashed_names / 4.0).epsilon(0.1));
}

TEST_CASE("members: a list must be valid") {
    CHECK_NOTHROW(make_members({"a"}, "a"));
    CHECK_THROWS_AS(make_members({}, ""), BugError);
    CHECK_THROWS_AS(make_members({"a", "b", "a"}, "a"), BugError);
    CHECK_THROWS_AS(make_members({"a", "b"}, "c"), BugError);
    CHECK_THROWS_AS(make_members({"a", "B"}, "a"), BugError);
}

TEST_CASE("limit: members of a cluster") {
    CHECK_NOTHROW(make_members(numbered_members(cluster::limits::members_max), "member-1"));
    CHECK_THROWS_AS(make_members(numbered_members(cluster::limits::members_max + 1), "member-1"), BugError);
}

TEST_CASE("members: with a store others are added, and free places are used again") {
    Members members({"c", "b"}, "b", Decides::store);
    CHECK(members.add("c") == MemberIndex{1});
    CHECK(members.add("a") == MemberIndex{2});
    CHECK(members.add("x") == MemberIndex{3});
    CHECK(members.own() == 0);
    CHECK(members.names() == std::vector<std::string>{"b", "c"});  // the list
    CHECK(members.remove(2));
    CHECK_FALSE(members.remove(2));
    CHECK_FALSE(members.remove(1));  // of the list
    CHECK_FALSE(members.remove(9));
    CHECK_FALSE(members.find("a"));
    CHECK_FALSE(members.find(""));
    CHECK_FALSE(members.is_known(2));
    CHECK(members.find("x") == MemberIndex{3});
    CHECK(members.size() == 4);
    CHECK(members.add("y") == MemberIndex{2});
    CHECK(members.name(2) == "y");
    for (const char* name : {"", "-a", "A", "a b"}) {
        CHECK_FALSE(members.add(name));
    }
    Members fixed({"a", "b"}, "a");
    CHECK_FALSE(fixed.add("c"));
    CHECK(fixed.capacity() == 2);
}

TEST_CASE("limit: members that are known with a store") {
    Members members({"own"}, "own", Decides::store);
    for (std::size_t i = 1; i < cluster::limits::member_slots; ++i) {
        CHECK(members.add("member-" + std::to_string(i)) == static_cast<MemberIndex>(i));
    }
    CHECK_FALSE(members.add("one-more"));
    CHECK(members.add("member-7") == MemberIndex{7});
    CHECK(members.remove(5));
    CHECK(members.add("one-more") == MemberIndex{5});
}

TEST_CASE("limit: names of members") {
    CHECK(is_member_name(std::string(cluster::limits::member_name_max, 'a')));
    CHECK_FALSE(is_member_name(std::string(cluster::limits::member_name_max + 1, 'a')));
    for (const char* name : {"a", "1", "a-b", "a_b", "_", "fra1"}) {
        CAPTURE(name);
        CHECK(is_member_name(name));
    }
    for (const char* name : {"", "A", "-", "-a", "a-", "a.b", "a b", "a,b", "\xc3\xbc", "a\n"}) {
        CAPTURE(name);
        CHECK_FALSE(is_member_name(name));
    }
}
