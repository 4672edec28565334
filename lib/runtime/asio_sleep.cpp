#include "runtime/asio_sleep.hpp"

#include <asio/post.hpp>
#include <new>
#include <system_error>
#include <utility>

namespace ferrotunnel::runtime {

AsioSleep::AsioSleep(asio::io_context& io, int poller) : io_(io), watch_(std::in_place, io), alarm_(std::in_place, io) {
    watch_->assign(poller);
}

void AsioSleep::post(Sleeper& sleeper) noexcept {
    asio::post(io_, memory_.handler([self = sleeper.shared_from_this()] { self->on_wake(Cause::posted); }));
}

void AsioSleep::watch(Sleeper& sleeper) noexcept {
    if (std::exchange(is_watching_, true)) {
        return;
    }
    watch_->async_wait(asio::posix::stream_descriptor::wait_read,
                       memory_.handler([self = sleeper.shared_from_this()](const std::error_code& error) {
                           if (!error) {
                               self->on_wake(Cause::events);
                           }
                       }));
}

bool AsioSleep::set_alarm(Sleeper& sleeper, TimePoint when) noexcept {
    if (when >= alarm_at_) {
        return false;
    }
    alarm_at_ = when;
    try {
        alarm_->expires_at(when);
        alarm_->async_wait(memory_.handler([self = sleeper.shared_from_this()](const std::error_code& error) {
            if (!error) {
                self->on_wake(Cause::alarm);
            }
        }));
    } catch (const std::bad_alloc&) {
        alarm_at_ = never;
        post(sleeper);
    }
    return true;
}

void AsioSleep::woken_by(Cause cause) noexcept {
    if (cause == Cause::events) {
        is_watching_ = false;
    } else if (cause == Cause::alarm) {
        alarm_at_ = never;
    }
}

void AsioSleep::close() noexcept {
    if (!watch_) {
        return;
    }
    try {
        watch_->release();  // the descriptor belongs to the poller
    } catch (const std::system_error&) {
        // Then it is not in the reactor, which is the goal.
    }
    watch_.reset();
    alarm_.reset();
}

}  // namespace ferrotunnel::runtime
