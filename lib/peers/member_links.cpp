#include "peers/member_links.hpp"

#include <utility>

#include "base/text.hpp"

namespace ferrotunnel::peers {

MemberLinks::MemberLinks(const PeerSettings& peer, bool is_listed, std::shared_ptr<PeerCarrier> carrier, TimePoint now)
    : name_(peer.name), is_listed_(is_listed), carrier_(std::move(carrier)) {
    const MutexLock lock(mutex_);
    state_.name = peer.name;
    state_.address = peer.host.empty() ? std::string() : net::to_text({peer.host, peer.port});
    state_.is_listed = is_listed;
    state_.since = now;
}

bool MemberLinks::set_address(const net::HostPort& address) {
    std::string text = net::to_text(address);
    const MutexLock lock(mutex_);
    return std::exchange(state_.address, text) != text;
}

std::optional<std::shared_ptr<Link>> MemberLinks::set_control(const std::shared_ptr<Link>& link) {
    const MutexLock lock(mutex_);
    return is_forgotten_ ? std::nullopt : std::optional(std::exchange(control_, link));
}

std::shared_ptr<void> MemberLinks::count_data_link(std::size_t most) {
    const MutexLock lock(mutex_);
    if (data_links_ >= most || is_forgotten_) {
        return nullptr;
    }
    std::shared_ptr<void> counted(this, [self = shared_from_this()](void*) {
        const MutexLock lock_of_end(self->mutex_);
        --self->data_links_;
    });
    ++data_links_;
    return counted;
}

bool MemberLinks::forget() {
    const MutexLock lock(mutex_);
    is_forgotten_ = is_forgotten_ || (!is_listed_ && !control_ && data_links_ == 0);
    return is_forgotten_;
}

bool MemberLinks::set_linked(const Link& link, const std::string& agent, TimePoint now) {
    const MutexLock lock(mutex_);
    if (control_.get() != &link) {
        return false;
    }
    if (state_.address.empty()) {
        state_.address = link.from();
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
