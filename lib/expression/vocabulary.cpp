#include "expression/vocabulary.hpp"

#include <algorithm>
#include <vector>

#include "base/text.hpp"
#include "ferrotunnel/detail/nearest.hpp"

namespace ferrotunnel::expression {
namespace {

std::string question(const std::string& guessed) {
    return guessed.empty() ? "" : "; did you mean " + in_backticks(guessed) + "?";
}

// The longest beginning of `name`, up to a dot, that it shares with a field.
std::string_view known_part(Vocabulary vocabulary, std::string_view name) {
    for (std::size_t dot = name.rfind('.'); dot != std::string_view::npos; dot = name.substr(0, dot).rfind('.')) {
        const std::string_view part = name.substr(0, dot + 1);
        if (std::any_of(vocabulary.begin(), vocabulary.end(),
                        [part](const Field& field) { return field.name.starts_with(part); })) {
            return part;
        }
    }
    return {};
}

}  // namespace

std::optional<Meaning> resolve_name(Vocabulary vocabulary, std::string_view name) {
    const Field* map = nullptr;  // with the longest matching name
    for (const Field& field : vocabulary) {
        if (field.name == name) {
            return Meaning{&field, std::nullopt};
        }
        const std::size_t length = field.name.size();
        const bool leads_to = field.type == Type::map && name.starts_with(field.name) && name[length] == '.';
        if (leads_to && (map == nullptr || map->name.size() < length)) {
            map = &field;
        }
    }
    if (map == nullptr) {
        return std::nullopt;
    }
    return Meaning{map, name.substr(map->name.size() + 1)};
}

std::string suggestion(std::string_view name, std::span<const std::string_view> candidates) {
    return question(detail::nearest(name, std::vector<std::string>(candidates.begin(), candidates.end())));
}

std::string suggestion(std::string_view name, Vocabulary vocabulary) {
    const std::string known(known_part(vocabulary, name));
    std::vector<std::string> fields;
    std::vector<std::string> maps;
    for (const Field& field : vocabulary) {
        if (field.name.starts_with(known)) {
            fields.emplace_back(field.name.substr(known.size()));
        }
        if (field.name.starts_with(known) && field.type == Type::map) {
            maps.push_back(fields.back());
        }
    }
    const std::string_view rest = name.substr(known.size());
    std::string found = detail::nearest(rest, fields);
    const std::size_t dot = rest.find('.');
    if (found.empty() && dot != std::string_view::npos) {
        found = detail::nearest(rest.substr(0, dot), maps);  // the rest may be a key
    }
    return question(found.empty() ? "" : known + found);
}

}  // namespace ferrotunnel::expression
