#include "http/characters.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "support/seeded_random.hpp"

using namespace ferrotunnel::http;
namespace character_detail = ferrotunnel::http::detail;

namespace {

using Scan = const char* (*)(const char*, const char*);

struct Scanner {
    Scan scan;
    std::uint8_t wanted;
};
const Scanner scanners[] = {
    {scan_value, character_detail::class_value},
    {scan_target, character_detail::class_target},
    {scan_plain, character_detail::class_plain},
};

// Scans bytes in memory of exactly their size: a sanitizer sees a byte that is read beyond the end.
std::ptrdiff_t scanned(Scan scan, const std::vector<char>& bytes) {
    const std::vector<char> copy(bytes);
    return scan(copy.data(), copy.data() + copy.size()) - copy.data();
}

}  // namespace

TEST_CASE("characters: a scan stops at the first byte of another class, wherever it is") {
    for (const Scanner& scanner : scanners) {
        for (std::size_t size = 0; size < 50; ++size) {
            std::vector<char> bytes(size, 'a');
            REQUIRE(scanned(scanner.scan, bytes) == static_cast<std::ptrdiff_t>(size));
            for (std::size_t at = 0; at < size; ++at) {
                bytes[at] = '\x01';
                REQUIRE(scanned(scanner.scan, bytes) == static_cast<std::ptrdiff_t>(at));
                bytes[at] = 'a';
            }
        }
    }
}

TEST_CASE("characters: scans and the table agree about every byte") {
    for (const Scanner& scanner : scanners) {
        for (int byte = 0; byte < 256; ++byte) {
            std::vector<char> bytes(40, 'x');
            bytes[20] = static_cast<char>(byte);
            const bool of_class = character_detail::is_of(bytes[20], scanner.wanted);
            INFO("byte " << byte << " of class " << int{scanner.wanted});
            REQUIRE(scanned(scanner.scan, bytes) == (of_class ? 40 : 20));
        }
    }
}

TEST_CASE("characters: scans and the table agree about random bytes") {
    ferrotunnel::test::SeededRandom random(1);
    for (int round = 0; round < 20'000; ++round) {
        std::vector<char> bytes(static_cast<std::size_t>(random.below(70)));
        for (char& byte : bytes) {
            byte = static_cast<char>(random.chance(97) ? random.between('a', 'z') : random.below(256));
        }
        for (const Scanner& scanner : scanners) {
            const char* const end = bytes.data() + bytes.size();
            REQUIRE(scanner.scan(bytes.data(), end) == character_detail::skip(bytes.data(), end, scanner.wanted));
        }
    }
}

TEST_CASE("characters: classes hold what the standard says") {
    const std::string_view token = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        INFO("byte " << byte);
        CHECK(character_detail::is_of(c, character_detail::class_token) == (token.find(c) != std::string_view::npos));
        CHECK(character_detail::is_of(c, character_detail::class_value) ==
              (byte == '\t' || (byte >= ' ' && byte != 0x7f)));
        CHECK(character_detail::is_of(c, character_detail::class_target) ==
              (byte > ' ' && byte < 0x7f && c != '#' && c != '\\'));
    }
    CHECK_FALSE(is_token(""));
    CHECK(trimmed(" \t a b\t ") == "a b");
    CHECK(trimmed(" \t ").empty());
}
