#include "plugin/prepared.hpp"

#include <algorithm>
#include <utility>

#include "plugin/control_call.hpp"
#include "plugin/settings_view.hpp"

namespace ferrotunnel::plugin {
namespace {

using Findings = std::vector<config::Finding>;

Findings one(std::string text) {
    return {{{}, {}, std::move(text)}};
}

std::string names_of(const std::vector<Type>& types) {
    std::string names;
    for (const Type& type : types) {
        names += (names.empty() ? "" : ", ") + type.name;
    }
    return names;
}

Result<config::CheckedValue, Findings> checked(const Type& type, std::string_view settings,
                                               const config::SecretSource& secrets) {
    if (type.schema) {
        return type.schema->parse(settings.empty() ? "{}" : settings, secrets);
    }
    if (!settings.empty()) {
        return one("the plugin \"" + type.name + "\" has no settings");
    }
    return config::CheckedValue();
}

// Selects a type, which may be unnamed if there is only one.
Result<Type, Findings> choose(ft_entry library, std::string_view type) {
    Result<std::vector<Type>, std::string> types = read_library(library);
    if (!types) {
        return one(types.error());
    }
    const auto chosen =
        type.empty() && types->size() == 1
            ? types->begin()
            : std::find_if(types->begin(), types->end(), [&](const Type& each) { return each.name == type; });
    if (chosen != types->end()) {
        return std::move(*chosen);
    }
    return one((type.empty() ? std::string("the plugin has several types; name one of them: ")
                             : "the plugin has no type \"" + std::string(type) + "\"; it has ") +
               names_of(*types));
}

// Lets the type check settings that match its schema.
Result<Prepared, Findings> looked_at(Type type, config::CheckedValue settings) {
    std::vector<NoteUse> notes;
    bool looks_up_tokens = false;
    if (type.calls.check != nullptr) {
        const ControlCall call;
        ft_settings seen{settings};
        type.calls.check(&seen);
        if (!seen.findings.empty()) {
            return std::move(seen.findings);
        }
        notes = std::move(seen.notes);
        looks_up_tokens = seen.looks_up_tokens;
    }
    if (looks_up_tokens && type.calls.on_token == nullptr) {
        return one("the plugin \"" + type.name +
                   "\" declares that it looks up tokens, but does not implement on_token");
    }
    return Prepared{std::move(type), std::move(settings), std::move(notes), looks_up_tokens};
}

}  // namespace

Result<Prepared, Findings> prepare(ft_entry library, std::string_view type, std::string_view settings,
                                   const config::SecretSource& secrets) {
    Result<Type, Findings> chosen = choose(library, type);
    if (!chosen) {
        return chosen.error();
    }
    Result<config::CheckedValue, Findings> value = checked(*chosen, settings, secrets);
    if (!value) {
        return value.error();
    }
    return looked_at(std::move(*chosen), std::move(*value));
}

Result<Prepared, Findings> prepare(ft_entry library, std::string_view type, config::CheckedValue settings) {
    Result<Type, Findings> chosen = choose(library, type);
    if (!chosen) {
        return chosen.error();
    }
    return looked_at(std::move(*chosen), std::move(settings));
}

}  // namespace ferrotunnel::plugin
