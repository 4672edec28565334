// A stream of the tunnel with an HTTP/2 backend: data between the stream and the backend's pipe passes through
// h2/client_connection.hpp, which converts HTTP/1.1 of one side to frames of the other.
//
//   dialing --connected--> shaking_hands --TLS--> greeting --the backend's SETTINGS: the stream is accepted--> speaking
//      |                        |                   |   |                                                        |
//      |                        |                   |   '--visitor gone--> leaving <--over, failed, visitor gone-'
//      |                        |                   |                         |
//      |                        |                   |                     all is sent
//      |                        |                   |                         v
//      |                        |                   |                     farewell --the backend's end, 1 s--> closed
//      '--refused, too late-----'--no TLS-----------'--no HTTP/2, too late--------------------------------------^
//
// States only advance. The worker's end closes it in any of them.
//
// If the visitor leaves, the backend receives RST_STREAM at once. While leaving, the connection reads and discards the
// backend's data, for a limited time, so that no reset of the socket overtakes the last frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/intrusive_ptr.hpp"
#include "base/tap.hpp"
#include "buffer/waker.hpp"
#include "h2/client_connection.hpp"
#include "mux/stream.hpp"
#include "runtime/poller.hpp"
#include "runtime/shutdown_hook.hpp"
#include "runtime/socket_state.hpp"
#include "runtime/step_loop.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"
#include "transport/pipe.hpp"
#include "trunk/traffic.hpp"

namespace ferrotunnel::backend {

/// The endpoint half of one stream, on the worker of its trunk. It keeps itself alive while it has a pipe.
class Http2Stream final : public buffer::Waker, private runtime::PollTarget, private runtime::ShutdownHook {
public:
    struct Events {
        /// The backend speaks HTTP/2 (an empty text), or why it does not.
        std::function<void(const std::string& why)> outcome;
        /// An exchange has failed, and why.
        std::function<void(const std::string& why)> failed;
    };

    Http2Stream(runtime::Worker& worker, IntrusivePtr<trunk::TrafficCounter> traffic, Events events);
    ~Http2Stream() override;

    // As in a pump, for the code that dials.
    void set_stream(IntrusivePtr<mux::Stream> stream) { stream_ = std::move(stream); }
    void on_cancel(std::function<void()> cancel) { cancel_ = std::move(cancel); }
    /// Observes the tunnel's side, in HTTP/1.1.
    void set_tap(std::unique_ptr<Tap> tap) noexcept { tap_ = std::move(tap); }
    void refuse(wire::Code code, std::string_view why);

    /// Takes the pipe over a connected socket. TLS, if used, and the backend's first frame have to be there by
    /// `deadline`. `scheme` is the scheme of the requests.
    void set_pipe(std::unique_ptr<transport::Pipe> pipe, std::string_view scheme, TimePoint deadline);

    /// Thread-safe; acts at once on the worker's thread.
    void wake() noexcept override;

private:
    enum class State : std::uint8_t { dialing, shaking_hands, greeting, speaking, leaving, farewell, closed };

    void enter(State next) noexcept;
    bool is_speaking() const noexcept { return state_ == State::greeting || state_ == State::speaking; }
    void on_events(std::uint32_t events) noexcept override;
    void on_worker_end() noexcept override;
    void on_timer();
    void run() noexcept;
    void step();
    void step_dialing();
    bool shake_hands();
    void transfer();
    bool has_ended();
    bool read_backend();
    bool read_tunnel();
    bool write_tunnel();
    bool write_backend();
    void count_delivered(std::size_t bytes) noexcept;
    void handle_tunnel_end();
    void end_gracefully();
    void end_failed(const h2::ClientConnection::Failure& failure);
    void fail_handshake(wire::Code code, const std::string& why);
    void tap_not_reached(std::string_view why) noexcept;
    void leave(wire::Code why = wire::Code::none);
    void step_leaving();
    void release_stream() noexcept;
    void close() noexcept;

    runtime::Worker& worker_;
    const IntrusivePtr<trunk::TrafficCounter> traffic_;
    const Events events_;
    std::function<void()> cancel_;
    IntrusivePtr<mux::Stream> stream_;  // null once the tunnel's part is over
    std::unique_ptr<Tap> tap_;          // null: not observed; and once the tunnel's part is over
    std::unique_ptr<transport::Pipe> pipe_;
    std::optional<h2::ClientConnection> connection_;
    std::optional<runtime::Timer> timer_;
    State state_ = State::dialing;
    std::size_t uncounted_ = 0;  // bytes of a request that the backend may not have processed
    runtime::SocketState socket_;
    bool bulk_ = false;  // the last piece for the tunnel filled a frame
    runtime::StepLoop steps_;
    IntrusivePtr<Http2Stream> self_;  // while there is a pipe
};

}  // namespace ferrotunnel::backend
