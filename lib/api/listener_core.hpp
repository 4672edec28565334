// The state of a Listener: visitors that wait for an accept, or accepts that wait for a visitor. Never both.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <system_error>

#include "api/service_state.hpp"
#include "api/stream_core.hpp"
#include "base/mutex.hpp"
#include "ferrotunnel/listener.hpp"

namespace ferrotunnel::detail {

/// An operation that waits for a visitor: one of the two.
struct AcceptWaiter {
    AcceptOperation* accept = nullptr;
    IncomingOperation* incoming = nullptr;

    std::uint64_t serial() const noexcept { return accept != nullptr ? accept->serial : incoming->serial; }
    void fail(std::error_code error) const noexcept;
};

/// Thread-safe. A lock is sufficient: it is held for a few instructions per visitor, never per byte.
class ListenerCore {
public:
    static constexpr std::size_t backlog_max = 128;

    explicit ListenerCore(std::shared_ptr<ServiceState> service) : service_(std::move(service)) {}
    ~ListenerCore();
    ListenerCore(const ListenerCore&) = delete;
    ListenerCore& operator=(const ListenerCore&) = delete;

    /// Accepts a new visitor (session's worker, in on_open), or rejects it if the listener is closed or full.
    void deliver(IntrusivePtr<StreamCore> visitor);
    /// Ends the listener, since the client has ended. Pending and later accepts fail with `error`.
    void fail(std::error_code error);
    /// Accepts fail with `error` until the server registers the service after all.
    void set_refused(std::error_code error);
    void set_registered();

    // --- for Listener ---

    void start_accept(AcceptWaiter waiter) noexcept;
    void cancel_accept(std::uint64_t serial) noexcept;
    std::uint64_t new_serial() noexcept { return ++last_serial_; }
    void close() noexcept;
    bool is_open() const noexcept;
    const ServiceState& service() const noexcept { return *service_; }
    const std::shared_ptr<ServiceState>& service_state() const noexcept { return service_; }

private:
    enum class End : std::uint8_t { with_client, refused, closed };

    void end(End how, std::error_code for_waiting, std::error_code for_later) noexcept;

    const std::shared_ptr<ServiceState> service_;
    std::atomic<std::uint64_t> last_serial_{0};
    mutable Mutex mutex_;
    std::error_code ended_ GUARDED_BY(mutex_);  // error of later accepts
    bool is_closed_ GUARDED_BY(mutex_) = false;
    bool refused_ GUARDED_BY(mutex_) = false;  // `ended_` is a refusal, which may pass
    std::deque<IntrusivePtr<StreamCore>> visitors_ GUARDED_BY(mutex_);
    std::deque<AcceptWaiter> accepts_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::detail
