// Sends requests to HTTP servers through the host, with limits for running and for waiting ones.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/fair_queue.hpp"
#include "ferrotunnel/plugin.hpp"
#include "ferrotunnel/plugin_fetch.hpp"

namespace ferrotunnel::plugins {

/// A GET, or a POST with a body, which may arrive twice. The environment (such as proxies) is ignored, and no redirect
/// is followed.
struct HttpRequest {
    std::string url;                      // http or https, optionally with "user:password@" before the host, or unix
    std::vector<plugin::Field> fields{};  // besides Host
    std::size_t body_max = 64 * 1024;
    std::string ca_file{};              // trusted certificates; empty: the system's
    std::optional<std::string> body{};  // sent with POST; its Content-Type is one of `fields`
};

/// The result of a request.
struct HttpResponse : plugin::FetchResponse {
    bool is_displaced = false;  // the request was not sent: a smaller share got its place
};

/// Why a URL is not valid, in words that follow a key; empty if it is.
std::string url_fault(std::string_view url);

/// Whether a URL without a fault names a Unix socket (unix:/run/app.sock).
bool is_unix_url(std::string_view url) noexcept;

/// Whether two field names are the same, in any case.
bool same_name(std::string_view a, std::string_view b);
/// Whether a field belongs to the connection, the body or the client of a request, so that no setting may name it.
bool is_reserved_field(std::string_view name);

/// Connections are reused. Every request has the same time limit, from ask() on, including the wait for a place.
/// Places and turns of waiting requests are shared (FairQueue).
class HttpClient {
public:
    using Done = std::function<void(const HttpResponse&)>;

    /// `running_max`: concurrent requests, each with a connection; `waiting_max`: requests beyond these that may wait;
    /// `timeout`: of each. The thread starts with the first request. Control thread.
    HttpClient(std::size_t running_max, std::size_t waiting_max, std::chrono::milliseconds timeout);
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;
    /// Ends all requests: their `done` is destroyed without being called. Never within `done`, which must not own the
    /// client.
    ~HttpClient();

    /// Calls `done` once, on the client's thread, or on the thread of another request that displaces this one. False if
    /// no place is left for this share, or the host does not accept it; nothing is kept. Thread-safe.
    bool ask(Share share, HttpRequest question, Done done);
    /// Like ask(), for a notice, which has no share: the caller limits notices, and they take turns with requests.
    /// False: the client ends.
    bool tell(HttpRequest notice, Done done);

private:
    struct PendingRequest;
    class Place;

    bool start(const std::shared_ptr<PendingRequest>& pending);
    bool begin_waiting(const std::shared_ptr<PendingRequest>& mine);
    void watch_waiting();
    void unwatch() noexcept;
    void end_expired();
    std::shared_ptr<PendingRequest> next();
    bool begin(const std::shared_ptr<PendingRequest>& pending);
    void release_slot(bool is_notice) noexcept;
    static void end(PendingRequest& pending, const HttpResponse& answer) noexcept;
    /// With the lock held.
    void make_fetcher();
    bool has_waiting() const noexcept { return !notices_.empty() || !waiting_.empty(); }
    std::shared_ptr<PendingRequest> take_next();
    std::chrono::steady_clock::time_point first_deadline() const;
    void take_expired(std::vector<std::shared_ptr<PendingRequest>>& into);

    const std::size_t running_max_;
    const std::size_t waiting_max_;
    const std::chrono::milliseconds timeout_;
    std::mutex mutex_;  // guards what follows
    FairQueue<std::shared_ptr<PendingRequest>> waiting_;
    std::deque<std::shared_ptr<PendingRequest>> notices_;
    std::size_t requests_ = 0;  // waiting or running, without notices
    std::size_t running_ = 0;   // including notices
    bool is_turn_of_notice_ = true;
    bool is_watched_ = false;  // the fetcher calls when the first waiting request is due
    bool stopping_ = false;
    std::unique_ptr<plugin::Fetcher> fetcher_;  // null until the first request
};

}  // namespace ferrotunnel::plugins
