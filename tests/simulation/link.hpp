// One direction of the simulated network: a socket buffer, a bottleneck, a delay, and whatever goes wrong on the way.
//
//   write --> [socket buffer: capacity] --> bottleneck: bytes per second --> delay --> chopped into reads --> on_bytes
//
// Order is kept and nothing is altered: it stands for TCP. It may stall, swallow everything for good, or break.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "simulation/world.hpp"

namespace ferrotunnel::simulation {

/// How arrived bytes are cut into reads.
enum class Chop : std::uint8_t { as_arrived, anywhere, tiny };

struct LinkShape {
    Duration delay = Duration::zero();
    std::uint64_t bytes_per_second = 1'000'000'000;
    std::size_t capacity = 256 * 1024;
    Chop chop = Chop::as_arrived;
};

class Link {
public:
    Link(World& world, const LinkShape& shape) : world_(world), shape_(shape) {}
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    std::function<void(Bytes)> on_bytes;
    std::function<void()> on_room;  // the writer was refused room before, and there is some now
    std::function<void()> on_eof;
    std::function<void()> on_cut;  // `cut_after` was reached

    /// How much `write` takes now. A caller that gets 0 is promised an on_room.
    std::size_t room() noexcept;
    void write(Bytes bytes);
    /// The writer ends its side; the reader learns of it after the last byte.
    void close();
    /// Delivers nothing for `time`.
    void stall(Duration time);
    /// From now on nothing is delivered, and nobody is notified.
    void swallow() noexcept { swallowing_ = true; }
    /// Breaks the link after exactly `delivered` bytes.
    void cut_after(std::uint64_t delivered) { cut_after_ = delivered; }
    /// From now on nothing is taken or delivered; whoever calls this notifies both ends.
    void kill() noexcept { dead_ = true; }

    /// It says nothing any more, and its ends do not know that.
    bool is_silent() const noexcept { return dead_ || swallowing_; }
    std::uint64_t delivered() const noexcept { return delivered_; }
    /// True if nothing is under way that will still arrive.
    bool idle() const noexcept { return dead_ || swallowing_ || in_flight() == 0; }

private:
    std::uint64_t in_flight() const noexcept { return written_ - delivered_; }
    void arrive(std::size_t bytes);
    void plan_delivery(Duration delay);
    void deliver();
    std::size_t next_read();

    World& world_;
    LinkShape shape_;
    std::vector<std::uint8_t> buffer_;  // the bytes from delivered_ on
    std::size_t buffer_start_ = 0;
    std::uint64_t written_ = 0;
    std::uint64_t arrived_ = 0;
    std::uint64_t delivered_ = 0;
    TimePoint line_free_{};
    TimePoint stalled_until_{};
    std::optional<std::uint64_t> cut_after_;
    bool delivery_planned_ = false;
    bool writer_waits_ = false;
    bool closed_ = false;
    bool eof_delivered_ = false;
    bool swallowing_ = false;
    bool dead_ = false;
};

}  // namespace ferrotunnel::simulation
