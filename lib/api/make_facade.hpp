// Between the handles and the engines behind them: how builders make one (defined in client.cpp and server.cpp), and
// what an empty handle answers.
#pragma once

#include <system_error>

#include "ferrotunnel/client.hpp"
#include "ferrotunnel/server.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

/// Make a handle and its engine. The settings have been checked; may still throw config_error for what only the engine
/// can find out (certificates).
Client make_client(ClientSettings&& settings);
Server make_server(ServerSettings&& settings);

/// The engine behind a handle. `what` is the class of the handle.
template <typename Pointer>
auto& engine_of(const Pointer& engine, const char* what) {
    if (!engine) {
        throw std::system_error(errc::not_running, std::string("this ") + what + " is empty");
    }
    return *engine;
}

}  // namespace ferrotunnel::detail
