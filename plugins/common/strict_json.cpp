#include "common/strict_json.hpp"

#include <set>
#include <string>
#include <vector>

namespace ferrotunnel::plugins {

using nlohmann::json;

std::optional<json> parse_strict_object(std::string_view text) {
    constexpr int depth_max = 16;
    bool is_good = true;
    std::vector<std::set<std::string>> keys;  // of the enclosing objects
    const auto look = [&](int depth, json::parse_event_t event, json& value) {
        is_good = is_good && depth <= depth_max;
        if (!is_good) {
            return false;  // deeper levels are dropped
        }
        if (event == json::parse_event_t::object_start) {
            keys.emplace_back();
        } else if (event == json::parse_event_t::object_end) {
            keys.pop_back();
        } else if (event == json::parse_event_t::key) {
            is_good = keys.back().insert(value.get<std::string>()).second;
        }
        return true;
    };
    json read = json::parse(text, look, false);
    return is_good && read.is_object() ? std::optional(std::move(read)) : std::nullopt;
}

std::optional<std::string> text_at(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
}

}  // namespace ferrotunnel::plugins
