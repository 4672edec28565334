// A plugin of a chain before its creation: its type and its checked settings.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/checked_value.hpp"
#include "config/report.hpp"
#include "config/secret_text.hpp"
#include "plugin/library.hpp"
#include "plugin/note_use.hpp"

namespace ferrotunnel::plugin {

struct Prepared {
    Type type;
    config::CheckedValue settings;
    std::vector<NoteUse> notes{};  // the type's use of notes
    bool looks_up_tokens = false;
};

/// Selects a type of the library (`type` may be empty if there is only one) and checks the settings, a text of JSON or
/// YAML, by its schema and by the type's own check. The findings have paths below the settings; "" is all of them.
Result<Prepared, std::vector<config::Finding>> prepare(ft_entry library, std::string_view type,
                                                       std::string_view settings, const config::SecretSource& secrets);

/// Like prepare() above, with settings that the type's schema has accepted.
Result<Prepared, std::vector<config::Finding>> prepare(ft_entry library, std::string_view type,
                                                       config::CheckedValue settings);

}  // namespace ferrotunnel::plugin
