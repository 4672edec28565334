// Health checks: a client checks the backend of its service regularly.
#pragma once

#include <chrono>
#include <string>
#include <utility>

namespace ferrotunnel {

/// A check of a service's backend by its client. While the backend is unhealthy, the service gets no new visitors: the
/// other members of its group get them, or, if none is healthy, they are refused (503 with Retry-After, or a reset).
/// Connected visitors continue. Needs a backend with an address; not for UDP, nor for private services.
struct HealthCheck {
    enum class Kind {
        off,
        tcp,   ///< the backend must accept a connection
        http,  ///< the backend must answer a GET as described below, over TLS or a unix socket if `local` has one
    };

    Kind kind = Kind::off;
    /// For http: the requested path, up to 1,024 bytes that begin with a slash.
    std::string path = "/";
    /// For http: the statuses of a healthy response, and ranges of them: "200", "200-299,401".
    std::string status = "200-399";
    /// For http: a text of up to 256 bytes that the first 64 KiB of the response must contain. Empty: any.
    std::string text{};
    /// The time from one check to the next, 100 ms to an hour, less a random part of up to a fifth.
    std::chrono::milliseconds interval{5000};
    /// A check without an answer within this time fails: 10 ms to a minute.
    std::chrono::milliseconds timeout{3000};
    /// Number of checks in a row that make an unhealthy backend healthy (rise), or a healthy one unhealthy (fall): 1 to
    /// 100. The very first check alone decides.
    unsigned rise = 2;
    unsigned fall = 3;
    /// Whether this client's backend is tried anyway if no member of the group is healthy.
    bool try_when_all_unhealthy = false;

    /// A check that requests a path over HTTP.
    static HealthCheck http(std::string path_in) {
        HealthCheck check;
        check.kind = Kind::http;
        check.path = std::move(path_in);
        return check;
    }
    static HealthCheck tcp() {
        HealthCheck check;
        check.kind = Kind::tcp;
        return check;
    }

    friend bool operator==(const HealthCheck&, const HealthCheck&) = default;
};

}  // namespace ferrotunnel
