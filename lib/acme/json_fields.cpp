#include "acme/json_fields.hpp"

#include "acme/limits.hpp"
#include "net/host_name.hpp"

namespace ferrotunnel::acme {

std::optional<nlohmann::json> read_json_object(std::string_view text) {
    bool is_too_deep = false;
    // `depth` is how many objects and arrays are around it.
    const auto keep = [&is_too_deep](int depth, nlohmann::json::parse_event_t event, nlohmann::json&) {
        using Event = nlohmann::json::parse_event_t;
        const bool is_start = event == Event::object_start || event == Event::array_start;
        is_too_deep = is_too_deep || (is_start && depth >= limits::depth_max);
        return !is_too_deep;
    };
    nlohmann::json read = nlohmann::json::parse(text, keep, false);
    if (is_too_deep || !read.is_object()) {
        return {};
    }
    return read;
}

const nlohmann::json& member_of(const nlohmann::json& object, const char* name) {
    static const nlohmann::json null;
    if (!object.is_object()) {
        return null;
    }
    const auto found = object.find(name);
    return found == object.end() ? null : *found;
}

std::string text_of(const nlohmann::json& object, const char* name) {
    const nlohmann::json& member = member_of(object, name);
    return member.is_string() ? member.get<std::string>() : std::string();
}

std::vector<std::string> host_names_in(const nlohmann::json& list, std::size_t most) {
    std::vector<std::string> names;
    for (std::size_t at = 0; list.is_array() && at < list.size() && names.size() < most; ++at) {
        if (!list[at].is_string()) {
            continue;
        }
        if (auto name = net::normal_host_name(list[at].get<std::string>())) {
            names.push_back(std::move(*name));
        }
    }
    return names;
}

}  // namespace ferrotunnel::acme
