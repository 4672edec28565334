#include "inspect/restored_text.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <vector>

#include "base/percent.hpp"
#include "inspect/masked_text.hpp"

namespace ferrotunnel::inspect {
namespace {

using Values = std::vector<std::string>;

// A browser's form writes the asterisks of a query as %2A; a value in quotes has them around the mask.
bool is_mask(std::string_view value) {
    const std::string plain = percent_decoded(value);
    return plain == mask || plain == "\"***\"" || plain == "'***'";
}

bool has_mask(std::string_view value) {
    return percent_decoded(value).find(mask) != std::string::npos;
}

bool are_all_equal(const Values& values) {
    return std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end();
}

// `walk` passes over the secrets of a text, and returns it with their replacements.
template <typename Walk>
std::optional<std::string> restored(std::string_view edited, std::string_view original, Walk walk) {
    std::map<std::string, Values> originals;
    std::map<std::string, std::size_t> wanted;
    std::map<std::string, std::size_t> restored;
    walk(original,
         [&](const std::string& name, std::string_view value) { return originals[name].emplace_back(value); });
    walk(edited, [&](const std::string& name, std::string_view value) {
        ++wanted[name];
        return std::string(value);
    });
    bool is_whole = true;
    Masked result = walk(edited, [&](const std::string& name, std::string_view value) {
        const std::size_t place = restored[name]++;
        if (!has_mask(value)) {
            return std::string(value);
        }
        const Values& values = originals[name];
        if (!is_mask(value) || values.empty() || (values.size() != wanted[name] && !are_all_equal(values))) {
            is_whole = false;
            return std::string(value);
        }
        return values[std::min(place, values.size() - 1)];
    });
    // The restored values may change how the rest of a malformed text is parsed, so that a secret is not found any more
    // when the result is recorded.
    is_whole = is_whole && walk(result.text, Replace()).text == walk(edited, Replace()).text;
    return is_whole ? std::optional(std::move(result.text)) : std::nullopt;
}

}  // namespace

std::optional<std::string> restored_url(std::string_view edited, std::string_view original, const Secrets& secrets) {
    return restored(edited, original,
                    [&](std::string_view url, const Replace& replace) { return masked_url(url, secrets, replace); });
}

std::optional<std::string> restored_body(std::string_view edited, std::string_view original,
                                         std::string_view content_type, const Secrets& secrets) {
    return restored(edited, original, [&](std::string_view body, const Replace& replace) {
        return masked_body(body, content_type, secrets, replace);
    });
}

}  // namespace ferrotunnel::inspect
