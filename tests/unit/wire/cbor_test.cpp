#include "wire/cbor.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "unit/wire/hex.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::wire;
using cbor::Problem;
using test::from_hex;
using test::hex;
using test::to_hex;

namespace {

std::optional<Problem> problem_in(Bytes message) {
    auto result = cbor::parse(message);
    return result ? std::nullopt : std::optional(result.error());
}

std::optional<Problem> problem_in(std::string_view text) {
    return problem_in(from_hex(text));
}

template <typename Write>
std::string written(Write write) {
    cbor::Writer writer;
    write(writer);
    return to_hex(writer.take());
}

std::vector<std::uint8_t> nested(std::uint8_t head, std::size_t depth) {
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i < depth; ++i) {
        bytes.push_back(head);
        if (head == 0xa1) {
            bytes.push_back(0x60);  // the empty key
        }
    }
    bytes.push_back(0x00);
    return bytes;
}

}  // namespace

// Examples of RFC 8949, appendix A.

TEST_CASE("integers are written in their shortest form") {
    const std::pair<std::int64_t, const char*> all[] = {
        {0, "00"},
        {1, "01"},
        {10, "0a"},
        {23, "17"},
        {24, "1818"},
        {25, "1819"},
        {100, "1864"},
        {255, "18ff"},
        {256, "190100"},
        {1000, "1903e8"},
        {65'535, "19ffff"},
        {65'536, "1a00010000"},
        {1'000'000, "1a000f4240"},
        {4'294'967'295, "1affffffff"},
        {4'294'967'296, "1b0000000100000000"},
        {1'000'000'000'000, "1b000000e8d4a51000"},
        {-1, "20"},
        {-10, "29"},
        {-24, "37"},
        {-25, "3818"},
        {-100, "3863"},
        {-1000, "3903e7"},
        {INT64_MAX, "1b7fffffffffffffff"},
        {INT64_MIN, "3b7fffffffffffffff"},
    };
    for (auto [value, bytes] : all) {
        CAPTURE(value);
        CHECK(written([v = value](auto& writer) { writer.integer(v); }) == bytes);
        auto back = cbor::parse(from_hex(bytes));
        REQUIRE(back);
    }
    for (auto [value, bytes] : all) {
        auto kept = from_hex(bytes);
        auto item = cbor::parse(kept);
        CHECK(item->as_integer() == value);
        CHECK(item->as_unsigned() == (value >= 0 ? std::optional(static_cast<std::uint64_t>(value)) : std::nullopt));
    }
    CHECK(written([](auto& writer) { writer.unsigned_integer(UINT64_MAX); }) == "1bffffffffffffffff");
    auto largest = from_hex("1bffffffffffffffff");
    CHECK(cbor::parse(largest)->as_unsigned() == UINT64_MAX);
    CHECK(cbor::parse(largest)->as_integer() == std::nullopt);
    auto least = from_hex("3bffffffffffffffff");
    CHECK(cbor::parse(least)->type() == cbor::Type::negative_integer);
    CHECK(cbor::parse(least)->as_integer() == std::nullopt);
}

TEST_CASE("the other items have exactly these bytes") {
    CHECK(written([](auto& w) { w.boolean(false); }) == "f4");
    CHECK(written([](auto& w) { w.boolean(true); }) == "f5");
    CHECK(written([](auto& w) { w.null(); }) == "f6");
    CHECK(written([](auto& w) { w.bytes({}); }) == "40");
    CHECK(written([](auto& w) { w.bytes(from_hex("01020304")); }) == "4401020304");
    CHECK(written([](auto& w) { w.text(""); }) == "60");
    CHECK(written([](auto& w) { w.text("IETF"); }) == "6449455446");
    CHECK(written([](auto& w) { w.text("\xc3\xbc"); }) == "62c3bc");
    CHECK(written([](auto& w) { w.text(std::string(24, 'x')); }).substr(0, 6) == "781878");
    CHECK(written([](auto& w) { w.array(3).integer(1).integer(2).integer(3); }) == "83010203");
    CHECK(written([](auto& w) { w.map(2).text("a").integer(1).text("b").array(2).integer(2).integer(3); }) ==
          hex("a2 6161 01 6162 82 02 03"));
}

TEST_CASE("items are read as what they are") {
    auto bytes = from_hex("a6 6161 01  6162 20  6163 42 beef  6164 62 c3bc  6165 83 f4 f5 f6  6166 a1 60 80");
    auto root = cbor::parse(bytes);
    REQUIRE(root);
    CHECK(root->type() == cbor::Type::map);
    CHECK(root->count() == 6);
    CHECK(root->find("a")->as_unsigned() == 1);
    CHECK(root->find("b")->as_integer() == -1);
    CHECK(to_hex(*root->find("c")->as_bytes()) == "beef");
    CHECK(root->find("d")->as_text() == "\xc3\xbc");
    CHECK(root->find("f")->find("")->type() == cbor::Type::array);
    CHECK_FALSE(root->find("g"));
    CHECK_FALSE(root->find("a")->find("a"));  // not a map

    std::vector<cbor::Type> types;
    root->find("e")->for_each_element([&](cbor::Item item) { types.push_back(item.type()); });
    CHECK(types == std::vector{cbor::Type::boolean, cbor::Type::boolean, cbor::Type::null});
    std::string keys;
    root->for_each_pair([&](std::string_view key, cbor::Item) { keys += key; });
    CHECK(keys == "abcdef");

    cbor::Item text = *root->find("d");
    CHECK_FALSE(text.as_bytes());
    CHECK_FALSE(text.as_unsigned());
    CHECK_FALSE(text.as_integer());
    CHECK_FALSE(text.as_bool());
    CHECK(text.count() == 0);
    text.for_each_element([](cbor::Item) { FAIL("a text has no elements"); });
    text.for_each_pair([](std::string_view, cbor::Item) { FAIL("a text has no pairs"); });
}

TEST_CASE("what is outside the subset is refused") {
    CHECK(problem_in("") == Problem::truncated);
    CHECK(problem_in("00 00") == Problem::trailing_bytes);
    for (const char* bytes : {"f97e00",   "fa47c35000", "fb3ff199999999999a",
                              "f7",       "e0",         "f0",
                              "f3",       "f820",       "f8ff",      // simple
                              "c000",     "d81800",     "d9d9f700",  // tags
                              "5f40ff",   "7f60ff",     "9f00ff",
                              "bf6000ff", "ff",  // indefinite
                              "1c",       "1d",         "1e",
                              "1f",       "3c",         "5c",
                              "7d",       "9e",         "bc"}) {  // reserved
        CAPTURE(bytes);
        CHECK(problem_in(bytes) == Problem::unsupported_type);
    }
}

TEST_CASE("longer forms than needed are refused: each form at its least value and one below it") {
    for (const char* bytes : {"1818", "190100", "1a00010000", "1b0000000100000000", "3818", "390100"}) {
        CAPTURE(bytes);
        CHECK(problem_in(bytes) == std::nullopt);
    }
    for (const char* bytes : {"1817", "1900ff", "1a0000ffff", "1b00000000ffffffff", "3817", "3900ff", "580101",
                              "780161", "980100", "b8016000", "1800", "1b0000000000000000"}) {
        CAPTURE(bytes);
        CHECK(problem_in(bytes) == Problem::not_shortest);
    }
}

TEST_CASE("every cut of a message is noticed") {
    auto bytes =
        from_hex("a4 6161 1a00010000  6162 43 010203  6163 82 63 616263 1901f4  6164 a1 6178 1b0000000100000000");
    REQUIRE(problem_in(bytes) == std::nullopt);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        // A copy of exactly this size, so that AddressSanitizer sees a read beyond it.
        std::vector<std::uint8_t> exact(bytes.begin(), bytes.begin() + static_cast<long>(cut));
        CAPTURE(cut);
        CHECK(problem_in(exact) == Problem::truncated);
    }
}

TEST_CASE("lengths beyond the message are refused before anything is allocated") {
    CHECK(problem_in("5bffffffffffffffff") == Problem::truncated);
    CHECK(problem_in("7bffffffffffffffff") == Problem::truncated);
    CHECK(problem_in("5a7fffffff00") == Problem::truncated);
    CHECK(problem_in("9bffffffffffffffff") == Problem::too_many_items);
    CHECK(problem_in("bbffffffffffffffff") == Problem::too_many_items);
    CHECK(problem_in("bb8000000000000001") == Problem::too_many_items);  // twice this number overflows
    CHECK(problem_in("190400") == std::nullopt);
    CHECK(problem_in("990400") == Problem::truncated);
}

TEST_CASE("nesting ends at its limit") {
    for (std::uint8_t head : {std::uint8_t{0x81}, std::uint8_t{0xa1}}) {
        CHECK(problem_in(nested(head, limits::control_nesting_max)) == std::nullopt);
        CHECK(problem_in(nested(head, limits::control_nesting_max + 1)) == Problem::nested_too_deep);
        CHECK(problem_in(nested(head, 65'000)) == Problem::nested_too_deep);
    }
    CHECK(problem_in(std::vector<std::uint8_t>(65'000, 0x81)) == Problem::nested_too_deep);
}

TEST_CASE("a limit of nesting can be lower, not higher, than the protocol's") {
    CHECK(cbor::parse(nested(0x81, 2), 2, 10));
    CHECK_FALSE(cbor::parse(nested(0x81, 3), 2, 10));
    CHECK_FALSE(cbor::parse(nested(0x81, limits::control_nesting_max + 1), 1'000, 10));
}

TEST_CASE("arrays and maps end at their limit") {
    for (std::size_t count : {limits::control_items_max, limits::control_items_max + 1}) {
        cbor::Writer array;
        array.array(count);
        cbor::Writer map;
        map.map(count);
        for (std::size_t i = 0; i < count; ++i) {
            array.null();
            map.text(std::to_string(i)).null();
        }
        auto expected =
            count > limits::control_items_max ? std::optional(Problem::too_many_items) : std::optional<Problem>();
        CHECK(problem_in(array.take()) == expected);
        CHECK(problem_in(map.take()) == expected);
    }
}

TEST_CASE("keys are texts and stand once") {
    CHECK(problem_in("a1 00 00") == Problem::key_is_not_text);
    CHECK(problem_in("a1 4161 00") == Problem::key_is_not_text);
    CHECK(problem_in("a1 80 00") == Problem::key_is_not_text);
    CHECK(problem_in("a2 6161 00 6161 00") == Problem::duplicate_key);
    CHECK(problem_in("a3 6161 00 6162 00 6161 00") == Problem::duplicate_key);
    CHECK(problem_in("a2 60 00 60 00") == Problem::duplicate_key);
    CHECK(problem_in("82 a2 6161 00 6161 00 00") == Problem::duplicate_key);
    // The same key in two maps, beside or inside each other, is not a duplicate.
    CHECK(problem_in("a2 6161 a1 6161 00 6162 a1 6161 00") == std::nullopt);
    // A duplicate with a nested map in between.
    CHECK(problem_in("a3 6161 a1 6161 00 6162 a0 6161 00") == Problem::duplicate_key);
    CHECK(problem_in("a1 6161 a2 6162 00 6162 00") == Problem::duplicate_key);
    CHECK(problem_in("a1 61ff 00") == Problem::invalid_utf8);
    CHECK(problem_in("61ff") == Problem::invalid_utf8);
    CHECK(problem_in("41ff") == std::nullopt);
}

TEST_CASE("every problem has words of its own") {
    for (int problem = 0; problem <= static_cast<int>(Problem::duplicate_key); ++problem) {
        CHECK(cbor::describe(static_cast<Problem>(problem)) != "unknown problem");
    }
}
