// What is behind a service of a client: where it is, and how to speak to it.
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

/// A backend's place, as the `local` of a service gives it.
struct BackendPlace {
    net::HostPort at;         // for TCP
    std::string unix_path{};  // for a unix socket; empty: there is none
    bool tls = false;
    std::string folder{};  // of files, with its whole path; empty: there is none
    bool is_exit = false;  // the client itself, which connects visitors to where they want to go
    bool http2 = false;    // requests are passed on in HTTP/2

    friend bool operator==(const BackendPlace&, const BackendPlace&) = default;
};

/// What `local` begins with for a folder: "files:./dist".
inline constexpr std::string_view folder_prefix = "files:";
/// What `local` is for an exit.
inline constexpr std::string_view exit_word = "exit";

/// Reads "127.0.0.1:22", ":22" and "22" (`localhost`), "unix:/run/app.sock"; for HTTP services also "https://host",
/// "https://host:port", "h2c://host:port" (HTTP/2), "h2://host:port" (HTTP/2 over TLS) and "files:FOLDER", where a
/// relative path is completed by the working directory; for TCP services "tls://host:port" and "exit". The words of an
/// error are to follow the text.
Result<BackendPlace, std::string> parse_backend_place(std::string_view text, wire::ServiceKind kind);
/// The reverse of parse_backend_place, in full.
std::string to_text(const BackendPlace& place, wire::ServiceKind kind);

struct Backend {
    std::string text;  // for logs
    BackendPlace place;
    std::shared_ptr<transport::TlsContext> tls;  // null: no TLS
    bool proxy_each = false;                     // of datagrams: it is in front of each, and not of the first alone
    std::optional<net::ProxyVersion> proxy;      // the header that is sent before the first byte
    std::shared_ptr<Folder> folder;              // whose files are the answers; null: visitors are connected to `place`
    std::shared_ptr<Exit> exit{};                // through which visitors go where they want; null alike
};

/// Whether the backend of a service answers, as its visitors find out: logged once for each cause when it does not, and
/// once when it is back, with the number of visitors. A line for each visitor would fill a disk for as long as a
/// backend is down; so would texts that always differ, hence limits::backend_causes_max. There is one of these per
/// service. Any thread.
class BackendState {
public:
    /// The names that the log lines give.
    struct Names {
        const std::string& service;
        const std::string& backend;
    };

    /// Counts a visitor that was refused because the backend could not be reached.
    void failed(const Names& names, const std::string& why, TimePoint now, Logger& log);
    /// Notes that a visitor was connected to the backend. Costs one atomic load if nothing has changed.
    void answered(const Names& names, TimePoint now, Logger& log) {
        if (down_.load(std::memory_order_relaxed)) {
            is_back(names, now, log);
        }
    }

private:
    struct Cause {
        std::string why;
        TimePoint told_at;
        bool told;  // since the backend last answered
    };

    void is_back(const Names& names, TimePoint now, Logger& log);
    bool is_news(const std::string& why, TimePoint now) REQUIRES(mutex_);

    std::atomic<bool> down_{false};  // and that was logged
    Mutex mutex_;
    std::vector<Cause> causes_ GUARDED_BY(mutex_);
    TimePoint down_since_ GUARDED_BY(mutex_){};        // as it was last logged
    std::uint64_t not_served_ GUARDED_BY(mutex_) = 0;  // visitors refused since the log last said that it is back
};

}  // namespace ferrotunnel::backend
