// Cross-origin requests (the Fetch standard, "CORS protocol"): which pages of other origins may read the answers.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugins {

class Cors {
public:
    /// Reads the settings below "cors". Throws std::invalid_argument for what contradicts itself.
    explicit Cors(const plugin::Settings& settings);

    /// Answers a preflight: the question of a browser whether it may send a request. Nothing: this is none.
    std::optional<plugin::Answer> preflight(const plugin::Exchange& exchange) const;
    /// Says in the answer that the page that asks may read it. False: there was no room to take away what the backend
    /// says about that.
    bool permit(plugin::Exchange& exchange) const;

private:
    /// What Access-Control-Allow-Origin says to that origin; empty: nothing, it may not read the answer.
    std::string allowed(plugin::Text origin) const;

    std::vector<std::string> origins_;
    std::string methods_;
    std::string headers_;  // empty: those that are asked for
    std::string expose_;
    bool credentials_ = false;
    std::chrono::seconds max_age_{0};
};

}  // namespace ferrotunnel::plugins
