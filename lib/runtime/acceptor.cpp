#include "runtime/acceptor.hpp"

#include <fcntl.h>

#include <cerrno>
#include <new>
#include <utility>

#include "runtime/worker.hpp"

namespace ferrotunnel::runtime {

namespace {

bool is_none_waiting(std::error_code error) {
    return error.value() == EAGAIN || error.value() == EWOULDBLOCK;
}

bool is_want_of_resources(std::error_code error) {
    int code = error.value();
    return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM;
}

}  // namespace

Acceptor::Acceptor(Worker& worker, Fd listener, Handlers handlers)
    : worker_(worker),
      listener_(std::move(listener)),
      handlers_(std::move(handlers)),
      retry_timer_(worker, [this] { accept_some(); }) {
    check_here(worker_);
    open_reserve();
    worker_.poller().add(listener_.get(), *this);
}

Acceptor::~Acceptor() {
    close();
    if (destroyed_ != nullptr) {
        *destroyed_ = true;
    }
}

void Acceptor::pause() noexcept {
    check_here(worker_);
    paused_ = true;
    retry_timer_.cancel();
}

void Acceptor::resume() noexcept {
    check_here(worker_);
    if (std::exchange(paused_, false) && is_open()) {
        retry_timer_.set(worker_.now());
    }
}

void Acceptor::close() noexcept {
    check_here(worker_);
    if (is_open()) {
        worker_.poller().remove(listener_.get(), *this);
        listener_.reset();
    }
    reserve_.reset();
    retry_timer_.cancel();
}

void Acceptor::on_events(std::uint32_t) noexcept {
    accept_some();
}

void Acceptor::accept_some() noexcept {
    bool destroyed = false;
    bool* outer = std::exchange(destroyed_, &destroyed);
    for (int i = 0; i < per_round_max && is_open() && !paused_; ++i) {
        SocketAddress peer;
        std::error_code error;
        Fd fd = accept_from(listener_.get(), peer, error);
        if (fd) {
            ++counters_.accepted;
            try {
                handlers_.on_accept(std::move(fd), peer);
            } catch (const std::bad_alloc&) {  // that connection is dropped
                if (!destroyed) {
                    ++counters_.errors;
                }
            }
            if (destroyed) {
                return;
            }
            continue;
        }
        if (is_want_of_resources(error)) {
            ran_out(error);
        }
        if (is_want_of_resources(error) || is_none_waiting(error) || error == std::errc::invalid_argument) {
            destroyed_ = outer;
            return;
        }
        // Any other error (ECONNABORTED, EINTR, an error of the network) concerns that one connection.
    }
    destroyed_ = outer;
    if (is_open() && !paused_) {
        retry_timer_.set(worker_.now());  // other targets come first
    }
}

void Acceptor::ran_out(std::error_code why) noexcept {
    ++counters_.errors;
    for (int i = 0; i < per_round_max && reserve_; ++i) {
        reserve_.reset();
        SocketAddress peer;
        std::error_code error;
        Fd fd = accept_from(listener_.get(), peer, error);
        if (fd) {
            ++counters_.shed;
            reset_close(std::move(fd));
        }
        open_reserve();
        if (error) {
            break;
        }
    }
    if (!reserve_) {
        open_reserve();
    }
    retry_timer_.set(worker_.now() + retry_after);
    if (handlers_.on_accept_error &&
        (reported_at_ == TimePoint::min() || worker_.now() >= reported_at_ + report_interval)) {
        reported_at_ = worker_.now();
        handlers_.on_accept_error(why);
    }
}

void Acceptor::open_reserve() noexcept {
    reserve_.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

}  // namespace ferrotunnel::runtime
