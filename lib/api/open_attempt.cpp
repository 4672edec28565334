#include "api/open_attempt.hpp"

#include <asio/error.hpp>
#include <utility>

namespace ferrotunnel::detail {

void OpenAttempt::set_timeout(asio::io_context& io, std::chrono::milliseconds timeout) {
    timer_.emplace(io, timeout);
    timer_->async_wait([self = weak_from_this()](std::error_code error) {
        if (auto attempt = self.lock(); attempt && !error) {
            attempt->cancel(true);
        }
    });
}

OpenOperation* OpenAttempt::take() noexcept {
    const MutexLock lock(mutex_);
    return std::exchange(operation_, nullptr);
}

void OpenAttempt::fail(std::error_code error) noexcept {
    if (OpenOperation* operation = take()) {
        operation->complete(error, Stream());
    }
}

bool OpenAttempt::is_waiting() const noexcept {
    const MutexLock lock(mutex_);
    return operation_ != nullptr;
}

// The core keeps this attempt, and this attempt keeps the core, until the core has completed the operation.
void OpenAttempt::dialled(IntrusivePtr<StreamCore> core) noexcept {
    OpenOperation* operation = nullptr;
    {
        const MutexLock lock(mutex_);
        operation = std::exchange(operation_, nullptr);
        if (operation != nullptr) {
            core_ = core;
        }
    }
    if (operation != nullptr) {
        core->start_open(operation, shared_from_this());
    } else {
        core->refuse(wire::Code::cancelled);
    }
}

void OpenAttempt::cancel(bool timed_out) noexcept {
    IntrusivePtr<StreamCore> core;
    OpenOperation* operation = nullptr;
    {
        const MutexLock lock(mutex_);  // one for both: dialled() may come at any moment
        core = core_;
        operation = std::exchange(operation_, nullptr);
    }
    if (core) {
        core->cancel_open(timed_out);
    } else if (operation != nullptr) {
        operation->complete(timed_out ? make_error_code(errc::timed_out) : asio::error::operation_aborted, Stream());
    }
}

}  // namespace ferrotunnel::detail
