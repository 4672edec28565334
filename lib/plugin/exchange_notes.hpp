// The notes of an exchange: those of its service's registration, then those that plugins add.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "hooks/http_run.hpp"
#include "plugin/run_texts.hpp"

namespace ferrotunnel::plugin {

class ExchangeNotes {
public:
    /// `registered`: the service's notes; null: none. `texts` has room for what is added.
    ExchangeNotes(const hooks::Notes* registered, RunTexts& texts) noexcept : registered_(registered), texts_(texts) {}

    /// The last note of that name. The operator's plugins do not see notes of a client's plugins, which the operator
    /// has not approved.
    std::optional<std::string_view> find(std::string_view name, bool for_client) const noexcept {
        for (std::size_t i = added_.size(); i-- > 0;) {
            if (added_[i].name == name && (!added_[i].of_client || for_client)) {
                return added_[i].value;
            }
        }
        for (std::size_t i = registered_ != nullptr ? registered_->size() : 0; i-- > 0;) {
            if ((*registered_)[i].first == name) {
                return (*registered_)[i].second;
            }
        }
        return std::nullopt;
    }
    bool is_full() const noexcept { return added_.size() == limits::plugin_notes_max; }
    /// Adds a note unless is_full(). False if there is no room for its texts.
    bool add(std::string_view name, std::string_view value, bool of_client) {
        const auto kept_name = texts_.keep(name);
        const auto kept_value = texts_.keep(value);
        if (!kept_name || !kept_value) {
            return false;
        }
        added_.push_back({*kept_name, *kept_value, of_client});
        return true;
    }
    /// The number of added notes.
    std::size_t size() const noexcept { return added_.size(); }
    /// Removes the notes added after the first `n`.
    void roll_back(std::size_t n) noexcept { added_.resize(std::min(added_.size(), n)); }

private:
    struct Note {
        std::string_view name;
        std::string_view value;
        bool of_client;
    };

    const hooks::Notes* const registered_;
    RunTexts& texts_;
    std::vector<Note> added_;
};

}  // namespace ferrotunnel::plugin
