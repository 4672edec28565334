#include "runtime/deferred.hpp"

#include "base/check.hpp"

namespace ferrotunnel::runtime {

void Deferred::cancel_deferred() noexcept {
    if (queue_ != nullptr) {
        queue_->remove(*this);
    }
}

DeferredQueue::~DeferredQueue() {
    while (first_ != nullptr) {
        remove(*first_);
    }
}

bool DeferredQueue::push(Deferred& deferred) noexcept {
    if (deferred.queue_ != nullptr) {
        return false;
    }
    deferred.queue_ = this;
    deferred.next_ = nullptr;
    deferred.previous_ = last_;
    (last_ != nullptr ? last_->next_ : first_) = &deferred;
    last_ = &deferred;
    ++size_;
    return true;
}

void DeferredQueue::remove(Deferred& deferred) noexcept {
    (deferred.previous_ != nullptr ? deferred.previous_->next_ : first_) = deferred.next_;
    (deferred.next_ != nullptr ? deferred.next_->previous_ : last_) = deferred.previous_;
    deferred.queue_ = nullptr;
    --size_;
}

void DeferredQueue::run(std::size_t count) noexcept {
    for (; count > 0 && first_ != nullptr; --count) {
        Deferred& deferred = *first_;
        remove(deferred);
        deferred.run_deferred();
    }
}

}  // namespace ferrotunnel::runtime
