#include "peers/member_links.hpp"

#include <utility>

#include "base/text.hpp"

namespace ferrotunnel::peers {

MemberLinks::MemberLinks(PeerSettings settings, runtime::WorkerGroup& workers, TimePoint now)
    : settings_(std::move(settings)), carrier_(std::make_shared<PeerCarrier>(settings_.name, workers)) {
    const MutexLock lock(mutex_);
    state_.name = settings_.name;
    state_.address = net::to_text({settings_.host, settings_.port});
    state_.since = now;
}

std::shared_ptr<Link> MemberLinks::set_control(const std::shared_ptr<Link>& link) {
    const MutexLock lock(mutex_);
    return std::exchange(control_, link);
}

bool MemberLinks::set_linked(const Link& link, const std::string& agent, TimePoint now) {
    const MutexLock lock(mutex_);
    if (control_.get() != &link) {
        return false;
    }
    state_.agent = printable(agent, limits::agent_text_max);
    state_.problem.clear();
    if (!std::exchange(state_.linked, true)) {
        state_.since = now;
    }
    return true;
}

MemberLinks::News MemberLinks::set_problem(const Link* link, const std::string& why, TimePoint now) {
    const MutexLock lock(mutex_);
    if (link != nullptr && control_.get() == link) {
        control_ = nullptr;
    }
    if (control_) {
        return News::none;  // another one is there
    }
    const bool was_linked = std::exchange(state_.linked, false);
    const bool same = std::exchange(state_.problem, why) == why;
    if (was_linked) {
        state_.since = now;
        return News::lost;
    }
    return same ? News::none : News::failed;
}

PeerState MemberLinks::state() const {
    PeerState state;
    {
        const MutexLock lock(mutex_);
        state = state_;
        state.round_trip = control_ ? control_->round_trip() : Duration::zero();
    }
    state.data_links = carrier_->links();
    state.streams = carrier_->streams();
    state.forwarded = carrier_->forwarded();
    return state;
}

}  // namespace ferrotunnel::peers
