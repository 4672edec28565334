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

std::string Masks::masked(std::string_view url) const {
    std::string result;
    result.reserve(url.size());
    const std::size_t question = std::min(url.find('?'), url.size());
    append_place(result, url.substr(0, question));
    for (std::string_view rest = url.substr(question); !rest.empty();) {
        result += rest.front();  // '?', '&' or ';'
        rest.remove_prefix(1);
        const std::string_view pair = rest.substr(0, rest.find_first_of("&;?#"));
        const std::size_t equals = pair.find('=');
        const std::string_view name = pair.substr(0, equals);
        if (equals != std::string_view::npos && equals + 1 < pair.size() && hides(name)) {
            result.append(name).append("=").append(stars);
        } else {
            result += pair;
        }
        rest.remove_prefix(pair.size());
    }
    return result;
}

}  // namespace ferrotunnel::access
