#include "settings/section_reader.hpp"

#include <algorithm>
#include <utility>

namespace ferrotunnel::detail {

using config::Section;
using config::Value;

std::optional<Value> SectionReader::find(const GroupPlace& place, std::string_view key, std::string_view problem) {
    Section& section = group(place);
    const std::string own(key);
    std::optional<Value> value = section.find(own);
    const config::Place where = value ? value->place() : section.place();
    Origin origin{reading_.text_at(where).name, section.path_of(own), where.line, where.column, value.has_value()};
    if (value && value->has_variables() && key != "token") {
        origin.value = value->try_text().value_or("");
        origin.written = value->written();
    }
    const std::string name = joined_path(place.problem_path, problem.empty() ? key : problem);
    const auto [known, fresh] = origins_.try_emplace(name, origin);
    if (!fresh && !known->second.is_there) {  // two keys set one setting: keep the first one present
        known->second = origin;
    }
    return value;
}

Section& SectionReader::group(const GroupPlace& place) {
    static const config::Node nothing{config::Node::Kind::map, {}, {}, {}, {}};
    if (const auto known = groups_.find(place.path); known != groups_.end()) {
        return known->second;
    }
    const std::size_t dot = place.path.rfind('.');
    const bool is_nested = dot != std::string_view::npos;
    const GroupPlace around{is_nested ? place.path.substr(0, dot) : std::string_view(), {}};
    const std::string key(is_nested ? place.path.substr(dot + 1) : place.path);
    const std::optional<Value> value = find(around, key, place.problem_path);
    const Section& outer = group(around);
    Section section = value ? value->section() : Section(nothing, outer.context(), outer.path_of(key), outer.place());
    return groups_.emplace(place.path, std::move(section)).first->second;
}

void SectionReader::finish() {
    for (auto& [path, section] : groups_) {
        section.finish();
    }
}

// Adjusts defaults to the times that were set: pings are frequent enough for a given dead interval, and the first wait
// is not longer than a given maximum.
void SectionReader::fit(Timing& timing) const {
    if (was_read_.contains("timing.dead_interval") && !was_read_.contains("timing.ping_interval")) {
        timing.ping_interval = std::min(timing.ping_interval, timing.dead_interval / 3);
    }
    if (was_read_.contains("timing.reconnect_max") && !was_read_.contains("timing.reconnect_first")) {
        timing.reconnect_first = std::min(timing.reconnect_first, timing.reconnect_max);
    }
}

}  // namespace ferrotunnel::detail
