#include "base/text.hpp"
#include "ferrotunnel/detail/shown_text.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "support/seeded_random.hpp"

using namespace ferrotunnel;

TEST_CASE("UTF-8 is checked strictly") {
    for (std::string_view good :
         {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
          "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "gr\xc3\xbc\xc3\x9f dich"}) {
        CAPTURE(good);
        CHECK(is_utf8(good));
    }
    for (std::string_view bad :
         {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xe1\x80",
          "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf0\x90\x80", "\xf4\x90\x80\x80",
          "\xf5\x80\x80\x80", "\xff", "ok\xfe"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_utf8(bad));
    }
}

TEST_CASE("UTF-8: random bytes are judged as another library judges them") {
    test::SeededRandom random(1);
    int accepted = 0;
    for (int round = 0; round < 200'000; ++round) {
        std::string text(random.between(1, 6), '\0');
        for (char& c : text) {
            // Mostly bytes near the edges of the encoding.
            static constexpr unsigned char edges[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf,
                                                      0xe0, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf3, 0xf4, 0xf5, 0xff, 0x41};
            c = static_cast<char>(edges[random.below(sizeof edges)]);
        }
        bool good = true;
        try {
            (void)nlohmann::json(text).dump();  // throws for text that is not UTF-8
        } catch (const nlohmann::json::exception&) {
            good = false;
        }
        accepted += good ? 1 : 0;
        if (is_utf8(text) != good) {
            CAPTURE(text);
            FAIL("the judgements differ");
        }
    }
    CHECK(accepted > 1'000);
}

TEST_CASE("control characters are not printable") {
    CHECK(is_printable("ssh on 10.0.0.1:22 \xe2\x9c\x93"));
    CHECK(is_printable(""));
    for (std::string_view bad : {"\n", "a\x1b[2J", "\x7f", "\xc2\x80", "\xc2\x9b", "\xc2\x9f"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_printable(bad));
    }
    CHECK_FALSE(is_printable(std::string_view("\0", 1)));
    CHECK_FALSE(is_printable("\xff"));
    CHECK(is_printable("\xc2\xa0"));
}

TEST_CASE("characters that a line for people has as they are") {
    using detail::is_shown;
    for (const std::uint32_t code :
         {0x20U, 0x7eU, 0xa0U, 0xe9U, 0x5d0U, 0x2027U, 0x202fU, 0x2065U + 0xbU, 0xfffcU, 0x1f600U}) {
        INFO(code);
        CHECK(is_shown(code));
    }
    for (const std::uint32_t code :
         {0U,      0x1fU,   0x7fU,   0x80U,   0x85U,   0x9bU,   0x9fU,   0xadU,   0x61cU,  0x180eU, 0x200bU,
          0x200fU, 0x2028U, 0x2029U, 0x202aU, 0x202eU, 0x2060U, 0x2066U, 0x206fU, 0xfeffU, 0xfff9U, 0xe0001U}) {
        INFO(code);
        CHECK_FALSE(is_shown(code));
    }
    CHECK(detail::shown_length("\xe2\x9c\x93") == 3);
    CHECK(detail::shown_length("\xe2\x9c") == 0);
    CHECK(detail::shown_length("") == 0);
}

TEST_CASE("text is made printable and cut between characters") {
    CHECK(printable("plain", 64) == "plain");
    CHECK(printable("two\nlines\x1b", 64) == "two?lines?");
    CHECK(printable("\xff\xfe", 64) == "??");
    CHECK(printable("\xc3\xbc\xc3\xbc", 4) == "\xc3\xbc\xc3\xbc");
    CHECK(printable("\xc3\xbc\xc3\xbc", 3) == "\xc3\xbc");
    CHECK(printable("abc", 0).empty());
    CHECK(is_printable(printable("a\xe2\x9c", 64)));
}
