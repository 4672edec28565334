// The services of a running client, as its control socket reports them.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace ferrotunnel::cli::doctor {

struct RunningService {
    std::string name;
    std::string local;  // its backend; empty: none that can be dialled from here
};

/// Reads the answer to Control::services(). Throws nlohmann::json::exception if it is not valid.
std::vector<RunningService> read_running_services(const std::string& answer);

/// Whether a client with these services runs with the settings that name `names`: it has one of them. True without
/// names, since nothing tells the clients of a server apart then.
bool is_client_of(const std::vector<RunningService>& services, const std::set<std::string>& names);

}  // namespace ferrotunnel::cli::doctor
