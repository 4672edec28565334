#include "compress/accept_encoding.hpp"

#include <algorithm>

#include "compress/field_text.hpp"

namespace ferrotunnel::plugins {
namespace {

constexpr int most = 1'000;

/// "0", "0.5", "1.000"; an invalid weight is 0.
int weight_of(std::string_view text) noexcept {
    constexpr std::size_t longest = 5;
    if (text.empty() || text.size() > longest || (text[0] != '0' && text[0] != '1') ||
        (text.size() > 1 && text[1] != '.')) {
        return 0;
    }
    int weight = (text[0] - '0') * most;
    int unit = most / 10;
    for (const char digit : text.substr(std::min<std::size_t>(text.size(), 2))) {
        if (digit < '0' || digit > '9') {
            return 0;
        }
        weight += (digit - '0') * unit;
        unit /= 10;
    }
    return weight <= most ? weight : 0;
}

/// The weight in the text after a coding's ';'.
int weight_of_parameter(std::string_view parameter) noexcept {
    const bool is_weight = parameter.size() > 2 && (parameter[0] == 'q' || parameter[0] == 'Q') && parameter[1] == '=';
    return is_weight ? weight_of(parameter.substr(2)) : 0;
}

}  // namespace

void AcceptEncoding::read(std::string_view value) noexcept {
    each_element(value, [this](std::string_view element) { read_element(element); });
}

void AcceptEncoding::read_element(std::string_view element) noexcept {
    const std::size_t semicolon = element.find(';');
    const std::string_view name = without_blanks(element.substr(0, semicolon));
    const int weight =
        semicolon == std::string_view::npos ? most : weight_of_parameter(without_blanks(element.substr(semicolon + 1)));
    std::optional<int>* const place = is_same_word(name, "gzip") || is_same_word(name, "x-gzip") ? &gzip_
                                      : is_same_word(name, "br")                                 ? &brotli_
                                      : is_same_word(name, "identity")                           ? &identity_
                                      : name == "*"                                              ? &any_
                                                                                                 : nullptr;
    if (place != nullptr) {
        *place = std::min(place->value_or(most), weight);
    }
}

}  // namespace ferrotunnel::plugins
