#include "runtime/poller.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/check.hpp"

namespace ferrotunnel::runtime {

Poller::Poller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) {
        throw std::system_error(errno, std::system_category(), "epoll_create1");
    }
}

Poller::~Poller() {
    ::close(epoll_);
}

namespace {

epoll_event event_of(PollTarget& target, std::uint32_t events) noexcept {
    epoll_event event{};
    event.events = events | static_cast<std::uint32_t>(EPOLLET);
    event.data.ptr = &target;
    return event;
}

}  // namespace

void Poller::add(int fd, PollTarget& target, std::uint32_t events) {
    epoll_event event = event_of(target, events);
    ++system_calls_;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) {
        throw std::system_error(errno, std::system_category(), "epoll_ctl");
    }
    ++size_;
}

void Poller::add_output(int fd, PollTarget& target) noexcept {
    epoll_event event = event_of(target, input | EPOLLOUT);
    ++system_calls_;
    [[maybe_unused]] int result = ::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
}

void Poller::unwatch(int fd) noexcept {
    epoll_event unused{};  // kernels before 2.6.9 require one
    (void)::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, &unused);
}

void Poller::remove(int fd, PollTarget& target) noexcept {
    epoll_event unused{};  // kernels before 2.6.9 require one
    ++system_calls_;
    // After unwatch() the descriptor may refer to something else.
    if (::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, &unused) == 0 || errno == ENOENT) {
        --size_;
    }
    for (int i = next_; i < filled_; ++i) {
        epoll_event& event = batch_[static_cast<std::size_t>(i)];
        if (event.data.ptr == &target) {
            event.data.ptr = nullptr;
        }
    }
}

std::size_t Poller::dispatch() noexcept {
    std::size_t count = wait(0);
    if (count != 0) {
        notify_targets();
    }
    return count;
}

std::size_t Poller::wait(int timeout_ms) noexcept {
    if (next_ != filled_) {
        return 0;  // called from a target: an outer call is still dispatching the batch
    }
    ++system_calls_;
    int count = ::epoll_wait(epoll_, batch_.data(), batch_max, timeout_ms);
    next_ = 0;
    filled_ = std::max(count, 0);
    return static_cast<std::size_t>(filled_);
}

void Poller::notify_targets() noexcept {
    while (next_ < filled_) {
        const epoll_event event = batch_[static_cast<std::size_t>(next_++)];
        if (event.data.ptr != nullptr) {
            static_cast<PollTarget*>(event.data.ptr)->on_events(event.events);
        }
    }
}

}  // namespace ferrotunnel::runtime
