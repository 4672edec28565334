#include "common/authorization.hpp"

#include <algorithm>

namespace ferrotunnel::plugins {
namespace {

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::optional<std::string_view> of_scheme(std::string_view field, std::string_view scheme) {
    if (field.size() <= scheme.size() || field[scheme.size()] != ' ' ||
        !std::equal(scheme.begin(), scheme.end(), field.begin(), [](char a, char b) { return lower(a) == lower(b); })) {
        return std::nullopt;
    }
    field.remove_prefix(std::min(field.find_first_not_of(' ', scheme.size()), field.size()));
    return field;
}

std::string quoted_string(std::string_view text) {
    std::string made = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            made += '\\';
        }
        made += c;
    }
    return made + '"';
}

bool is_credentials(std::string_view field) {
    const auto same = [field](std::string_view name) {
        return std::equal(field.begin(), field.end(), name.begin(), name.end(), [](char a, char b) {
            return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
        });
    };
    return same("authorization") || same("proxy-authorization") || same("cookie");
}

}  // namespace ferrotunnel::plugins
