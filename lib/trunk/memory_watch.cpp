#include "trunk/memory_watch.hpp"

#include <utility>

#include "runtime/worker.hpp"

namespace ferrotunnel::trunk {
namespace {

// Memory may be short for as long as somebody likes: one line for each time like this.
constexpr auto told_again_after = std::chrono::seconds(60);

}  // namespace

MemoryWatch::MemoryWatch(runtime::Worker& worker, std::shared_ptr<MemoryGovernor> governor, Logger& log)
    : worker_(worker), governor_(std::move(governor)), log_(log), timer_(worker, [this] { look(); }) {
    timer_.set_after(limits::memory_look_idle);
}

void MemoryWatch::look() {
    const MemoryGovernor::Look found = governor_->look();
    timer_.set_after(found.busy ? Duration(limits::memory_look_every) : Duration(limits::memory_look_idle));
    if (found.asked == 0 || (told_ && worker_.now() - told_at_ < told_again_after)) {
        return;
    }
    told_ = true;
    told_at_ = worker_.now();
    log_.warn(
        "memory is short: visitors who do not read, or whose service does not, are reset",
        {{"held", found.held}, {"memory_max", governor_->limit()}, {"token", found.owner}, {"too_much", found.asked}});
}

}  // namespace ferrotunnel::trunk
