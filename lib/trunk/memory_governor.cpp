#include "trunk/memory_governor.hpp"

#include <algorithm>
#include <utility>

#include "runtime/worker.hpp"

namespace ferrotunnel::trunk {

MemoryGovernor::Survey MemoryGovernor::survey() {
    const MutexLock lock(mutex_);
    sum_up();
    Survey found;
    const Owner* most = nullptr;
    for (auto& [name, owner] : owners_) {
        found.held += owner.held;
        if (most == nullptr || owner.held > most->held) {
            most = &owner;
            found.owner = name;
        }
        owner.tight = is_tight(owner.held, share_, owner.tight);
    }
    tight_ = is_tight(found.held, limit_, tight_);
    for (Member* member : members_) {
        member->session_->set_tight(tight_ || member->owner_->second.tight);
    }
    if (most != nullptr) {
        const std::uint64_t beyond_share = most->held - std::min(most->held, share_);
        const std::uint64_t beyond_limit = found.held - std::min(found.held, limit_);
        found.asked = std::max(beyond_share, std::min(beyond_limit, most->held));
        request_reclaim(*most, found.asked);
    }
    found.busy = found.held > 0;
    return found;
}

void MemoryGovernor::sum_up() {
    for (auto& [name, owner] : owners_) {
        owner.held = 0;
    }
    for (Member* member : members_) {
        member->held_ = member->session_->memory();
        member->owner_->second.held += member->held_;
    }
}

// Reclaims from each session of `owner` in proportion to what it holds.
void MemoryGovernor::request_reclaim(const Owner& owner, std::uint64_t excess) {
    if (excess == 0) {
        return;
    }
    for (const Member* member : members_) {
        if (&member->owner_->second == &owner && member->held_ != 0) {
            const double share = static_cast<double>(member->held_) / static_cast<double>(owner.held);
            const auto part = static_cast<std::uint64_t>(static_cast<double>(excess) * share);
            member->session_->request_reclaim(std::max<std::uint64_t>(part, 1));
        }
    }
}

std::uint64_t MemoryGovernor::held() const {
    const MutexLock lock(mutex_);
    std::uint64_t held = 0;
    for (const Member* member : members_) {
        held += member->session_->memory();
    }
    return held;
}

MemoryGovernor::Member::Member(std::shared_ptr<MemoryGovernor> governor, IntrusivePtr<mux::SessionShared> session,
                               const std::string& owner)
    : governor_(std::move(governor)), session_(std::move(session)) {
    const MutexLock lock(governor_->mutex_);
    governor_->members_.insert(this);  // only this line and the next may throw
    try {
        owner_ = governor_->owners_.try_emplace(owner).first;
    } catch (...) {
        governor_->members_.erase(this);
        throw;
    }
    ++owner_->second.sessions;
}

// Removes the session, and its owner with the owner's last session.
MemoryGovernor::Member::~Member() {
    const MutexLock lock(governor_->mutex_);
    governor_->members_.erase(this);
    if (--owner_->second.sessions == 0) {
        governor_->owners_.erase(owner_);
    }
}

namespace {

// The minimum time between two lines: memory may be short for any time.
constexpr auto report_interval = std::chrono::seconds(60);

}  // namespace

MemoryWatch::MemoryWatch(runtime::Worker& worker, std::shared_ptr<MemoryGovernor> governor, Logger& log)
    : worker_(worker), governor_(std::move(governor)), log_(log), timer_(worker, [this] { survey(); }) {
    timer_.set_after(limits::memory_survey_interval_idle);
}

void MemoryWatch::survey() {
    const MemoryGovernor::Survey found = governor_->survey();
    timer_.set_after(found.busy ? Duration(limits::memory_survey_interval)
                                : Duration(limits::memory_survey_interval_idle));
    if (found.asked == 0 || (reported_ && worker_.now() - reported_at_ < report_interval)) {
        return;
    }
    reported_ = true;
    reported_at_ = worker_.now();
    log_.warn(
        "memory is short: connections of visitors that do not read, or whose service does not, are closed with a reset",
        {{"held", found.held}, {"memory_max", governor_->limit()}, {"token", found.owner}, {"too_much", found.asked}});
}

}  // namespace ferrotunnel::trunk
