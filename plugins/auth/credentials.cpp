#include "auth/credentials.hpp"

#include <algorithm>
#include <cstddef>

#include "common/base64.hpp"

namespace ferrotunnel::plugins {
std::optional<BasicCredentials> read_basic(std::string_view encoded) {
    constexpr std::size_t user_max = 255;
    constexpr std::size_t password_max = 1'024;
    constexpr std::size_t encoded_max = (user_max + 1 + password_max + 2) / 3 * 4;
    if (encoded.size() > encoded_max) {
        return std::nullopt;
    }
    const Password decoded(decode_base64(encoded).value_or(std::string()));
    const std::string& text = decoded.text();
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos || colon == 0 || colon > user_max || text.size() - colon - 1 > password_max) {
        return std::nullopt;
    }
    // A NUL would end the password for crypt(3).
    if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; })) {
        return std::nullopt;
    }
    return BasicCredentials{text.substr(0, colon), Password(text.substr(colon + 1))};
}

}  // namespace ferrotunnel::plugins
