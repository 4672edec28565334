#include "backend/originals_expiry.hpp"

#include <utility>

namespace ferrotunnel::backend {

OriginalsExpiry::OriginalsExpiry(runtime::Worker& worker, std::shared_ptr<inspect::Inspector> inspector, Duration pace)
    : inspector_(std::move(inspector)), pace_(pace), timer_(worker, [this] { expire(); }) {
    check_here(worker);
    timer_.set_after(pace_);
}

OriginalsExpiry::~OriginalsExpiry() {
    inspector_->records().forget_originals(TimePoint::max());
}

void OriginalsExpiry::expire() {
    inspector_->records().forget_originals(Clock::now() - limits::inspect_original_time);
    timer_.set_after(pace_);
}

}  // namespace ferrotunnel::backend
