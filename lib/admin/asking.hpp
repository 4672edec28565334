// One request to a control socket, from the asking side: it waits, for a bounded time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::admin {

struct Question {
    std::string_view method;
    std::string_view path;
    std::string_view body{};
};

struct Reply {
    std::uint16_t status = 0;
    std::string body;
    std::vector<runtime::Fd> sockets{};  // that came with it
};

/// Why there is no reply.
struct NoReply {
    enum class Why : std::uint8_t {
        nobody,     // nobody listens there, or nothing is there
        untrusted,  // the socket, or the process that listens, is another user's
        broken,     // no answer in time, or none of the API's
    } why = Why::broken;
    std::string text;  // a sentence without its end
};

/// Blocks for `patience` at most.
Result<Reply, NoReply> ask(const std::string& path, const Question& question, Duration patience);

}  // namespace ferrotunnel::admin
