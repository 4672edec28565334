#include "files/byte_range.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>

#include "http/field_name.hpp"

namespace ferrotunnel::files {
namespace {

constexpr std::string_view unit = "bytes=";
constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

// A number, or the largest one if it is larger. Empty if it has bytes other than digits, or none.
std::optional<std::uint64_t> read_number(std::string_view text) noexcept {
    if (text.empty()) {
        return std::nullopt;
    }
    std::uint64_t number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        const auto digit = static_cast<std::uint64_t>(c - '0');
        number = number > (most - digit) / 10 ? most : number * 10 + digit;
    }
    return number;
}

std::string_view without_blanks(std::string_view text) noexcept {
    const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
    return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

// "first-last", "first-" or "-length".
ByteRange read_spec(std::string_view spec, std::uint64_t size) noexcept {
    const std::size_t dash = spec.find('-');
    if (dash == std::string_view::npos) {
        return {};
    }
    const auto first = read_number(spec.substr(0, dash));
    const auto last = read_number(spec.substr(dash + 1));
    if (dash == 0) {
        if (!last) {
            return {};
        }
        const std::uint64_t length = std::min(*last, size);
        return length == 0 ? ByteRange{ByteRange::Kind::unsatisfiable}
                           : ByteRange{ByteRange::Kind::part, size - length, length};
    }
    const bool is_open = dash + 1 == spec.size();
    if (!first || (!is_open && (!last || *last < *first))) {
        return {};
    }
    if (*first >= size) {
        return {ByteRange::Kind::unsatisfiable};
    }
    const std::uint64_t end = is_open ? size - 1 : std::min(*last, size - 1);
    return {ByteRange::Kind::part, *first, end - *first + 1};
}

}  // namespace

ByteRange read_range(const http::Fields& fields, std::uint64_t size) noexcept {
    std::optional<std::string_view> text;
    for (const http::Field& field : fields) {
        if (field.known == http::FieldName::range) {
            if (text) {
                return {};
            }
            text = field.value;
        }
    }
    if (!text || text->size() < unit.size() || !http::same_text(text->substr(0, unit.size()), unit)) {
        return {};
    }
    http::ListItems items(text->substr(unit.size()));
    std::string_view only;
    std::string_view another;
    if (!items.next(only) || items.next(another)) {
        return {};
    }
    return read_spec(without_blanks(only), size);
}

}  // namespace ferrotunnel::files
