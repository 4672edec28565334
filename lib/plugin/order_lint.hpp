// Finds notes that are read before they are set: a mistake in the order of a chain, or in a name.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "plugin/condition.hpp"
#include "plugin/note_use.hpp"

namespace ferrotunnel::plugin {

/// The use of notes by an instance of a chain.
struct NotesOfInstance {
    std::string id;
    bool observes = false;  // its notes have no effect
    std::vector<NoteUse> uses{};
    std::vector<NoteRead> condition{};  // the notes that its `when` reads
};

struct OrderFinding {
    std::size_t instance;
    bool is_condition;      // the finding concerns the instance's `when`, at `within`; otherwise its settings
    std::string path{};     // below the settings
    config::Place place{};  // of the value there, if known
    expression::Place within{};
    std::string text;  // follows the key
};

/// Returns the mistakes in the order of the chain, instance by instance.
std::vector<OrderFinding> lint_order(const std::vector<NotesOfInstance>& chain);

}  // namespace ferrotunnel::plugin
