// A request of the control API as a client sends it, and the reply. No sockets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/socket.hpp"

namespace ferrotunnel::admin {

struct ControlRequest {
    std::string_view method;
    std::string_view path;  // with its query
    std::string_view body{};
};

struct Reply {
    std::uint16_t status = 0;
    std::string body;
    std::vector<runtime::Fd> sockets{};  // received with it
};

}  // namespace ferrotunnel::admin
