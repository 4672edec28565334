#include "etcd/base64.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace ferrotunnel::etcd {
namespace {

constexpr std::string_view base64_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t not_base64 = 0xff;

constexpr std::array<std::uint8_t, 256> base64_values = [] {
    std::array<std::uint8_t, 256> values{};
    for (std::uint8_t& value : values) {
        value = not_base64;
    }
    for (std::size_t i = 0; i < base64_alphabet.size(); ++i) {
        values[static_cast<std::uint8_t>(base64_alphabet[i])] = static_cast<std::uint8_t>(i);
    }
    return values;
}();

}  // namespace

void append_base64(std::string& text, std::string_view bytes) {
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char byte : bytes) {
        bits = bits << 8 | static_cast<std::uint8_t>(byte);
        for (count += 8; count >= 6; count -= 6) {
            text.push_back(base64_alphabet[bits >> (count - 6) & 63U]);
        }
    }
    if (count > 0) {
        text.push_back(base64_alphabet[bits << (6 - count) & 63U]);
    }
    text.append((3 - bytes.size() % 3) % 3, '=');
}

std::optional<std::string> decode_base64(std::string_view text) {
    if (text.size() % 4 != 0) {
        return {};
    }
    std::string_view digits = text;
    for (int i = 0; i < 2 && digits.ends_with('='); ++i) {
        digits.remove_suffix(1);
    }
    std::string bytes;
    bytes.reserve(digits.size() * 3 / 4);
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char digit : digits) {
        const std::uint8_t value = base64_values[static_cast<std::uint8_t>(digit)];
        if (value == not_base64) {
            return {};
        }
        bits = bits << 6 | value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes.push_back(static_cast<char>(bits >> count & 0xffU));
        }
    }
    // A single digit of a group of four has no byte.
    if (digits.size() % 4 == 1 || (bits & ((1U << count) - 1)) != 0) {
        return {};
    }
    return bytes;
}

}  // namespace ferrotunnel::etcd
