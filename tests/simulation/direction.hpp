// The oracle of one direction of one stream: what its sender did, what its receiver saw, and whether that is allowed.
//
//   sender:    bytes ... then finish or reset
//   receiver:  the same bytes ... then FIN or the reset, then nothing
//
// The payload is a function of the direction and the offset, so a byte that is lost, doubled, moved or changed shows.
#pragma once

#include <cstdint>
#include <optional>

#include "simulation/payload.hpp"
#include "simulation/world.hpp"
#include "wire/code.hpp"

namespace ferrotunnel::simulation {

class Direction {
public:
    Direction(World& world, std::uint32_t stream, std::uint32_t role)
        : world_(world),
          payload_((std::uint64_t{stream} << 1 | role) * 0x2545'f491'4f6c'dd1d),
          stream_(stream),
          role_(role) {}

    // --- the sender -------------------------------------------------------------------------------------------------

    /// Writes the next bytes into `out` and counts them as sent.
    void send(MutableBytes out);
    void finish();
    void reset(wire::Code code);
    /// Writes the next datagram, of at least four bytes, into `out`.
    void send_datagram(MutableBytes out);

    // --- the receiver -----------------------------------------------------------------------------------------------

    void receive(Bytes bytes);
    void receive_fin();
    void receive_reset(wire::Code code);
    void receive_datagram(Bytes bytes);
    /// The receiver no longer wants to know how this direction ends.
    void give_up() noexcept { gave_up_ = true; }

    std::uint64_t sent() const noexcept { return sent_; }
    std::uint64_t received() const noexcept { return received_; }
    bool finished() const noexcept { return finished_; }
    const std::optional<wire::Code>& reset_code() const noexcept { return reset_; }
    bool fin_received() const noexcept { return fin_received_; }
    /// The receiver knows how this direction ended, or no longer wants to know.
    bool settled() const noexcept { return fin_received_ || reset_received_ || gave_up_; }

private:
    void check_not_over(const char* what);
    std::uint64_t datagram_offset(std::uint32_t number) const noexcept { return std::uint64_t{number} << 17; }

    World& world_;
    Payload payload_;
    std::uint32_t stream_;
    std::uint32_t role_;
    std::uint64_t sent_ = 0;
    std::uint64_t received_ = 0;
    std::uint32_t datagrams_sent_ = 0;
    std::uint32_t datagram_next_ = 0;
    bool finished_ = false;
    std::optional<wire::Code> reset_;
    bool fin_received_ = false;
    bool reset_received_ = false;
    bool gave_up_ = false;
};

}  // namespace ferrotunnel::simulation
