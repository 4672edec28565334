#include "exchange/hold_queue.hpp"

#include <algorithm>
#include <utility>

#include "directory/http_directory.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::exchange {

void HoldWaiter::leave_hold() noexcept {
    if (queue_ != nullptr) {
        queue_->remove(*this);
    }
}

HoldQueue::~HoldQueue() {
    while (first_ != nullptr) {
        remove(*first_);
    }
}

bool HoldQueue::enter(HoldWaiter& visitor, std::size_t bytes, std::uint64_t seen) noexcept {
    if (is_closed_ || waiting_ == visitors_max || bytes > bytes_max - bytes_) {
        return false;
    }
    seen_ = waiting_ == 0 ? seen : std::min(seen_, seen);
    visitor.queue_ = this;
    visitor.bytes_ = bytes;
    visitor.next_ = nullptr;
    visitor.previous_ = last_;
    (last_ != nullptr ? last_->next_ : first_) = &visitor;
    last_ = &visitor;
    ++waiting_;
    bytes_ += bytes;
    if (!Deadline::is_set()) {
        wheel_.set(*this, worker_.now());
    }
    return true;
}

void HoldQueue::close() noexcept {
    is_closed_ = true;
    notify_all();
}

void HoldQueue::remove(HoldWaiter& visitor) noexcept {
    (visitor.previous_ != nullptr ? visitor.previous_->next_ : first_) = visitor.next_;
    (visitor.next_ != nullptr ? visitor.next_->previous_ : last_) = visitor.previous_;
    visitor.queue_ = nullptr;
    --waiting_;
    bytes_ -= visitor.bytes_;
}

void HoldQueue::on_deadline() noexcept {
    (void)routes_.get();
    if (const std::uint64_t now = routes_.changes(); now != std::exchange(seen_, now)) {
        notify_all();
    }
    if (waiting_ != 0) {
        wheel_.set(*this, worker_.now());
    }
}

// A request that enters again goes to the end, so all keep their order. A called one may end others.
void HoldQueue::notify_all() noexcept {
    for (std::size_t left = waiting_; left != 0 && first_ != nullptr; --left) {
        HoldWaiter& visitor = *first_;
        remove(visitor);
        visitor.on_change();
    }
}

}  // namespace ferrotunnel::exchange
