// Connects handles and engines: how builders check their settings and make a handle, and the behaviour of an empty
// handle.
#pragma once

#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "ferrotunnel/client.hpp"
#include "ferrotunnel/server.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

/// Create a handle and its engine; defined in client.cpp and server.cpp. The settings have been checked; may still
/// throw config_error for problems that only the engine can find (certificates).
Client make_client(ClientSettings&& settings);
Server make_server(ServerSettings&& settings);

/// Checks the settings and creates the handle. On failure there is none, and the problems are appended.
template <typename Handle, typename Settings>
std::optional<Handle> try_make(Settings settings, Handle (*make)(Settings&&), std::vector<Problem>& problems) {
    std::vector<Problem> found = problems_of(settings);
    const Attached attached = settings;  // for problems found while creating the handle
    try {
        if (found.empty()) {
            return make(std::move(settings));
        }
    } catch (const config_error& error) {
        found = error.problems();
        locate(found, attached);
    }
    problems.insert(problems.end(), found.begin(), found.end());
    return std::nullopt;
}

/// Like try_make(), but throws config_error with all problems.
template <typename Handle, typename Settings>
Handle make_or_throw(Settings settings, Handle (*make)(Settings&&)) {
    std::vector<Problem> problems;
    std::optional<Handle> handle = try_make(std::move(settings), make, problems);
    if (!handle) {
        throw config_error(std::move(problems));
    }
    return std::move(*handle);
}

/// The engine behind a handle. `what` is the class of the handle.
template <typename Pointer>
auto& engine_of(const Pointer& engine, const char* what) {
    if (!engine) {
        throw std::system_error(errc::not_running, std::string("this ") + what + " is empty");
    }
    return *engine;
}

}  // namespace ferrotunnel::detail
