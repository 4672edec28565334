// Cross-origin requests (the Fetch standard, "CORS protocol"): which pages of other origins may read responses.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugins {

class Cors {
public:
    /// Reads the settings below "cors". Throws std::invalid_argument for contradictions.
    explicit Cors(const plugin::Settings& settings);

    /// Responds to a preflight, with which a browser finds out whether it may send a request. Empty if this is not one.
    std::optional<plugin::Answer> preflight(const plugin::Exchange& exchange) const;
    /// Permits the requesting page to read the response. False if there was no room to remove the backend's own
    /// permissions.
    bool permit(plugin::Exchange& exchange) const;

private:
    /// The value of Access-Control-Allow-Origin for that origin; empty if it may not read the response.
    std::string allowed(plugin::Text origin) const;

    std::vector<std::string> origins_;
    std::string methods_;
    std::string headers_;  // empty: the requested ones
    std::string expose_;
    bool credentials_ = false;
    std::chrono::seconds max_age_{0};
};

}  // namespace ferrotunnel::plugins
