#include "api/described_service.hpp"

#include <string_view>

namespace ferrotunnel::detail {

using admin::Json;

// Wraps the service in the structure that surrounds it in a file.
ConfigFile read_service(const Json& description, const std::string& file_name) {
    const Json file{{"client", Json{{"services", Json::array({description})}}}};
    return read_config({admin::text_of(file), file_name, false, {}});
}

// Problems refer to the service, since there is no file with lines.
admin::Answer invalid_service(const std::vector<Problem>& problems) {
    static constexpr std::string_view place = "client.services[0]";
    Json list = Json::array();
    std::string all;
    for (const Problem& problem : problems) {
        std::string key = problem.key;
        if (key.starts_with(place)) {
            key.erase(0, place.size() + (key.size() > place.size() ? 1 : 0));
        }
        const std::string text = key.empty() ? problem.text : key + ": " + problem.text;
        all += (all.empty() ? "" : "; ") + text;
        list.push_back(Json{{"key", key}, {"text", problem.text}});
    }
    admin::Answer refused = admin::refusal(422, "invalid", all);
    refused.body["error"]["problems"] = std::move(list);
    return refused;
}

}  // namespace ferrotunnel::detail
