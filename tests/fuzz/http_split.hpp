// What the HTTP fuzz targets share: an input that says itself where it is cut, and checks that survive NDEBUG.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::fuzz {

inline void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

/// The first two bytes choose among options and cuts, the rest is the message.
struct Input {
    std::uint8_t options = 0;
    std::uint8_t cuts = 0;
    std::string_view message;

    static Input of(const std::uint8_t* data, std::size_t size) {
        if (size < 2) {
            return {};
        }
        return {data[0], data[1], {reinterpret_cast<const char*>(data) + 2, size - 2}};
    }

    /// Pieces of 1 to 16 bytes, or the like, from a seed; each in memory of its own, so that nothing is read beyond it.
    std::vector<std::string> pieces() const {
        std::vector<std::string> all;
        std::uint32_t state = cuts * 2'654'435'761U + 1;
        for (std::size_t at = 0; at < message.size();) {
            state = state * 1'664'525U + 1'013'904'223U;
            const std::size_t size = 1 + (state >> 24) % (1 + cuts % 17U);
            all.emplace_back(message.substr(at, size));
            at += size;
        }
        return all;
    }
};

/// A copy in memory of exactly that size, which a sanitizer guards.
inline std::vector<char> guarded(std::string_view text) {
    return {text.begin(), text.end()};
}

inline std::string_view view(const std::vector<char>& bytes) {
    return {bytes.data(), bytes.size()};
}

}  // namespace ferrotunnel::fuzz
