#include "session/visit_record.hpp"

namespace ferrotunnel::session {

std::shared_ptr<void> VisitRecord::begin() {
    auto over = [self = shared_from_this()](void*) { self->open_.fetch_sub(1, std::memory_order_relaxed); };
    open_.fetch_add(1, std::memory_order_relaxed);
    opened_.fetch_add(1, std::memory_order_relaxed);
    return {this, std::move(over)};
}

void VisitRecord::failed(const std::string& why) {
    const MutexLock lock(mutex_);
    ++failed_;
    failed_at_ = std::chrono::system_clock::now();
    why_ = why;
}

VisitRecord::View VisitRecord::view() const {
    const MutexLock lock(mutex_);
    return {open_.load(std::memory_order_relaxed),
            opened_.load(std::memory_order_relaxed),
            failed_,
            since_,
            failed_at_,
            why_};
}

}  // namespace ferrotunnel::session
