// Finds notes that are read before anybody has set them: a mistake in the order of a chain, or in a name.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "plugin/condition.hpp"
#include "plugin/note_use.hpp"

namespace ferrotunnel::plugin {

/// An instance of a chain, as far as its notes go.
struct NotesOfInstance {
    std::string id;
    bool observes = false;  // what it sets goes nowhere
    std::vector<NoteUse> uses{};
    std::vector<NoteRead> condition{};  // what its `when` reads
};

struct OrderFinding {
    std::size_t instance;
    bool is_condition;      // it is about the instance's `when`, at `within`; else about its settings
    std::string path{};     // below the settings
    config::Place place{};  // of the value there, where it is known
    expression::Place within{};
    std::string text;  // follows the key
};

/// What is wrong with the order of the chain, instance by instance.
std::vector<OrderFinding> lint_order(const std::vector<NotesOfInstance>& chain);

}  // namespace ferrotunnel::plugin
