// The datagrams of a visit between two clients, inside the sealed bytes of its stream (docs/protocol.md, "Visits"):
//
//   length (2 bytes) | datagram | length | datagram ...        each begins a record of its own
//
//   handshaking --the key is proved--> open --idle, the stream has ended--> over
//        \__ another key, no answer, no such visits: reported, reset _____/
//
// Sealed data cannot be dropped any more, so a datagram is dropped earlier: if much is queued already, or the stream
// has no room. Datagrams that arrive before the key was proved wait, within their limits. An incoming datagram is read
// into its own place: an end holds one of them and OpenSSL's state.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/permits.hpp"
#include "runtime/timer.hpp"
#include "transport/sealed.hpp"
#include "trunk/datagram_flow.hpp"

namespace ferrotunnel::trunk {

class SealedDatagrams final : public DatagramFlow {
public:
    /// As SealedPump::Outcome.
    using Outcome = std::function<void(const std::string& why)>;

    /// Called on the endpoint's worker. `deadline`: of the handshake; `late` is called when it has passed, and must end
    /// the flow. `ticket` is kept until the handshake is over.
    SealedDatagrams(runtime::Worker& worker, IntrusivePtr<mux::Stream> stream,
                    std::shared_ptr<const transport::SealContext> seal, TimePoint deadline, Outcome outcome,
                    PermitPtr ticket, std::function<void()> late);

    Next is_open() override;
    Next take(buffer::Slice& into) override;
    void send(buffer::Slice payload, TimePoint now) override;
    void flush() noexcept override { stream_->flush(); }
    mux::Stream::Drops drops() const noexcept override { return {no_room_, 0}; }
    void end(wire::Code code) noexcept override;

private:
    Next shake_hands();
    Next failed(const std::string& why, wire::Code code);
    bool read_whole(buffer::Slice& into, bool& failed);
    bool has_room() const noexcept;
    void seal(Bytes payload);
    void send_sealed();
    void report_outcome(const std::string& why) noexcept;

    const IntrusivePtr<mux::Stream> stream_;
    const std::shared_ptr<const transport::SealContext> context_;
    transport::Sealed sealed_;
    PermitPtr ticket_;
    Outcome outcome_;
    std::function<void()> late_;
    std::optional<runtime::Timer> handshake_;
    std::vector<buffer::Slice> waiting_;  // for the handshake
    std::size_t waiting_bytes_ = 0;
    std::array<std::uint8_t, 2> length_{};  // of the incoming datagram
    std::size_t have_ = 0;                  // received bytes of length and datagram
    buffer::Slice incoming_;
    std::uint32_t no_room_ = 0;
    bool over_ = false;
    bool reset_ = false;  // the stream's final frame is queued after the data
    bool reported_ = false;
};

}  // namespace ferrotunnel::trunk
