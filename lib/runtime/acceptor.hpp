// Accepts connections from a listening socket and survives running out of descriptors.
#pragma once

#include <cstdint>
#include <functional>
#include <system_error>

#include "runtime/poller.hpp"
#include "runtime/socket.hpp"
#include "runtime/timer.hpp"

namespace ferrotunnel::runtime {

class Worker;

/// Accepts connections for its worker, and lives there. When no descriptor is left, a waiting connection would hang
/// until its own timeout: the acceptor then closes a reserve descriptor, accepts the connection, resets it at once (the
/// visitor sees a refusal, not silence), reopens the reserve and tries again a little later.
class Acceptor final : private PollTarget {
public:
    struct Handlers {
        /// Called with each connection. The handler may close or destroy the acceptor; if it throws bad_alloc, that
        /// connection is dropped.
        std::function<void(Fd, const SocketAddress& peer)> on_accept;
        /// Called, once a second at most, when accepting has failed for lack of descriptors or memory; the acceptor
        /// continues by itself. May be empty; must not destroy the acceptor.
        std::function<void(std::error_code)> on_accept_error;
    };

    /// Takes over a listening socket. Accepting begins with the next round.
    Acceptor(Worker& worker, Fd listener, Handlers handlers);
    ~Acceptor();

    /// Stops accepting: connections wait in the kernel until `resume`.
    void pause() noexcept;
    void resume() noexcept;
    /// Stops listening at once: later connects are refused, and connections that wait in the kernel are reset.
    void close() noexcept;

    bool is_open() const noexcept { return static_cast<bool>(listener_); }
    SocketAddress address() const noexcept { return local_address(listener_.get()); }

    struct Counters {
        std::uint64_t accepted = 0;
        std::uint64_t errors = 0;
        std::uint64_t shed = 0;  // accepted by means of the reserve, then reset
    };
    const Counters& counters() const noexcept { return counters_; }

private:
    static constexpr int per_round_max = 16;  // each is served at once, while other sockets wait
    static constexpr std::chrono::milliseconds retry_after{50};
    static constexpr std::chrono::seconds report_interval{1};

    void on_events(std::uint32_t events) noexcept override;
    void accept_some() noexcept;
    void ran_out(std::error_code why) noexcept;
    void open_reserve() noexcept;

    Worker& worker_;
    Fd listener_;
    Fd reserve_;
    Handlers handlers_;
    Timer retry_timer_;
    TimePoint reported_at_ = TimePoint::min();
    bool paused_ = false;
    bool* destroyed_ = nullptr;  // set by the destructor while a handler runs
    Counters counters_;
};

}  // namespace ferrotunnel::runtime
