#include "plugin/settings_view.hpp"

#include <exception>

#include "base/text.hpp"
#include "plugin/field_log.hpp"
#include "plugin/host.hpp"
#include "plugin/limits.hpp"

namespace ferrotunnel::plugin {
namespace {

using config::CheckedValue;

/// The value at a path; null if there is none, or no memory to look it up.
const CheckedValue* find(const ft_settings* settings, ft_text path) noexcept {
    try {
        return settings->value.find(view(path));
    } catch (const std::exception&) {
        return nullptr;
    }
}

/// Copies an existing value into `out`.
template <typename Found, typename Out>
std::int32_t give(const Found& found, Out* out) noexcept {
    if (!found) {
        return 0;
    }
    *out = static_cast<Out>(*found);
    return 1;
}

std::int32_t text(const ft_settings* settings, ft_text path, ft_text* value) {
    const CheckedValue* found = find(settings, path);
    const std::string* string = found != nullptr ? found->string() : nullptr;
    if (string == nullptr) {
        return 0;
    }
    *value = text_of(*string);
    return 1;
}

std::int32_t integer(const ft_settings* settings, ft_text path, std::int64_t* value) {
    const CheckedValue* found = find(settings, path);
    return found != nullptr ? give(found->integer(), value) : 0;
}

std::int32_t number(const ft_settings* settings, ft_text path, double* value) {
    const CheckedValue* found = find(settings, path);
    return found != nullptr ? give(found->number(), value) : 0;
}

std::int32_t boolean(const ft_settings* settings, ft_text path, std::int32_t* value) {
    const CheckedValue* found = find(settings, path);
    return found != nullptr ? give(found->boolean(), value) : 0;
}

std::size_t count(const ft_settings* settings, ft_text path) {
    const CheckedValue* found = find(settings, path);
    return found == nullptr ? 0 : found->items().size() + found->members().size();
}

std::int32_t key(const ft_settings* settings, ft_text path, std::size_t i, ft_text* key) {
    const CheckedValue* found = find(settings, path);
    if (found == nullptr || i >= found->members().size()) {
        return 0;
    }
    *key = text_of(found->members()[i].key);
    return 1;
}

void problem(ft_settings* settings, ft_text path, ft_text words) {
    constexpr std::size_t longest = 1'024;
    constexpr std::size_t most = 100;
    try {
        if (settings->findings.size() < most) {
            const CheckedValue* found = settings->value.find(view(path));
            settings->findings.push_back({(found != nullptr ? *found : settings->value).place(),
                                          std::string(view(path)), printable(view(words), longest)});
        }
    } catch (const std::exception&) {  // no memory for it
    }
}

void declare_identity(ft_settings* settings, ft_text name) {
    const std::string_view field = view(name);
    if (!FieldLog::may_write(field, {})) {
        problem(settings, {}, text_of("declares an identity field that no plugin may write"));
    } else if (settings->identity.size() == limits::plugin_identity_max) {
        static_assert(limits::plugin_identity_max == 24);
        problem(settings, {}, text_of("declares more than 24 identity fields"));
    } else {
        try {
            settings->identity.emplace_back(field);
        } catch (const std::exception&) {
            problem(settings, {}, text_of("declares an identity field, but there is no memory for it"));
        }
    }
}

void declare_note(ft_settings* settings, std::uint32_t use, ft_text path, ft_text name) {
    constexpr NoteUse::Kind kinds[] = {NoteUse::Kind::sets, NoteUse::Kind::reads, NoteUse::Kind::reads_at_last};
    constexpr std::size_t most = 256;
    try {
        if (use <= FT_READS_NOTE_AT_LAST && settings->notes.size() < most) {
            const CheckedValue* found = settings->value.find(view(path));
            settings->notes.push_back({kinds[use], std::string(view(name)), std::string(view(path)),
                                       (found != nullptr ? *found : settings->value).place()});
        }
    } catch (const std::exception&) {  // no memory for it
    }
}

}  // namespace

const ft_settings_api& settings_table() noexcept {
    static const ft_settings_api table{
        sizeof(ft_settings_api), text, integer, number, boolean, count, key, problem, declare_identity, declare_note};
    return table;
}

}  // namespace ferrotunnel::plugin
