// Sends one request to a control socket and waits for the reply, for a bounded time.
#pragma once

#include <cstdint>
#include <string>

#include "admin/control_request.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

namespace ferrotunnel::admin {

/// Why there is no reply.
struct NoReply {
    enum class Why : std::uint8_t {
        nobody,     // no program listens there, or there is no socket
        untrusted,  // the socket, or the process that listens, belongs to another user
        broken,     // no answer in time, or not one of the API
    } why = Why::broken;
    std::string text;  // a sentence without its full stop
};

/// Blocks for `timeout` at most.
Result<Reply, NoReply> ask(const std::string& path, const ControlRequest& question, Duration timeout);

}  // namespace ferrotunnel::admin
