// Words of the terms of a group, and the bound that they give for numbers of peers.
#include "wire/group_words.hpp"

#include <catch2/catch.hpp>

namespace ferrotunnel {

TEST_CASE("a value of a group's terms has a word, and a number of a newer peer has none", "[groups]") {
    CHECK(word_for(Group::Balance::two_choices) == "two-choices");
    CHECK(word_for(Group::Sticky::cookie) == "cookie");
    STATIC_REQUIRE(count_words<Group::Balance>() == 3);
    STATIC_REQUIRE(count_words<Group::Sticky>() == 3);
    CHECK(has_word(static_cast<Group::Balance>(2)));
    CHECK_FALSE(has_word(static_cast<Group::Balance>(3)));
    CHECK_FALSE(has_word(static_cast<Group::Sticky>(255)));
}

// Servers of other versions get these numbers.
TEST_CASE("the terms of a group keep their numbers", "[groups]") {
    CHECK(static_cast<int>(Group::Balance::round_robin) == 0);
    CHECK(static_cast<int>(Group::Balance::least) == 1);
    CHECK(static_cast<int>(Group::Balance::two_choices) == 2);
    CHECK(static_cast<int>(Group::Sticky::off) == 0);
    CHECK(static_cast<int>(Group::Sticky::address) == 1);
    CHECK(static_cast<int>(Group::Sticky::cookie) == 2);
}

}  // namespace ferrotunnel
