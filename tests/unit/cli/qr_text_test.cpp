#include "cli/qr_text.hpp"

#include <catch2/catch.hpp>
#include <string>

using ferrotunnel::cli::qr_text;

TEST_CASE("a QR code has a light margin, and is as high as it is wide") {
    const std::vector<std::string> lines = qr_text("https://app.example.com");
    REQUIRE_FALSE(lines.empty());
    constexpr std::size_t utf8_bytes = 3;
    const auto width = [](const std::string& line) {
        std::size_t characters = 0;
        for (const char byte : line) {
            characters += (static_cast<unsigned char>(byte) & 0xc0U) != 0x80 ? 1 : 0;
        }
        return characters;
    };
    for (const std::string& line : lines) {
        CHECK(width(line) == width(lines.front()));
    }
    CHECK(lines.size() == (width(lines.front()) + 1) / 2);
    CHECK(lines.front().size() == utf8_bytes * width(lines.front()));  // the margin alone
}

TEST_CASE("what no QR code holds has none") {
    CHECK_FALSE(qr_text(std::string(2'953, 'a')).empty());
    CHECK(qr_text(std::string(2'954, 'a')).empty());
    CHECK(qr_text("").empty());
}
