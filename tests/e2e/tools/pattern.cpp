#include "pattern.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace e2e {
namespace {

constexpr std::size_t word_bytes = sizeof(std::uint64_t);

// The eight bytes from word * 8 on: a mix after splitmix64, so that no two places of a stream look alike.
std::array<char, word_bytes> pattern_word(std::uint64_t word) {
    std::uint64_t mixed = (word + 1) * 0x9e3779b97f4a7c15U;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed ^= mixed >> 27;
    std::array<char, word_bytes> bytes;
    std::memcpy(bytes.data(), &mixed, word_bytes);
    return bytes;
}

}  // namespace

void fill_pattern(std::span<char> into, std::uint64_t offset) {
    while (!into.empty()) {
        const std::array<char, word_bytes> word = pattern_word(offset / word_bytes);
        const std::size_t begin = offset % word_bytes;
        const std::size_t count = std::min(word_bytes - begin, into.size());
        std::copy_n(word.begin() + begin, count, into.begin());
        into = into.subspan(count);
        offset += count;
    }
}

std::optional<std::size_t> differs_from_pattern(std::span<const char> bytes, std::uint64_t offset) {
    std::array<char, 16384> expected;
    for (std::size_t done = 0; done < bytes.size();) {
        const std::size_t count = std::min(expected.size(), bytes.size() - done);
        fill_pattern({expected.data(), count}, offset + done);
        if (std::memcmp(expected.data(), bytes.data() + done, count) != 0) {
            const auto pair = std::mismatch(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(count),
                                            bytes.begin() + static_cast<std::ptrdiff_t>(done));
            return done + static_cast<std::size_t>(pair.first - expected.begin());
        }
        done += count;
    }
    return std::nullopt;
}

}  // namespace e2e
