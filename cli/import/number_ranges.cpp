#include "number_ranges.hpp"

#include <algorithm>
#include <charconv>

#include "text.hpp"

namespace ferrotunnel::cli::importing {
namespace {

std::optional<std::uint32_t> port(std::string_view text) {
    text = trimmed(text);
    std::uint32_t number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_port = error == std::errc() && stop == text.data() + text.size() && number <= 65535;
    return is_port ? std::optional(number) : std::nullopt;
}

std::uint32_t size_of(const NumberRange& range) {
    return range.last - range.first + 1;
}

}  // namespace

std::optional<std::vector<NumberRange>> number_ranges(std::string_view text) {
    std::vector<NumberRange> ranges;
    for (bool has_more = true; has_more;) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const std::string_view item = text.substr(0, comma);
        const std::size_t dash = item.find('-');
        const auto first = port(item.substr(0, dash));
        const auto last = dash == std::string_view::npos ? first : port(item.substr(dash + 1));
        if (!first || !last || *last < *first) {
            return std::nullopt;
        }
        ranges.push_back({*first, *last});
        has_more = comma < text.size();
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return ranges;
}

std::optional<std::vector<std::pair<NumberRange, NumberRange>>> range_pairs(std::string_view one,
                                                                            std::string_view other) {
    auto left = number_ranges(one);
    auto right = number_ranges(other);
    if (!left || !right) {
        return std::nullopt;
    }
    std::vector<std::pair<NumberRange, NumberRange>> pairs;
    std::size_t i = 0;
    std::size_t k = 0;
    while (i < left->size() && k < right->size()) {
        NumberRange& a = (*left)[i];
        NumberRange& b = (*right)[k];
        const std::uint32_t length = std::min(size_of(a), size_of(b));
        pairs.push_back({{a.first, a.first + length - 1}, {b.first, b.first + length - 1}});
        i += size_of(a) == length ? 1 : 0;
        k += size_of(b) == length ? 1 : 0;
        a.first += length;
        b.first += length;
    }
    return i == left->size() && k == right->size() ? std::optional(std::move(pairs)) : std::nullopt;
}

std::string to_text(const NumberRange& range) {
    return range.first == range.last ? std::to_string(range.first)
                                     : std::to_string(range.first) + "-" + std::to_string(range.last);
}

}  // namespace ferrotunnel::cli::importing
