// One direction of an emulated link, without devices and clock: a queue that drops its tail, a line that sends one
// packet after the other at its rate, a loss that takes single packets from the line, and the time they travel.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <span>
#include <vector>

#include "packet_train.hpp"

namespace e2e {

using LinkClock = std::chrono::steady_clock;

struct LinkSettings {
    double bytes_per_second = 125e6;
    std::chrono::nanoseconds delay{0};  // one way
    double loss = 0;                    // 0 to 1, of every packet independently
    std::size_t queue_bytes = 0;        // waiting to be sent
    std::uint64_t seed = 1;
};

class LinkDirection {
public:
    struct Counts {
        std::uint64_t packets = 0;  // offered
        std::uint64_t bytes = 0;    // carried, IP headers included
        std::uint64_t lost = 0;
        std::uint64_t overflowed = 0;
        double queued_max = 0;
    };

    explicit LinkDirection(const LinkSettings& settings) : settings_(settings), random_(settings.seed) {}

    /// Takes bytes as they were read from the device at one end.
    void offer(std::span<const std::uint8_t> bytes, LinkClock::time_point now);

    /// When the next packet arrives; time_point::max() when nothing is under way.
    LinkClock::time_point next() const;
    /// The packet that arrives next.
    const std::vector<std::uint8_t>& front() const { return under_way_.front().bytes; }
    void pop() { under_way_.pop_front(); }

    const Counts& counts() const { return counts_; }

private:
    struct Packet {
        LinkClock::time_point arrives;
        std::vector<std::uint8_t> bytes;
    };

    bool carry(std::size_t bytes, LinkClock::time_point now);

    LinkSettings settings_;
    std::mt19937_64 random_;
    LinkClock::time_point free_at_{};  // when everything queued is sent
    std::deque<Packet> under_way_;
    Counts counts_;
};

}  // namespace e2e
