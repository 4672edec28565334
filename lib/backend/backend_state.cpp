#include "backend/backend_state.hpp"

#include <chrono>
#include <utility>

namespace ferrotunnel::backend {
namespace {

// A backend that answers every other visitor gets no line for each.
constexpr auto tell_again_after = std::chrono::seconds(10);

}  // namespace

void BackendState::failed(const Names& names, const std::string& why, TimePoint now, Logger& log) {
    bool tell = false;
    {
        std::lock_guard lock(mutex_);
        ++not_served_;
        tell = !down_.load(std::memory_order_relaxed) && (!ever_down_ || now - down_since_ >= tell_again_after);
        if (tell) {
            ever_down_ = true;
            down_since_ = now;
            down_.store(true, std::memory_order_relaxed);
        }
    }
    if (tell) {
        log.warn("the backend of a service can not be reached",
                 {{"service", names.service}, {"backend", names.backend}, {"why", why}});
    } else {
        log.debug("a visitor was refused: no backend",
                  {{"service", names.service}, {"backend", names.backend}, {"why", why}});
    }
}

void BackendState::is_back(const Names& names, TimePoint now, Logger& log) {
    std::uint64_t not_served = 0;
    std::chrono::seconds down_for{};
    {
        std::lock_guard lock(mutex_);
        if (!down_.exchange(false, std::memory_order_relaxed)) {
            return;  // another thread was faster
        }
        not_served = std::exchange(not_served_, 0);
        down_for = std::chrono::duration_cast<std::chrono::seconds>(now - down_since_);
    }
    // As loud as the loss: who has heard of that shall hear of this.
    log.warn("the backend of a service can be reached again", {{"service", names.service},
                                                               {"backend", names.backend},
                                                               {"visitors_refused", not_served},
                                                               {"seconds", down_for.count()}});
}

}  // namespace ferrotunnel::backend
