#include "base/base64url.hpp"

namespace ferrotunnel {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string encode_base64url(Bytes bytes) {
    std::string text;
    text.reserve((bytes.size() * 8 + 5) / 6);
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (std::uint8_t byte : bytes) {
        bits = bits << 8 | byte;
        for (count += 8; count >= 6; count -= 6) {
            text.push_back(alphabet[bits >> (count - 6) & 63U]);
        }
    }
    if (count > 0) {
        text.push_back(alphabet[bits << (6 - count) & 63U]);
    }
    return text;
}

bool decode_base64url(std::string_view text, MutableBytes out) {
    if (text.size() != (out.size() * 8 + 5) / 6) {
        return false;
    }
    std::uint32_t bits = 0;
    unsigned count = 0;
    std::size_t filled = 0;
    for (char c : text) {
        std::size_t value = alphabet.find(c);
        if (value == std::string_view::npos) {
            return false;
        }
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out[filled++] = static_cast<std::uint8_t>(bits >> count);
        }
    }
    return (bits & ((1U << count) - 1)) == 0;
}

}  // namespace ferrotunnel
