#include "config/expand.hpp"

#include <cstddef>

#include "base/limits.hpp"

namespace ferrotunnel::config {
namespace {

constexpr std::string_view name_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

bool is_name(std::string_view text) {
    return !text.empty() && text.find_first_not_of(name_letters) == std::string_view::npos &&
           (text.front() < '0' || text.front() > '9');
}

// Returns the value for the text between the braces.
Result<std::string, ExpandError> value_of(std::string_view inside, const Environment& environment) {
    const std::size_t mark = inside.find(":-");
    const std::string name(inside.substr(0, mark));
    if (!is_name(name)) {
        // The text is not repeated, because it may be a part of a secret that contains "${".
        return ExpandError{
            "expected the name of a variable between ${ and }, like ${NAME} or ${NAME:-default}; a $ is "
            "written as $$"};
    }
    std::optional<std::string> value = environment(name);
    if (mark != std::string_view::npos && (!value || value->empty())) {
        value = std::string(inside.substr(mark + 2));
    }
    if (!value) {
        return ExpandError{"the variable " + name + " is not set"};
    }
    if (value->size() > limits::config_text_max) {
        return ExpandError{"the variable " + name + " is longer than " + std::to_string(limits::config_text_max) +
                           " bytes"};
    }
    return std::move(*value);
}

}  // namespace

Result<std::string, ExpandError> expand(std::string_view text, const Environment& environment) {
    std::string result;
    while (!text.empty()) {
        const std::size_t dollar = text.find('$');
        result += text.substr(0, dollar);
        if (dollar == std::string_view::npos) {
            break;
        }
        text.remove_prefix(dollar + 1);
        if (text.starts_with('$')) {
            result += '$';
            text.remove_prefix(1);
            continue;
        }
        const std::size_t end = text.starts_with('{') ? text.find('}') : std::string_view::npos;
        if (end == std::string_view::npos) {
            return ExpandError{text.starts_with('{')
                                   ? "a ${ without a closing }"
                                   : "a single $; write $$ for the character, ${NAME} for a variable"};
        }
        Result<std::string, ExpandError> value = value_of(text.substr(1, end - 1), environment);
        if (!value) {
            return value;
        }
        result += *value;
        if (result.size() > limits::config_text_max) {
            return ExpandError{"longer than " + std::to_string(limits::config_text_max) + " bytes with its variables"};
        }
        text.remove_prefix(end + 1);
    }
    return result;
}

}  // namespace ferrotunnel::config
