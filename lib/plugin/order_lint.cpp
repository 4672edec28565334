#include "plugin/order_lint.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/text.hpp"

namespace ferrotunnel::plugin {
namespace {

bool sets(const NotesOfInstance& instance, std::string_view note) {
    return std::any_of(instance.uses.begin(), instance.uses.end(), [note](const NoteUse& use) {
        const bool is_start = use.name.ends_with('*');
        return use.kind == NoteUse::Kind::sets &&
               (is_start ? note.starts_with(use.name.substr(0, use.name.size() - 1)) : note == use.name);
    });
}

// The fault in reading a note when only the first `before` instances have handled the request.
std::optional<std::string> fault_of_read(const std::vector<NotesOfInstance>& chain, std::size_t before,
                                         std::string_view note) {
    const NotesOfInstance* observing = nullptr;
    const NotesOfInstance* later = nullptr;
    for (std::size_t i = 0; i < chain.size(); ++i) {
        if (!sets(chain[i], note)) {
            continue;
        }
        if (chain[i].observes) {
            observing = &chain[i];
        } else if (i < before) {
            return std::nullopt;
        } else if (later == nullptr) {
            later = &chain[i];
        }
    }
    const std::string reads = "reads the note " + in_backticks(note) + ", which ";
    if (later != nullptr) {
        return reads + "only " + in_backticks(later->id) + " sets, but that plugin is not earlier in the chain";
    }
    if (observing != nullptr) {
        return reads + "only " + in_backticks(observing->id) + " sets, but that plugin only observes";
    }
    return reads + "no plugin of the chain sets";
}

}  // namespace

std::vector<OrderFinding> lint_order(const std::vector<NotesOfInstance>& chain) {
    std::vector<OrderFinding> findings;
    for (std::size_t i = 0; i < chain.size(); ++i) {
        for (const NoteRead& read : chain[i].condition) {
            if (auto fault = fault_of_read(chain, i, read.name)) {
                findings.push_back({i, true, {}, {}, read.place, std::move(*fault)});
            }
        }
        for (const NoteUse& use : chain[i].uses) {
            const std::size_t before = use.kind == NoteUse::Kind::reads_at_last ? chain.size() : i;
            auto fault = use.kind == NoteUse::Kind::sets ? std::nullopt : fault_of_read(chain, before, use.name);
            if (fault) {
                findings.push_back({i, false, use.path, use.place, {}, std::move(*fault)});
            }
        }
    }
    return findings;
}

}  // namespace ferrotunnel::plugin
