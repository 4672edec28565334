// Waits for many sockets at once.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "socket.hpp"

namespace e2e {

class Epoll {
public:
    Epoll() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
        if (!epoll_.is_open()) {
            die_errno("epoll_create1");
        }
    }

    void add(const Socket& socket, std::uint32_t events, void* who) { control(EPOLL_CTL_ADD, socket, events, who); }
    void change(const Socket& socket, std::uint32_t events, void* who) { control(EPOLL_CTL_MOD, socket, events, who); }

    /// Waits for at most `milliseconds`, and calls handle(who, events) for each socket that is ready.
    template <typename Handler>
    void wait(int milliseconds, const Handler& handle) {
        std::array<epoll_event, 256> events;
        const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), milliseconds);
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            handle(event.data.ptr, event.events);
        }
    }

private:
    void control(int operation, const Socket& socket, std::uint32_t events, void* who) {
        epoll_event event{};
        event.events = events;
        event.data.ptr = who;
        if (::epoll_ctl(epoll_.get(), operation, socket.get(), &event) != 0) {
            die_errno("epoll_ctl");
        }
    }

    Socket epoll_;
};

}  // namespace e2e
