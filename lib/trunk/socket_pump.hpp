// Moves bytes between one socket and one stream in both directions, on one worker.
//
//        socket --readable--> slabs --> stream.send        until EOF (stream.finish) or reset (stream.reset)
//        socket <--writable-- gathered <-- stream.front    until FIN (shutdown) or RESET (the socket is reset)
//
//   dialing --connected--> open --both directions ended (or one, for HTTP)-----> closed
//      |                     |  \--reset in order--> resetting --acknowledged--> /
//      \_____________________\______ verdict, cancel ___________________________/
//
// A socket's reset arrives behind the bytes that came before it. In the other direction a stream's reset becomes the
// socket's only after the socket's peer has acknowledged everything written before (`resetting`, bounded in time).
//
// An open pump keeps itself alive: its stream may be gone from the session while a slow socket still takes the last
// bytes. An idle pump holds no slab and no timer.
#pragma once

#include <functional>
#include <memory>

#include "base/intrusive_ptr.hpp"
#include "buffer/waker.hpp"
#include "mux/stream.hpp"
#include "runtime/poller.hpp"
#include "runtime/shutdown_hook.hpp"
#include "runtime/socket.hpp"
#include "runtime/worker.hpp"
#include "trunk/last_bytes.hpp"
#include "trunk/traffic.hpp"

namespace ferrotunnel::trunk {

/// Sets the options of every visitor's and backend's socket: no Nagle delay, a bound on what the kernel holds unsent
/// (limits::socket_unsent_max), and probes that find a peer which has vanished. Accepted sockets inherit the options
/// from their listener, at no cost for each. A peer on this machine (`local`) answers the first probe, or its kernel
/// does.
void set_pumped_socket_options(int fd, bool local = false) noexcept;

class SocketPump final : public buffer::Waker, private runtime::PollTarget, private runtime::ShutdownHook {
public:
    SocketPump(runtime::Worker& worker, std::shared_ptr<Traffic> traffic);
    ~SocketPump() override;

    /// Sets the stream (attached to this pump). It comes first; the socket follows, at once or when it is connected.
    void set_stream(IntrusivePtr<mux::Stream> stream);
    /// Sets the function to call if the stream ends before there is a socket: whoever dials should stop.
    void on_cancel(std::function<void()> cancel) { cancel_ = std::move(cancel); }
    /// Takes the connected socket, which has set_pumped_socket_options, and begins. On failure the stream is aborted.
    void set_socket(runtime::Fd socket);
    /// Says that there will be no socket: the stream ends with this code.
    void refuse(wire::Code code);

    /// Any thread; acts at once on the worker's thread.
    void wake() noexcept override;

private:
    void on_events(std::uint32_t events) noexcept override;
    void on_worker_end() noexcept override;
    void run() noexcept;
    void step();
    bool ended_from_outside();
    void receive_from_socket();
    bool may_send();
    void stop_reading() noexcept;
    bool read_once();
    void end_of_backend();
    void send_to_socket();
    bool write_once();
    void socket_failed();
    void reset_in_order();
    void watch_end();
    void watch_last_bytes(LastBytes::Until until);
    bool is_resetting() const noexcept { return last_bytes_ && last_bytes_->until() == LastBytes::Until::acknowledged; }
    void close(bool reset) noexcept;

    runtime::Worker& worker_;
    std::shared_ptr<Traffic> traffic_;
    IntrusivePtr<mux::Stream> stream_;
    runtime::Fd socket_;
    std::function<void()> cancel_;
    IntrusivePtr<SocketPump> self_;          // while there is a socket
    std::unique_ptr<LastBytes> last_bytes_;  // once only the socket is left
    bool readable_ = false;
    bool writable_ = false;
    bool reading_ = true;          // the socket may still give bytes
    bool writing_ = true;          // the stream may still give bytes, and the socket takes them
    bool bulk_ = false;            // the last read filled a frame
    bool hung_up_ = false;         // something waits behind the bytes of a short read
    bool peer_gone_ = false;       // nobody is at the other end of the socket
    bool broken_ = false;          // the socket has failed; what it still holds is read first
    bool output_watched_ = false;  // set late: most sockets always have room, and are not watched for it
    bool running_ = false;
    bool again_ = false;
    bool closed_ = false;
};

}  // namespace ferrotunnel::trunk
