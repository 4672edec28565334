#include "backend/originals_watch.hpp"

#include <utility>

namespace ferrotunnel::backend {

OriginalsWatch::OriginalsWatch(runtime::Worker& worker, std::shared_ptr<inspect::Inspector> inspector, Duration pace)
    : inspector_(std::move(inspector)), pace_(pace), timer_(worker, [this] { look(); }) {
    check_here(worker);
    timer_.set_after(pace_);
}

OriginalsWatch::~OriginalsWatch() {
    inspector_->records().forget_originals(TimePoint::max());
}

void OriginalsWatch::look() {
    inspector_->records().forget_originals(Clock::now() - limits::inspect_original_time);
    timer_.set_after(pace_);
}

}  // namespace ferrotunnel::backend
