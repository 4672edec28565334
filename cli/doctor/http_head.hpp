// Small HTTP/1.1 requests over a connected socket.
#pragma once

#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "doctor/run_checks.hpp"

namespace ferrotunnel::cli::doctor {

struct HttpAnswer {
    int status = 0;                     // 0: none that is HTTP
    std::string head;                   // with its status line
    std::string body;                   // what had arrived of it
    std::optional<long> clock_ahead{};  // seconds by which this machine's clock is ahead of the Date field

    std::string status_line() const { return head.substr(0, head.find('\r')); }
};

/// Sends and receives, for plain sockets and for TLS.
struct HttpWay {
    std::function<bool(std::string_view)> send;
    std::function<bool(std::string&)> receive;  // appends; false at the end
};

/// GET, with `Connection: close`. Reads at most 64 KiB.
HttpAnswer get(const HttpWay& way, const std::string& host, const std::string& path);

/// Asks an HTTP proxy for a tunnel to `place`. `login`: "user:password", or empty.
HttpAnswer connect_through(int socket, const std::string& place, const std::string& login, Deadline deadline);

/// Parses an answer; `now` is compared with its Date.
HttpAnswer parse_answer(std::string_view text, std::time_t now);

}  // namespace ferrotunnel::cli::doctor
