// The pump of a visit between two clients: the stream's data is sealed (transport/sealed.hpp), and the socket is
// plain.
//
//   handshaking --the key is proved--> open, or, if the socket follows, dialing --connected--> open
//        \__ another key, no answer, the stream has ended: reported, reset --> closed
//
// A direction ends only by the peer's sealed end: a stream that ends without it was cut by something in between, and
// the socket is reset. A reset is passed on in order, after the data, as by other pumps.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/permits.hpp"
#include "runtime/socket.hpp"
#include "runtime/timer.hpp"
#include "transport/sealed.hpp"
#include "trunk/pump.hpp"

namespace ferrotunnel::trunk {

class SealedPump final : public Pump {
public:
    /// Called once with an empty text when the key was proved; and before or after that with the reason if the visit
    /// has failed. A part of a sentence.
    using Outcome = std::function<void(const std::string& why)>;

    /// `deadline`: of the handshake. `ticket` is kept until the handshake is over.
    SealedPump(runtime::Worker& worker, IntrusivePtr<TrafficCounter> traffic,
               std::shared_ptr<const transport::SealContext> seal, TimePoint deadline, Outcome outcome,
               PermitPtr ticket);
    ~SealedPump() override;

    /// Takes the socket, before the handshake or when the key was proved, and starts.
    void set_socket(runtime::Fd socket);

private:
    int fd() const noexcept override { return socket_.get(); }
    void before_end() override { (void)shake_hands(); }
    bool is_ready() override { return shake_hands(); }
    void send() override;
    bool read_once() override;
    bool has_pending() const noexcept override { return !left_.empty(); }
    void close_end(bool reset) noexcept override;
    void drop_timers() noexcept override { handshake_.reset(); }

    bool shake_hands();
    void handshake_failed(const std::string& why);
    void send_sealed();
    bool write_once();
    bool write_plain(Bytes plain);
    bool unseal_front();
    void cut();
    void report_end() noexcept;

    const std::shared_ptr<const transport::SealContext> seal_;
    transport::Sealed sealed_;
    PermitPtr ticket_;
    Outcome outcome_;
    std::unique_ptr<runtime::Timer> handshake_;  // its deadline; null once it is over
    runtime::Fd socket_;
    std::vector<std::uint8_t> left_;  // unsealed, and not accepted by the socket yet; at most one record
    bool ended_ = false;              // the peer's sealed end was passed on
    bool heard_ = false;              // data has arrived after the handshake
    bool reported_ = false;           // the failure was reported
};

}  // namespace ferrotunnel::trunk
