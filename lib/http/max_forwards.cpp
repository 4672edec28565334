#include "http/max_forwards.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string_view>

namespace ferrotunnel::http {

std::optional<std::uint32_t> max_forwards(const RequestHead& head) noexcept {
    if (head.method != Method::options || head.fields.count(FieldName::max_forwards) != 1) {
        return std::nullopt;
    }
    const std::string_view text = *head.fields.first(FieldName::max_forwards);
    const bool is_number =
        !text.empty() && std::all_of(text.begin(), text.end(), [](char byte) { return byte >= '0' && byte <= '9'; });
    if (!is_number) {
        return std::nullopt;
    }
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} ? number : std::numeric_limits<std::uint32_t>::max();
}

}  // namespace ferrotunnel::http
