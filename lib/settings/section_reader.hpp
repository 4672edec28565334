// Reader of the section of a side in a configuration file: the settings that have rows, and the places of all.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/reader.hpp"
#include "settings/file.hpp"
#include "settings/rows.hpp"

namespace ferrotunnel::detail {

/// Shared context of the readers of all subjects: the file under construction, and its texts.
struct ConfigReading {
    ConfigFile& file;
    const std::vector<ConfigText>& texts;  // by Place::file

    const ConfigText& text_at(const config::Place& place) const { return texts.at(place.file); }
};

/// Reads the settings of a side, and keeps their places for problems that build() may report.
class SectionReader {
public:
    SectionReader(config::Section section, const ConfigReading& reading, Origins& origins)
        : reading_(reading), origins_(origins) {
        groups_.emplace("", std::move(section));
    }

    /// Reads all settings that have a row, except sections.
    template <typename Values>
    void read_settings(Values& values) {
        Groups<Values>::visit([&](const GroupPlace& place, const auto& rows, const auto& part) {
            read_group(place, rows, part(values));
        });
        fit(values.timing);
    }
    template <typename Rows, typename Group>
    void read_group(const GroupPlace& place, const Rows& rows, Group& into) {
        for (const auto& setting : rows) {
            visit_value(setting, into, [&](auto& value) {
                const std::optional<config::Value> said = find(place, setting.key, setting.problem);
                if (said && read_value(setting, *said, value)) {
                    was_read_.insert(problem_path_of(place, setting));
                }
            });
        }
    }

    /// The value of a key, if present; its place is kept. `problem`: the setting's name in problems; empty: the key.
    std::optional<config::Value> find(const GroupPlace& place, std::string_view key, std::string_view problem = {});
    /// The keys of a group. A missing group has none, but its possible keys are looked up anyway.
    config::Section& group(const GroupPlace& place);
    /// The settings that were read, by their names in problems.
    const std::set<std::string>& was_read() const noexcept { return was_read_; }
    /// Reports keys that were not looked up.
    void finish();

private:
    void fit(Timing& timing) const;

    const ConfigReading& reading_;
    Origins& origins_;
    std::map<std::string, config::Section, std::less<>> groups_;
    std::set<std::string> was_read_;
};

}  // namespace ferrotunnel::detail
