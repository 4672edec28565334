// Readiness of a polled socket: the events that the poller has reported, minus those that reads and writes have used
// up.
//
//     not readable --event--> readable --a read finds nothing more--> not readable          (writable alike)
//
// Events are edge-triggered, so none may be forgotten. A hang-up or an error is reported once and lasts.
#pragma once

#include <cstdint>

#include "runtime/poller.hpp"

namespace ferrotunnel::runtime {

class Readiness {
public:
    /// Neither readable nor writable, until an event arrives.
    Readiness() = default;
    /// A read and a write are worth trying without an event.
    static Readiness both() noexcept {
        Readiness readiness;
        readiness.bits_ = is_readable_bit | is_writable_bit;
        return readiness;
    }

    void add(std::uint32_t events) noexcept {
        const std::uint32_t readable = (events & readable_events) != 0 ? is_readable_bit : 0;
        const std::uint32_t writable = (events & writable_events) != 0 ? is_writable_bit : 0;
        bits_ = static_cast<std::uint16_t>(bits_ | (events & lasting_events) | readable | writable);
    }
    /// Sets whether another read, or write, is worth trying now.
    void set_readable(bool readable) noexcept { set(is_readable_bit, readable); }
    void set_writable(bool writable) noexcept { set(is_writable_bit, writable); }

    bool is_readable() const noexcept { return (bits_ & is_readable_bit) != 0; }
    bool is_writable() const noexcept { return (bits_ & is_writable_bit) != 0; }
    /// Something waits after the bytes of a short read (an end, an error, urgent data), and no event announces it
    /// again.
    bool has_more_behind() const noexcept { return (bits_ & lasting_events) != 0; }
    /// Both directions are over: the process at the other end of a unix socket is gone.
    bool has_hung_up() const noexcept { return (bits_ & EPOLLHUP) != 0; }
    bool has_failed() const noexcept { return (bits_ & EPOLLERR) != 0; }

private:
    static constexpr std::uint32_t lasting_events = more_behind_events;
    static constexpr std::uint16_t is_readable_bit = EPOLLIN;
    static constexpr std::uint16_t is_writable_bit = EPOLLOUT;
    static_assert(lasting_events <= 0xffff && (lasting_events & (EPOLLIN | EPOLLOUT)) == 0);

    void set(std::uint16_t bit, bool value) noexcept {
        bits_ = static_cast<std::uint16_t>(value ? bits_ | bit : bits_ & ~bit);
    }

    std::uint16_t bits_ = 0;  // the lasting events that were seen, and what is worth trying: each pump has one
};

}  // namespace ferrotunnel::runtime
