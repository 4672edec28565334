// The parts of ngrok's configuration, as their reader shares them between its files.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "draft.hpp"
#include "keys.hpp"
#include "mapping.hpp"

namespace ferrotunnel::cli::importing::ngrok {

/// Settings of the agent: at the top of a file of version 2, below `agent` in version 3.
void read_agent(Draft& draft, Keys& agent);

/// Settings that restrict visitors and that are lost. A service that has one is turned off.
class LostGuards {
public:
    void add(Origin origin, std::string key) { guards_.emplace_back(std::move(origin), std::move(key)); }

    void close(Draft& draft, Node& service) const {
        if (!guards_.empty()) {
            close_unguarded_service(draft, service, guards_.front().first, guards_.front().second);
        }
    }

private:
    std::vector<std::pair<Origin, std::string>> guards_;
};

/// Reads `traffic_policy` or `policy` of a tunnel into its service.
void read_policy(Draft& draft, Keys& tunnel, Node& service, LostGuards& guards);

/// `basic_auth`, `ip_restriction`, `oauth` and others of a tunnel.
void read_guards(Draft& draft, Keys& tunnel, Node& service, LostGuards& guards);

/// Items of `tunnels` and of `endpoints`.
void read_tunnel(Draft& draft, Keys& tunnel);
void read_endpoint(Draft& draft, Keys& endpoint);

}  // namespace ferrotunnel::cli::importing::ngrok
