// The backend of a client's service: where it is, and how to speak to it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/mutex.hpp"
#include "base/result.hpp"
#include "net/proxy_protocol.hpp"
#include "runtime/address.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::transport {
class TlsContext;
}

namespace ferrotunnel::backend {

class Exit;
class Folder;

/// A backend's address, as set by `local` of a service.
struct BackendAddress {
    net::HostPort at;         // for TCP
    std::string unix_path{};  // for a unix socket; otherwise empty
    bool tls = false;
    std::string folder{};  // with files, as an absolute path; otherwise empty
    bool is_exit = false;  // the client itself, which connects visitors to the destinations that they request
    bool http2 = false;    // requests are passed on in HTTP/2

    friend bool operator==(const BackendAddress&, const BackendAddress&) = default;
};

/// Prefix of `local` for a folder: "files:./dist".
inline constexpr std::string_view folder_prefix = "files:";
/// The value of `local` for an exit.
inline constexpr std::string_view exit_keyword = "exit";

/// Parses "127.0.0.1:22", ":22" and "22" (`localhost`), "unix:/run/app.sock"; for HTTP services also "https://host",
/// "https://host:port", "h2c://host:port" (HTTP/2), "h2://host:port" (HTTP/2 over TLS) and "files:FOLDER", where a
/// relative path is relative to the working directory; for TCP services "tls://host:port" and "exit". The words of an
/// error follow the text.
Result<BackendAddress, std::string> parse_backend_address(std::string_view text, wire::ServiceKind kind);
/// The reverse of parse_backend_address, in full.
std::string to_text(const BackendAddress& place, wire::ServiceKind kind);

struct Backend {
    std::string text;  // for logs
    BackendAddress place;
    std::shared_ptr<transport::TlsContext> tls;  // null without TLS
    bool proxy_each = false;                     // with datagrams: the header precedes each one, not only the first
    std::optional<net::ProxyVersion> proxy;      // the header that is sent before the first byte
    std::shared_ptr<Folder> folder;              // whose files are served; null: visitors are connected to `place`
    std::shared_ptr<Exit> exit{};  // connects visitors to the destinations that they request; null likewise
};

/// Whether the backend of a service responds, as observed with its visitors: logged once for each cause when it fails,
/// and once when it is back, with the number of visitors. A line for each visitor would fill a disk as long as a
/// backend is down; so would texts that always differ, hence limits::backend_causes_max. There is one of these per
/// service. Thread-safe.
class BackendState {
public:
    /// The names for the log lines.
    struct Names {
        const std::string& service;
        const std::string& backend;
    };

    /// Counts a visitor that was refused because the backend could not be reached.
    void failed(const Names& names, const std::string& why, TimePoint now, Logger& log);
    /// Notes that a visitor was connected to the backend. Costs one atomic load if nothing has changed.
    void answered(const Names& names, TimePoint now, Logger& log) {
        if (down_.load(std::memory_order_relaxed)) {
            report_recovered(names, now, log);
        }
    }

private:
    struct Cause {
        std::string why;
        TimePoint reported_at;
        bool reported;  // since the backend last answered
    };

    void report_recovered(const Names& names, TimePoint now, Logger& log);
    bool is_new_cause(const std::string& why, TimePoint now) REQUIRES(mutex_);

    std::atomic<bool> down_{false};  // the failure is logged
    Mutex mutex_;
    std::vector<Cause> causes_ GUARDED_BY(mutex_);
    TimePoint down_since_ GUARDED_BY(mutex_){};              // as it was last logged
    std::uint64_t refused_visitors_ GUARDED_BY(mutex_) = 0;  // since the log last reported that it is back
};

}  // namespace ferrotunnel::backend
