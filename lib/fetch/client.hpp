// Requests to HTTP servers from any thread: a client with a thread of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/clock.hpp"
#include "base/permits.hpp"
#include "fetch/fetch.hpp"
#include "fetch/idle_connections.hpp"
#include "fetch/message.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::fetch {

/// A request by its URL.
struct UrlRequest {
    std::string url{};      // as read_configured_url() reads it
    Request request{};      // except for its destination and path
    std::string ca_file{};  // CAs that are trusted, PEM; empty: the system's
    Bounds bounds{};
};

/// TLS contexts for external servers, kept for a while since reading the system's CAs takes milliseconds: at most
/// contexts_max, each for context_time, after which a changed CA file takes effect. One thread at a time.
class TlsContexts {
public:
    explicit TlsContexts(transport::TlsPeerWords words = usual_words()) : words_(std::move(words)) {}

    /// For connections to `host`, whose certificate is verified against `ca_file` (PEM), or against the system's CAs if
    /// it is empty. Throws transport::TlsConfigError.
    std::shared_ptr<transport::TlsContext> get(const std::string& host, const std::string& ca_file, TimePoint now);
    std::size_t size() const noexcept { return entries_.size(); }

private:
    struct Entry {
        std::shared_ptr<transport::TlsContext> context;
        TimePoint until;
    };

    static transport::TlsPeerWords usual_words();

    const transport::TlsPeerWords words_;
    std::map<std::pair<std::string, std::string>, Entry> entries_;  // by host and CA file
};

/// At most requests_max at once.
class Client {
public:
    using Done = std::function<void(Response&)>;

    /// Starts the thread. Throws std::system_error.
    Client();
    /// As stop().
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Calls `done` once, on the client's thread. False if there are too many, or the client has stopped; `done` is
    /// destroyed. Thread-safe.
    bool fetch(UrlRequest wanted, Done done);
    /// Calls `call` once, on the client's thread, after this time. It counts as a request. Thread-safe.
    bool call_after(Duration time, std::function<void()> call);
    /// Ends all requests: their `done` is destroyed without being called. Must not be called on the client's
    /// thread.
    void stop() noexcept;

private:
    void begin(UrlRequest& wanted, Done done);

    runtime::Worker worker_;
    const Permits permits_{requests_max};
    // Used on the worker:
    IdleConnections idle_;
    TlsContexts contexts_;
    std::uint64_t last_ = 0;
    std::unordered_map<std::uint64_t, std::unique_ptr<Fetch>> running_;
    std::unordered_map<std::uint64_t, std::unique_ptr<runtime::Timer>> timers_;
};

}  // namespace ferrotunnel::fetch
