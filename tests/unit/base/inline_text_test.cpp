#include "base/inline_text.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <utility>

using namespace ferrotunnel;

namespace {

using Text36 = InlineText<36>;

}  // namespace

TEST_CASE("a text is what it was made of, in place or on the heap") {
    STATIC_REQUIRE(sizeof(Text36) == 36);
    STATIC_REQUIRE(alignof(Text36) == 1);
    CHECK(Text36().view().empty());
    CHECK(Text36(std::string_view()).view().empty());
    const auto size = GENERATE(std::size_t{0}, std::size_t{1}, Text36::inline_max, Text36::inline_max + 1,
                               std::size_t{127}, std::size_t{128}, std::size_t{255}, std::size_t{100'000});
    const std::string of(size, '\xff');
    Text36 text(of);
    CHECK(text.view() == of);
    CHECK(text.heap_bytes() == (size <= Text36::inline_max ? 0 : size));

    Text36 copy = text;
    CHECK(copy == text);
    CHECK(text.view() == of);
    Text36 moved = std::move(copy);
    CHECK(moved.view() == of);
    copy = Text36("other");
    CHECK(copy.view() == "other");
    copy = moved;
    CHECK(copy == moved);
    std::swap(copy, text);
    CHECK(copy == text);
    moved = std::move(text);
    CHECK(moved.view() == of);
}

TEST_CASE("texts are compared like strings") {
    const std::string shorter(Text36::inline_max, 'a');
    const std::string longer = shorter + 'a';
    for (const std::string& one : {std::string(), std::string("b"), std::string("\x80"), shorter, longer}) {
        for (const std::string& other : {std::string(), std::string("b"), std::string("\x80"), shorter, longer}) {
            CHECK((Text36(one) == Text36(other)) == (one == other));
            CHECK((Text36(one) < Text36(other)) == (one < other));
        }
    }
}
