#include "event_queue.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

namespace ferrotunnel::cli {
namespace {

constexpr std::size_t events_max = 8192;

}  // namespace

EventQueue::EventQueue() : descriptor_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (descriptor_ < 0) {
        throw std::system_error(errno, std::generic_category(), "eventfd");
    }
}

EventQueue::~EventQueue() {
    ::close(descriptor_);
}

void EventQueue::push(const Event& event) {
    {
        const std::lock_guard lock(mutex_);
        if (events_.size() >= events_max) {
            // The older half is dropped: the last event, which ends the program, must stay.
            events_.erase(events_.begin(), events_.begin() + events_max / 2);
        }
        events_.push_back(event);
    }
    wake();
}

void EventQueue::wake() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);  // fails only if it is readable
                                                                                   // already
}

std::vector<Event> EventQueue::take() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto read = ::read(descriptor_, &count, sizeof count);
    const std::lock_guard lock(mutex_);
    return std::exchange(events_, {});
}

}  // namespace ferrotunnel::cli
