// HTTP requests of a plugin to other servers, sent by the host: since minor version 5 of the interface. A plugin that
// needs them sets `fetches` in its Description, and is refused by older servers.
//
//    fetcher_.fetch({.url = "https://login.example.com/verify", .timeout = 500ms},
//                   [handle = std::move(handle)](FetchResponse& response) { ... });
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugin {

/// A request over HTTP/1.1. Redirects are not followed, and no proxy and no environment variables are used.
struct FetchRequest {
    std::string url{};  ///< http, https, or a Unix socket: unix:/run/app.sock, unix:/run/app.sock:/path?query
    std::string method = "GET";
    std::vector<Field> fields{};        ///< besides Host, User-Agent, Content-Length and Connection
    std::optional<std::string> body{};  ///< its Content-Type is one of `fields`
    bool may_repeat = false;  ///< safe to send twice: sent again, once, if a reused connection ended before the
                              ///< response. GET and other idempotent methods always are
    std::chrono::milliseconds timeout{2000};  ///< from fetch() to the end of the response; at most an hour
    std::size_t body_max = 64 * 1024;         ///< maximum size of the response's body; 0: the body is not read
    std::string ca_file{};                    ///< trusted CAs, PEM; empty: the system's
};

struct FetchResponse {
    std::uint16_t status = 0;     ///< 0 if no response head was received
    std::vector<Field> fields{};  ///< up to 64 KiB of text
    std::string body{};           ///< empty if it was too long
    bool is_too_long = false;
    std::string error{};  ///< why the response is incomplete; empty if it is complete, or only its body was too long
};

/// Why a URL cannot be fetched, worded to follow the URL; empty if it can be. Callable on any thread.
inline std::string url_fault(std::string_view url) {
    return detail::api.fetch != nullptr ? std::string(detail::view(detail::api.fetch->url_fault(detail::text(url))))
                                        : std::string("needs a newer server, one that sends requests for plugins");
}

/// Sends requests on a thread of its own, and reuses connections.
class Fetcher {
public:
    using Done = std::function<void(FetchResponse&)>;

    /// Throws std::runtime_error if the host does not support it.
    Fetcher() : handle_(detail::api.fetch != nullptr ? detail::api.fetch->make() : nullptr) {
        if (handle_ == nullptr) {
            throw std::runtime_error("the server cannot send requests for plugins");
        }
    }
    Fetcher(const Fetcher&) = delete;
    Fetcher& operator=(const Fetcher&) = delete;
    /// Like stop().
    ~Fetcher() { detail::api.fetch->destroy(handle_); }

    /// Sends a request. `done` is called once, on the fetcher's thread; it must not block for long, and its exceptions
    /// are dropped. False if there are more than 1,024 requests, or the fetcher has stopped; `done` is destroyed.
    /// Callable on any thread.
    bool fetch(const FetchRequest& request, Done done) {
        std::vector<ft_field> fields;
        fields.reserve(request.fields.size());
        for (const Field& field : request.fields) {
            fields.push_back({detail::text(field.name), detail::text(field.value)});
        }
        const auto timeout = std::chrono::duration_cast<std::chrono::nanoseconds>(request.timeout).count();
        const ft_fetch_request theirs{sizeof(ft_fetch_request),
                                      detail::text(request.url),
                                      detail::text(request.method),
                                      fields.data(),
                                      fields.size(),
                                      request.body ? detail::text(*request.body) : ft_text{nullptr, 0},
                                      request.body ? 1 : 0,
                                      request.may_repeat ? 1 : 0,
                                      detail::text(request.ca_file),
                                      timeout > 0 ? static_cast<std::uint64_t>(timeout) : 0,
                                      request.body_max};
        auto user = std::make_unique<Done>(std::move(done));
        return detail::api.fetch->fetch(handle_, &theirs, call, user.release(), release) != 0;
    }
    /// Calls `call` once, on the fetcher's thread, after this time, at most an hour; otherwise like `done` above.
    /// Callable on any thread.
    bool call_after(std::chrono::milliseconds time, std::function<void()> call) {
        using Call = std::function<void()>;
        const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
        auto user = std::make_unique<Call>(std::move(call));
        return detail::api.fetch->call_after(
                   handle_, ns > 0 ? static_cast<std::uint64_t>(ns) : 0,
                   [](void* kept) {
                       try {
                           (*static_cast<Call*>(kept))();
                       } catch (const std::exception&) {  // no memory
                       }
                   },
                   user.release(), [](void* kept) { delete static_cast<Call*>(kept); }) != 0;
    }
    /// Ends all requests: each `done` is destroyed without being called, here or with the fetcher. Returns when no
    /// `done` runs. Must not be called within `done`.
    void stop() { detail::api.fetch->stop(handle_); }

private:
    static void call(void* user, const ft_fetch_response* theirs) {
        try {
            const ft_fetch_response known = detail::known_part(*theirs);
            FetchResponse response;
            response.status = static_cast<std::uint16_t>(known.status);
            for (std::size_t i = 0; i < known.fields_count; ++i) {
                response.fields.push_back({std::string(detail::view(known.fields[i].name)),
                                           std::string(detail::view(known.fields[i].value))});
            }
            response.body = detail::view(known.body);
            response.is_too_long = known.is_too_long != 0;
            response.error = detail::view(known.error);
            (*static_cast<Done*>(user))(response);
        } catch (const std::exception&) {  // no memory: `done` is destroyed, and with it its pending decision
        }
    }
    static void release(void* user) { delete static_cast<Done*>(user); }

    ft_fetcher* const handle_;
};

}  // namespace ferrotunnel::plugin
