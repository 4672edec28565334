// A request to an HTTP server, and the response.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "fetch/limits.hpp"
#include "net/host_port.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::fetch {

using FieldList = std::vector<std::pair<std::string, std::string>>;

/// A server, and how to connect to it. Requests to equal destinations share connections.
struct Destination {
    std::shared_ptr<transport::TlsContext> tls{};  // null for http
    net::HostPort at{};
    std::string authority{};  // for Host: the port only if it is not the scheme's own
    std::string socket{};     // the path of a Unix socket, instead of `at`; empty: none

    bool operator==(const Destination&) const = default;
};

/// The parts of an absolute URL (RFC 9110, 4.2).
struct UrlParts {
    bool is_https = false;
    net::HostPort at;
    std::string authority;
    std::string path;      // with the query, without a fragment
    std::string socket{};  // the path of a Unix socket, instead of `at`; only of read_configured_url()
};

/// Splits a URL. The error is worded to follow the URL: "does not name a host". Rejects a user name (RFC 9110, 4.2.4).
Result<UrlParts, std::string_view> read_url(std::string_view text);

struct Request {
    Destination to{};
    std::string method = "GET";
    std::string path = "/";  // with the query
    FieldList fields{};      // besides Host, User-Agent, Content-Length and Connection
    std::string body{};
    bool has_body = false;    // Content-Length is sent, even for an empty body
    bool may_repeat = false;  // it may safely arrive twice, whatever its method
};

/// Why a request cannot be sent, as the end of a sentence; empty if it can.
std::string request_fault(const Request& request);

/// Limits for a response.
struct Bounds {
    Duration time = request_time;
    std::size_t head_max = response_head_max;
    /// 0: the body is not read, and the response is reported with its head.
    std::size_t body_max = response_body_max;
};

struct Response {
    std::uint16_t status = 0;  // 0: no head arrived
    FieldList fields{};
    std::string body{};  // empty if it was too long
    bool is_too_long = false;
    std::string error{};  // why it is incomplete; empty if it is complete, except for a body that was too long

    /// The value of the first field of that name, case-insensitively; empty without one.
    std::string_view field(std::string_view name) const noexcept;
};

}  // namespace ferrotunnel::fetch
