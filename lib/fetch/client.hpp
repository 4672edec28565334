// Requests to HTTP servers from any thread: a client with a thread of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/permits.hpp"
#include "fetch/fetch.hpp"
#include "fetch/idle_connections.hpp"
#include "fetch/message.hpp"
#include "fetch/tls_contexts.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::fetch {

/// A request by its URL.
struct UrlRequest {
    std::string url{};
    Request request{};      // except for its destination and path
    std::string ca_file{};  // CAs that are trusted, PEM; empty: the system's
    Bounds bounds{};
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
    /// Ends all requests: their `done` is destroyed without being called. Not on the client's thread.
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
