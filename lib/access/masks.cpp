#include "access/masks.hpp"

#include <algorithm>

#include "base/percent.hpp"

namespace ferrotunnel::access {
namespace {

constexpr std::string_view stars = "***";

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lowered(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), lower);
    return result;
}

/// Appends a URL up to its query, without the user of "https://user:password@host/".
void append_place(std::string& into, std::string_view place) {
    constexpr std::string_view slashes = "://";
    const std::size_t scheme = place.find(slashes);
    if (scheme != std::string_view::npos && scheme < place.find('/')) {
        const std::size_t begin = scheme + slashes.size();
        const std::string_view authority = place.substr(begin, place.find('/', begin) - begin);
        if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
            into.append(place.substr(0, begin)).append(stars).append(place.substr(begin + at));
            return;
        }
    }
    into += place;
}

}  // namespace

Masks::Masks(const std::vector<std::string>& hidden) {
    for (const std::string& name : hidden) {
        all_ = all_ || name == "*";
        names_.push_back(lowered(name));
    }
}

bool Masks::hides(std::string_view name) const {
    if (all_) {
        return true;
    }
    const std::string read = lowered(percent_decoded(name));
    return std::find(names_.begin(), names_.end(), read) != names_.end();
}

// "name=value", or only a value: "?%2Fx%3Ftoken%3Dabc".
bool Masks::hides_pair(std::string_view pair, int depth) const {
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) {
        return hides_within(pair, depth);
    }
    const std::string_view name = pair.substr(0, equals);
    const std::string_view value = pair.substr(equals + 1);
    return !value.empty() && (hides(name) || hides_within(value, depth) || hides_within(name, depth));
}

// A URL or form within a query is encoded there, with parameters of its own: "?next=%2Fx%3Ftoken%3Dabc".
bool Masks::hides_within(std::string_view value, int depth) const {
    if (depth == 0 || value.find('%') == std::string_view::npos) {
        return false;
    }
    const std::string inner = percent_decoded(value);
    return masked(inner, depth - 1) != inner;
}

std::string Masks::masked(std::string_view url, int depth) const {
    std::string result;
    result.reserve(url.size());
    const std::size_t first = std::min(url.find_first_of("&?;#"), url.size());
    const std::string_view place = url.substr(0, first);
    if (depth < urls_within_max && hides_pair(place, depth)) {  // a form starts with a parameter
        result += stars;
    } else {
        append_place(result, place);
    }
    bool in_path = true;
    for (std::string_view rest = url.substr(first); !rest.empty();) {
        const char before = rest.front();  // '?', '&', ';', '#', or '/' after a parameter of the path
        in_path = in_path && before != '?' && before != '#';
        result += before;
        rest.remove_prefix(1);
        const std::string_view pair = rest.substr(0, rest.find_first_of(in_path ? "/&;?#" : "&;?#"));
        if (before != '/' && hides_pair(pair, depth)) {
            const std::size_t equals = pair.find('=');
            result.append(pair.substr(0, equals == std::string_view::npos ? 0 : equals + 1)).append(stars);
        } else {
            result += pair;
        }
        rest.remove_prefix(pair.size());
    }
    return result;
}

}  // namespace ferrotunnel::access
