// One Server::async_open, from the call to its completion: what may still end it, and how.
//
//    waiting --dialled--> handed to the stream, which completes it
//       \---- cancelled, timed out, no carrier ---------> completed here
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <system_error>

#include "api/stream_core.hpp"
#include "base/mutex.hpp"
#include "ferrotunnel/server.hpp"

namespace ferrotunnel::detail {

/// The state of one call of async_open(). Thread-safe. Whatever happens to the worker it was posted to, the operation
/// is completed: at the latest by the destructor.
class OpenAttempt : public std::enable_shared_from_this<OpenAttempt> {
public:
    explicit OpenAttempt(OpenOperation* operation) noexcept : operation_(operation) {}
    OpenAttempt(const OpenAttempt&) = delete;
    OpenAttempt& operator=(const OpenAttempt&) = delete;
    ~OpenAttempt() { fail(errc::session_closed); }

    /// Sets a time limit; called before the attempt is sent anywhere.
    void set_timeout(asio::io_context& io, std::chrono::milliseconds timeout);

    void fail(std::error_code error) noexcept;
    bool is_waiting() const noexcept;
    /// `core` has its stream, which is ended if this attempt was ended meanwhile.
    void dialled(IntrusivePtr<StreamCore> core) noexcept;
    void cancel(bool timed_out) noexcept;

private:
    OpenOperation* take() noexcept;

    mutable Mutex mutex_;
    OpenOperation* operation_ GUARDED_BY(mutex_);
    IntrusivePtr<StreamCore> core_ GUARDED_BY(mutex_);  // the core that has taken over the operation
    std::optional<asio::steady_timer> timer_;
};

}  // namespace ferrotunnel::detail
