#include "base/percent.hpp"

namespace ferrotunnel {

void append_percent(std::string& to, char byte) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    const auto value = static_cast<unsigned char>(byte);
    to += '%';
    to += digits[value >> 4U];
    to += digits[value & 15U];
}

std::string percent_encoded(std::string_view text) {
    std::string encoded;
    for (const char c : text) {
        if (is_unreserved(c)) {
            encoded += c;
        } else {
            append_percent(encoded, c);
        }
    }
    return encoded;
}

std::string percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int byte = percent_byte(text, i);
        decoded += byte < 0 ? text[i] : static_cast<char>(byte);
        i += byte < 0 ? 0 : 2;
    }
    return decoded;
}

std::optional<std::string> percent_decoded_strictly(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && percent_byte(text, i) < 0) {
            return std::nullopt;
        }
    }
    return percent_decoded(text);
}

}  // namespace ferrotunnel
