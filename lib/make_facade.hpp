// Where the builders hand over to the engines: defined in client.cpp and server.cpp.
#pragma once

#include "ferrotunnel/client.hpp"
#include "ferrotunnel/server.hpp"
#include "settings.hpp"

namespace ferrotunnel::detail {

/// The settings have been checked. May still throw config_error for what only the engine can find out (certificates).
Client make_client(ClientSettings&& settings);
Server make_server(ServerSettings&& settings);

}  // namespace ferrotunnel::detail
