#include "admin/answer.hpp"

#include <algorithm>

#include "ferrotunnel/detail/shown_text.hpp"

namespace ferrotunnel::admin {

std::string text_of(const Json& json) {
    const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
    const auto is_plain = [](char c) { return static_cast<unsigned char>(c) < 0x7f; };  // with the library's escapes
    if (std::all_of(text.begin(), text.end(), is_plain)) {
        return text;
    }
    std::string shown;
    shown.reserve(text.size());
    for (std::string_view rest = text; !rest.empty();) {
        const detail::FrontCharacter front = detail::front_character(rest);
        if (front.code == '\n' || detail::is_shown(front.code)) {
            shown += rest.substr(0, front.length);
        } else {
            shown += detail::JsonEscape(front.code).text();
        }
        rest.remove_prefix(front.length);
    }
    return shown;
}

}  // namespace ferrotunnel::admin
