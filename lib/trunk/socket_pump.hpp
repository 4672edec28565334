// The pump of a visitor's socket, or of a backend's without TLS: bytes are read from it into slabs and written to it
// from slabs. Only small reads are copied (frame_windows.hpp). If the visitor's service has rates, it waits for its
// turn before it reads and before it writes (docs/architecture/shaping.md).
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "runtime/socket.hpp"
#include "shaping/shapes.hpp"
#include "trunk/pump.hpp"

namespace ferrotunnel::trunk {

/// Sets the options of every visitor's and backend's socket: no Nagle delay, a limit on unsent bytes in the kernel
/// (limits::socket_unsent_max), and probes that find a peer which has vanished. Accepted sockets inherit the options
/// from their listener, without a cost for each. A peer on this machine (`local`) answers the first probe, or its
/// kernel does.
void set_pumped_socket_options(int fd, bool local = false) noexcept;

class SocketPump final : public Pump {
public:
    SocketPump(runtime::Worker& worker, IntrusivePtr<TrafficCounter> traffic);
    ~SocketPump() override;

    /// Sets the rates for a visitor of a service, before set_socket. Without them there are none.
    void set_shape(std::shared_ptr<shaping::ServiceShape> shape) noexcept { shape_ = std::move(shape); }
    /// Takes the connected socket, which has set_pumped_socket_options, and starts. On failure the stream is aborted.
    void set_socket(runtime::Fd socket);

private:
    int fd() const noexcept override { return socket_.get(); }
    void send() override;
    bool read_once() override;
    void close_end(bool reset) noexcept override;
    bool write_once();
    bool end_or_park();

    bool is_shaped() const noexcept { return shape_ && shape_->is_on(); }
    std::size_t acquire_bytes(shaping::Direction direction);
    void count_passed(shaping::Direction direction, std::size_t bytes) noexcept;

    bool bulk_ = false;            // the last read filled a frame
    bool output_watched_ = false;  // set late: most sockets always have room, and are not watched for it
    runtime::Fd socket_;
    std::shared_ptr<shaping::ServiceShape> shape_;
};

}  // namespace ferrotunnel::trunk
