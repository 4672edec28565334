#include "oidc/urls.hpp"

namespace ferrotunnel::plugins {
namespace {

bool is_unreserved(char c) noexcept {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<std::string> url_decoded(std::string_view text) {
    std::string made;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            made += text[i] == '+' ? ' ' : text[i];
            continue;
        }
        const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        made += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return made;
}

}  // namespace

std::string url_encoded(std::string_view value) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string made;
    for (const char c : value) {
        if (is_unreserved(c)) {
            made += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            made += '%';
            made += digits[byte >> 4U];
            made += digits[byte & 15U];
        }
    }
    return made;
}

std::string form_of(const std::vector<std::pair<std::string_view, std::string_view>>& parameters) {
    std::string made;
    for (const auto& [name, value] : parameters) {
        made += made.empty() ? "" : "&";
        made += url_encoded(name) + '=' + url_encoded(value);
    }
    return made;
}

std::string url_with(std::string_view url,
                     const std::vector<std::pair<std::string_view, std::string_view>>& parameters) {
    const char separator = url.find('?') == std::string_view::npos ? '?' : '&';
    return std::string(url) + separator + form_of(parameters);
}

std::optional<std::string> parameter_of(std::string_view query, std::string_view name) {
    std::optional<std::string> found;
    std::string_view rest = query.starts_with('?') ? query.substr(1) : query;
    while (!rest.empty()) {
        const std::string_view pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(pair.size() < rest.size() ? pair.size() + 1 : rest.size());
        const std::size_t equals = pair.find('=');
        if (pair.substr(0, equals) != name) {
            continue;
        }
        if (found || equals == std::string_view::npos) {
            return std::nullopt;
        }
        found = url_decoded(pair.substr(equals + 1));
        if (!found) {
            return std::nullopt;
        }
    }
    return found;
}

}  // namespace ferrotunnel::plugins
