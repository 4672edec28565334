// The pump of a backend with TLS: before bytes move, its pipe shakes hands.
//
//   dialing --connected--> handshaking --TLS is up: the stream is accepted--> open
//                               \__ failed, or too late: refused, and why __--> closed
//
// A direction ends with close_notify, and an end without one is a reset: a truncated transfer never looks complete.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "runtime/timer.hpp"
#include "transport/pipe.hpp"
#include "trunk/pump.hpp"

namespace ferrotunnel::trunk {

class PipePump final : public Pump {
public:
    PipePump(runtime::Worker& worker, IntrusivePtr<TrafficCounter> traffic) : Pump(worker, std::move(traffic)) {}
    ~PipePump() override { close(true); }

    /// Takes the pipe over a connected socket and does the handshake, until `deadline`. Then the stream is accepted, or
    /// it is refused and `outcome` receives the reason. `outcome` also receives the reason if the backend fails before
    /// it has sent anything, such as one that requires a client certificate; and an empty text once the backend has
    /// sent something.
    void set_pipe(std::unique_ptr<transport::Pipe> pipe, TimePoint deadline,
                  std::function<void(const std::string& why)> outcome);

private:
    int fd() const noexcept override { return pipe_ ? pipe_->fd() : -1; }
    bool is_ready() override { return !handshake_ || shake_hands(); }
    void send() override;
    bool read_once() override;
    bool has_pending() const noexcept override { return reset_next_ || pipe_->has_pending(); }
    void close_end(bool reset) noexcept override;
    void drop_timers() noexcept override { handshake_.reset(); }
    bool shake_hands();
    void handshake_failed(wire::Code code, const std::string& why);
    bool write_once();
    bool end_or_park();
    bool after_write(transport::IoStatus status);
    void reset_in_order();

    std::unique_ptr<transport::Pipe> pipe_;
    std::function<void(const std::string&)> outcome_;
    std::unique_ptr<runtime::Timer> handshake_;  // its deadline; null once it is over
    bool bulk_ = false;                          // the last read filled a frame
    bool heard_ = false;                         // the backend has sent something
    bool reset_next_ = false;                    // a reset follows the pipe's pending output
};

}  // namespace ferrotunnel::trunk
