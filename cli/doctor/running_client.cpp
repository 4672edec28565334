#include "doctor/running_client.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace ferrotunnel::cli::doctor {
namespace {

// A folder that is not absolute is relative to the folder of the client, which may be another one.
bool has_local_backend(const nlohmann::json& service) {
    constexpr std::string_view relative_to[] = {"files:", "unix:"};
    const std::string local = service.value("local", "");
    return service.value("kind", "") != "udp" && service.value("state", "") != "disabled" &&
           std::ranges::none_of(relative_to, [&](std::string_view prefix) {
               return local.starts_with(prefix) && !local.substr(prefix.size()).starts_with('/');
           });
}

}  // namespace

std::vector<RunningService> read_running_services(const std::string& answer) {
    std::vector<RunningService> services;
    const auto json = nlohmann::json::parse(answer);
    for (const nlohmann::json& one : json.at("services")) {
        services.push_back({one.value("name", ""), has_local_backend(one) ? one.value("local", "") : ""});
    }
    return services;
}

bool is_client_of(const std::vector<RunningService>& services, const std::set<std::string>& names) {
    return names.empty() ||
           std::ranges::any_of(services, [&](const RunningService& one) { return names.contains(one.name); });
}

}  // namespace ferrotunnel::cli::doctor
