// Whether what is behind a service can serve visitors, as its client finds out by asking again and again.
#pragma once

#include <chrono>
#include <string>
#include <utility>

namespace ferrotunnel {

/// A check of a service's backend, from the client beside it. While the backend is unhealthy the service gets no new
/// visitors: the other members of its group have them, or, where there is none that is healthy, they are refused (503
/// with Retry-After, or a reset). Visitors who are there continue. Needs a backend with an address; not for UDP, nor
/// for private services.
struct HealthCheck {
    enum class Kind {
        off,
        tcp,   ///< the backend takes a connection
        http,  ///< it answers a GET as it should, over TLS or a unix socket where `local` says so
    };

    Kind kind = Kind::off;
    /// Of http: what is asked for, up to 1,024 bytes that begin with a slash.
    std::string path = "/";
    /// Of http: the statuses of a healthy answer, and ranges of them: "200", "200-299,401".
    std::string status = "200-399";
    /// Of http: what the answer has to contain within its first 64 KiB, up to 256 bytes. Empty: anything.
    std::string text{};
    /// The time from one check to the next, 100 ms to an hour; up to a fifth of it is taken off, at random.
    std::chrono::milliseconds interval{5000};
    /// A backend that has not answered within this has failed: 10 ms to a minute.
    std::chrono::milliseconds timeout{3000};
    /// So many checks in a row make an unhealthy backend healthy, or a healthy one unhealthy: 1 to 100. The first check
    /// of all decides alone.
    unsigned rise = 2;
    unsigned fall = 3;
    /// Whether this client's backend is tried all the same where no member of the group is healthy.
    bool try_when_all_unhealthy = false;

    /// Asks for a path, by http.
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
