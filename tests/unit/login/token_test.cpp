#include "login/token.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <new>
#include <numeric>
#include <ostream>
#include <set>
#include <string>
#include <type_traits>

#include "base/hex.hpp"
#include "support/seeded_random.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::login;

namespace {

// Gives 0, 1, 2, ...
class CountingRandom final : public Random {
public:
    void fill(MutableBytes out) override { std::iota(out.begin(), out.end(), std::uint8_t{0}); }
};

constexpr std::string_view counted_token = "ft1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh_ptZnM";

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) {
    out << value;
};

}  // namespace

TEST_CASE("a token has the documented form") {
    CountingRandom random;
    CHECK(make_token(random) == counted_token);
    CHECK(counted_token.size() == token_length);
}

TEST_CASE("a token parses to its key and id") {
    auto token = parse_token(counted_token);
    REQUIRE(token);
    CHECK(token->strength == TokenStrength::strong);
    CHECK(to_hex(token->key.bytes()) == "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    CHECK(to_hex(token->id) == "a760fc5a0e03461b");
}

TEST_CASE("any other text is a weak token whose key is its digest") {
    auto token = parse_token("hunter2");
    REQUIRE(token);
    CHECK(token->strength == TokenStrength::weak);
    CHECK(to_hex(token->key.bytes()) == "f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7");
    CHECK(to_hex(token->id) == "ed269abe38a4083a");
    CHECK(parse_token("FT1_abc")->strength == TokenStrength::weak);
}

TEST_CASE("a token that does not stand alone is no weak token: what is around it is told") {
    const std::string whole(counted_token);
    const auto fault = [](const std::string& text) {
        const auto token = parse_token(text);
        return token ? std::string() : token.error();
    };
    const std::string tail = ". Pass only the token: ft1_ and the 48 characters after it.";
    CHECK(fault(" " + whole) == "This contains a token with whitespace before it" + tail);
    CHECK(fault(whole + "\n") == "This contains a token with a line end after it" + tail);
    CHECK(fault("\"" + whole + "\"") == "This contains a token with a quotation mark before it" + tail);
    CHECK(fault("\xe2\x80\x9c" + whole) == "This contains a token with a quotation mark before it" + tail);
    CHECK(fault("\xef\xbb\xbf" + whole) == "This contains a token with a byte order mark before it" + tail);
    CHECK(fault("\xc2\xa0" + whole) == "This contains a token with a no-break space before it" + tail);
    CHECK(fault("token: " + whole) == "This contains a token with whitespace before it" + tail);
    CHECK(fault("x" + whole) == "This contains a token with other text before it" + tail);
    CHECK(fault(whole + "x") == "This contains a token with other text after it" + tail);
    CHECK(fault("'ft1_abc") == "This contains a token with a quotation mark before it" + tail);  // cut as well
    CHECK(fault("ft1_abc").find("cut or mistyped") != std::string::npos);
    for (const char* weak : {"soft1_and_warm", "my-ft1_word", "FT1_abc", "ft1"}) {
        INFO(weak);
        CHECK(parse_token(weak)->strength == TokenStrength::weak);
    }
}

TEST_CASE("a token is taken out of what editors put around it") {
    const std::string whole(counted_token);
    CHECK(unwrapped_token(whole) == whole);
    CHECK(unwrapped_token(" \t\"" + whole + "\" \r\n") == whole);
    CHECK(unwrapped_token("\xe2\x80\x9c" + whole + "\xe2\x80\x9d\xc2\xa0") == whole);
    CHECK(unwrapped_token("'ft1_abc'") == "ft1_abc");
    CHECK(unwrapped_token(" \"hunter2\" ") == " \"hunter2\" ");  // a weak one may be like that
    CHECK(unwrapped_token("a " + whole) == "a " + whole);
    CHECK(unwrapped_token(" \"").size() == 2);
    CHECK(unwrapped_token("").empty());
}

TEST_CASE("tokens differ, and each parses") {
    test::SeededRandom random(7);
    std::set<std::string> texts;
    for (int i = 0; i < 100; ++i) {
        std::string text = make_token(random);
        CHECK(texts.insert(text).second);
        auto token = parse_token(text);
        REQUIRE(token);
        CHECK(token->strength == TokenStrength::strong);
    }
}

TEST_CASE("a cut or mistyped token is told apart from a weak one") {
    std::string whole(counted_token);
    auto refused = [](const std::string& text) {
        auto token = parse_token(text);
        REQUIRE_FALSE(token);
        CHECK(token.error().find("cut or mistyped") != std::string::npos);
        CHECK(token.error().find("ferrotunnel token") != std::string::npos);
        if (text.size() > 8) {  // shorter ones may stand in the sentence by accident
            CHECK(token.error().find(text.substr(4)) == std::string::npos);
        }
    };
    for (std::size_t length = token_prefix.size(); length < whole.size(); ++length) {
        refused(whole.substr(0, length));
    }
    for (std::size_t at = token_prefix.size(); at < whole.size(); ++at) {
        std::string mistyped = whole;
        mistyped[at] = mistyped[at] == 'x' ? 'y' : 'x';
        refused(mistyped);
    }
    CHECK_FALSE(parse_token(whole + "="));
}

TEST_CASE("an empty token is refused") {
    auto token = parse_token("");
    REQUIRE_FALSE(token);
    CHECK(token.error().find("empty") != std::string::npos);
}

TEST_CASE("a key can be compared and copied but not printed") {
    static_assert(!Printable<Key>);
    static_assert(Printable<int>);
    Key a = parse_token(counted_token)->key;
    Key b = a;
    CHECK((a == b));
    CHECK_FALSE((a == parse_token("hunter2")->key));
}

TEST_CASE("a key wipes its memory") {
    alignas(Key) std::array<std::uint8_t, sizeof(Key)> memory{};
    const std::array<std::uint8_t, Key::size_bytes> secret = [] {
        std::array<std::uint8_t, Key::size_bytes> bytes;
        bytes.fill(0xa5);
        return bytes;
    }();
    Key* key = new (memory.data()) Key(secret);
    CHECK(key->bytes()[0] == 0xa5);
    key->~Key();
    CHECK(std::all_of(memory.begin(), memory.end(), [](std::uint8_t byte) { return byte == 0; }));
}

TEST_CASE("bytes are equal only when all of them are") {
    CHECK(equal_constant_time({}, {}));
    CHECK(equal_constant_time(as_bytes("abc"), as_bytes("abc")));
    CHECK_FALSE(equal_constant_time(as_bytes("abc"), as_bytes("abd")));
    CHECK_FALSE(equal_constant_time(as_bytes("abc"), as_bytes("ab")));
    CHECK_FALSE(equal_constant_time(as_bytes("abc"), {}));
}
