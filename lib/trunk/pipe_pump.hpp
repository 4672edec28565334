// Moves bytes between one pipe and one stream in both directions, on one worker: the counterpart of SocketPump for a
// backend that speaks TLS.
//
//   dialing --connected--> handshaking --TLS is up: the stream is accepted--> open --both directions ended--> closed
//      |                        |  \__ failed: refused, and why ____            |  \--reset in order--> resetting --> /
//      \________________________\__ verdict, cancel, deadline ______\___________\__________________________________/
//
// A direction ends with close_notify, and an end without one is a reset: a truncated transfer never looks complete.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/intrusive_ptr.hpp"
#include "buffer/waker.hpp"
#include "mux/stream.hpp"
#include "runtime/poller.hpp"
#include "runtime/shutdown_hook.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"
#include "transport/pipe.hpp"
#include "trunk/last_bytes.hpp"
#include "trunk/socket_pump.hpp"

namespace ferrotunnel::trunk {

class PipePump final : public buffer::Waker, private runtime::PollTarget, private runtime::ShutdownHook {
public:
    PipePump(runtime::Worker& worker, std::shared_ptr<Traffic> traffic);
    ~PipePump() override;

    /// Sets the stream (attached to this pump). It comes first; the pipe follows when it is connected.
    void set_stream(IntrusivePtr<mux::Stream> stream);
    /// Sets the function to call if the stream ends before there is a pipe: whoever dials should stop.
    void on_cancel(std::function<void()> cancel) { cancel_ = std::move(cancel); }
    /// Takes the pipe over a connected socket and does the handshake, until `deadline`. Then the stream is accepted, or
    /// it is refused and `outcome` is told why. `outcome` also gets the reason if the backend fails before it has sent
    /// anything, as one does that wants a client's certificate; and an empty text once the backend has sent something.
    void set_pipe(std::unique_ptr<transport::Pipe> pipe, TimePoint deadline,
                  std::function<void(const std::string& why)> outcome);
    /// Says that there will be no pipe: the stream ends with this code.
    void refuse(wire::Code code);

    /// Any thread; acts at once on the worker's thread.
    void wake() noexcept override;

private:
    void on_events(std::uint32_t events) noexcept override;
    void on_worker_end() noexcept override;
    void run() noexcept;
    void step();
    bool ended_from_outside();
    bool shake_hands();
    void handshake_failed(wire::Code code, const std::string& why);
    void receive();
    bool may_send();
    void stop_reading() noexcept;
    bool read_once();
    void send();
    bool write_once();
    bool end_or_park();
    bool after_write(transport::IoStatus status);
    void pipe_failed();
    void reset_in_order();
    void watch_end();
    void watch_last_bytes(LastBytes::Until until);
    bool is_resetting() const noexcept { return last_bytes_ && last_bytes_->until() == LastBytes::Until::acknowledged; }
    void close(bool reset) noexcept;

    runtime::Worker& worker_;
    std::shared_ptr<Traffic> traffic_;
    IntrusivePtr<mux::Stream> stream_;
    std::unique_ptr<transport::Pipe> pipe_;
    std::function<void()> cancel_;
    std::function<void(const std::string&)> outcome_;
    std::unique_ptr<runtime::Timer> handshake_;  // its deadline; null once it is over
    std::unique_ptr<LastBytes> last_bytes_;      // once only the pipe is left
    IntrusivePtr<PipePump> self_;                // while there is a pipe
    bool readable_ = false;
    bool writable_ = false;
    bool reading_ = true;      // the pipe may still give bytes
    bool writing_ = true;      // the stream may still give bytes, and the pipe takes them
    bool bulk_ = false;        // the last read filled a frame
    bool hung_up_ = false;     // something waits behind the bytes of a short read
    bool peer_gone_ = false;   // nobody is at the other end of the socket
    bool broken_ = false;      // the pipe takes nothing more; what it still holds is read first
    bool heard_ = false;       // something has come from the backend
    bool error_seen_ = false;  // reported by the poller
    bool reset_next_ = false;  // a reset follows what the pipe still has to send
    bool running_ = false;
    bool again_ = false;
    bool closed_ = false;
};

}  // namespace ferrotunnel::trunk
