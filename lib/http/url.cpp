#include "http/url.hpp"

#include <algorithm>

#include "http/field_name.hpp"

namespace ferrotunnel::http {

bool split_url(std::string_view text, Url& url) noexcept {
    url = {};
    for (const std::string_view scheme : {"http", "https"}) {
        if (same_text(text.substr(0, scheme.size()), scheme) && text.substr(scheme.size()).starts_with("://")) {
            url.scheme = text.substr(0, scheme.size());
            text.remove_prefix(scheme.size() + 1);
            break;
        }
    }
    if (!text.starts_with("//")) {
        return false;
    }
    text.remove_prefix(2);
    const std::size_t end = std::min(text.find_first_of("/?#"), text.size());
    url.authority = text.substr(0, end);
    url.rest = text.substr(end);
    return true;
}

}  // namespace ferrotunnel::http
