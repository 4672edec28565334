#include "session/visit_plan.hpp"

namespace ferrotunnel::session {

std::shared_ptr<const VisitRecord::Open> VisitRecord::begin() {
    return std::make_shared<const Open>(shared_from_this());
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
