// What a search finds; search_form.cpp, search_markup.cpp and search_names.cpp have the searches.
#include "inspect/search.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "inspect/limits.hpp"

namespace ferrotunnel::inspect {

// Every notation for named values contains one of these, or is written with one of the last three.
bool Findings::may_have_names(std::string_view value) noexcept {
    return value.size() > 2 && value.find_first_of(":=<\\%&") != std::string_view::npos;
}

Masked Findings::masked(const Secrets& secrets, const Replace& replace, std::size_t depth) {
    std::sort(all_.begin(), all_.end(), [](const Finding& a, const Finding& b) {
        return std::tuple(a.begin, b.end, !a.is_secret) < std::tuple(b.begin, a.end, !b.is_secret);
    });
    Masked masked;
    std::size_t copied = 0;
    const auto put = [&](const Finding& one, std::string_view with) {
        masked.text.append(text_.substr(copied, one.begin - copied)).append(with);
        masked.has_masks = true;
        copied = one.end;
    };
    for (const Finding& one : all_) {
        if (one.begin < copied) {
            continue;
        }
        const std::string_view written = text_.substr(one.begin, one.end - one.begin);
        if (one.is_secret || depth == limits::inspect_wrappings_max) {
            put(one, replace ? replace(one.name, written) : std::string(one.is_secret ? one.mask : mask));
            continue;
        }
        const std::string value = unwrapped(written, one.wrapping);
        if (const Masked inner = masked_within(value, secrets, replace, depth + 1); inner.has_masks) {
            put(one, wrapped(inner.text, one.wrapping, written));
        }
    }
    masked.text += text_.substr(copied);
    return masked;
}

}  // namespace ferrotunnel::inspect
