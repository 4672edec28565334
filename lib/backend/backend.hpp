// What is behind a service of a client: where it is, and how it is spoken to.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "net/proxy_protocol.hpp"
#include "runtime/address.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::transport {
class TlsContext;
}

namespace ferrotunnel::backend {

/// As the `local` of a service says it.
struct BackendPlace {
    net::HostPort at;       // of TCP
    std::string unix_path;  // of a unix socket; empty: TCP
    bool tls = false;

    friend bool operator==(const BackendPlace&, const BackendPlace&) = default;
};

/// "127.0.0.1:22", ":22" and "22" (this machine), "unix:/run/app.sock"; of HTTP services "https://host" and
/// "https://host:port", of TCP services "tls://host:port". The words of an error follow the text.
Result<BackendPlace, std::string> parse_backend_place(std::string_view text, wire::ServiceKind kind);
/// The reverse, in full.
std::string to_text(const BackendPlace& place, wire::ServiceKind kind);

struct Backend {
    std::string text;  // for logs
    BackendPlace place;
    std::shared_ptr<transport::TlsContext> tls;  // null: plain
    std::optional<net::ProxyVersion> proxy;      // the header that goes before the first byte
};

/// Whether the backend of a service answers, as its visitors find out: told once when it does not, and once when it is
/// back. A line for each visitor would fill a disk for as long as a backend is down. One of these a
/// service. Any thread.
class BackendState {
public:
    /// What the lines say of it.
    struct Names {
        const std::string& service;
        const std::string& backend;
    };

    /// A visitor was refused, since it could not be reached.
    void failed(const Names& names, const std::string& why, TimePoint now, Logger& log);
    /// A visitor was connected to it. A load, where nothing has changed.
    void answered(const Names& names, TimePoint now, Logger& log) {
        if (down_.load(std::memory_order_relaxed)) {
            is_back(names, now, log);
        }
    }

private:
    void is_back(const Names& names, TimePoint now, Logger& log);

    std::atomic<bool> down_{false};  // and that was told
    std::mutex mutex_;
    bool ever_down_ = false;
    TimePoint down_since_{};        // as it was told last
    std::uint64_t not_served_ = 0;  // visitors, since it was told
};

}  // namespace ferrotunnel::backend
