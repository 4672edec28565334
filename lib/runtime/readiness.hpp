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
        readiness.readable_ = readiness.writable_ = true;
        return readiness;
    }

    void add(std::uint32_t events) noexcept {
        seen_ = static_cast<std::uint16_t>(seen_ | (events & lasting_events));
        readable_ = readable_ || (events & readable_events) != 0;
        writable_ = writable_ || (events & writable_events) != 0;
    }
    /// Sets whether another read, or write, is worth trying now.
    void set_readable(bool readable) noexcept { readable_ = readable; }
    void set_writable(bool writable) noexcept { writable_ = writable; }

    bool is_readable() const noexcept { return readable_; }
    bool is_writable() const noexcept { return writable_; }
    /// Something waits after the bytes of a short read (an end, an error, urgent data), and no event announces it
    /// again.
    bool has_more_behind() const noexcept { return seen_ != 0; }
    /// Both directions are over: the process at the other end of a unix socket is gone.
    bool has_hung_up() const noexcept { return (seen_ & EPOLLHUP) != 0; }
    bool has_failed() const noexcept { return (seen_ & EPOLLERR) != 0; }

private:
    static constexpr std::uint32_t lasting_events = more_behind_events;
    static_assert(lasting_events <= 0xffff);

    std::uint16_t seen_ = 0;  // of lasting_events
    bool readable_ = false;
    bool writable_ = false;
};

}  // namespace ferrotunnel::runtime
