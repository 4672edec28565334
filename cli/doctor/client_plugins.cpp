#include "doctor/client_plugins.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace ferrotunnel::cli::doctor {

Findings judge_client_plugins(const std::vector<std::string>& requested, const std::set<std::string>& found,
                              const std::string& folder) {
    std::vector<std::string> missing;
    std::ranges::copy_if(requested, std::back_inserter(missing),
                         [&](const std::string& type) { return !found.contains(type); });
    if (missing.empty()) {
        return {};
    }
    if (found.empty()) {
        return {warning(fmt::format("No plugins are installed: services that request one ({}) are refused.",
                                    fmt::join(missing, ", ")),
                        fmt::format("Copy plugins/modules/*.so of the build folder to {}, run `cmake --install`, or "
                                    "install the package; `plugins: {{clients: none}}` allows none.",
                                    folder))};
    }
    return {
        note(fmt::format("Not in {}: {}. Services that request them are refused.", folder, fmt::join(missing, ", ")))};
}

bool is_about_plugin(const std::string& refusal) {
    return refusal.find("he plugin ") != std::string::npos || refusal.find(" plugins") != std::string::npos;
}

}  // namespace ferrotunnel::cli::doctor
