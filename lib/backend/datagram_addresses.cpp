#include "backend/datagram_addresses.hpp"

#include <algorithm>
#include <utility>

#include "backend/limits.hpp"
#include "base/check.hpp"
#include "base/limits.hpp"

namespace ferrotunnel::backend {

void DatagramAddresses::set(std::vector<runtime::SocketAddress> found, bool is_name) {
    check(!found.empty(), "there is an address");
    all_ = std::move(found);
    is_name_ = is_name;
    at_ = all_.size() - 1;
    skip();
    tries_left_ = all_.size();
}

bool DatagramAddresses::renew(std::vector<runtime::SocketAddress> found) {
    check(!found.empty(), "there is an address");
    const auto kept = std::ranges::find(found, current());
    if (kept == found.end()) {
        set(std::move(found), is_name_);
        return true;
    }
    at_ = static_cast<std::size_t>(kept - found.begin());
    all_ = std::move(found);
    if (has_refused_ && all_.size() > 1) {
        skip();
        return true;
    }
    return false;
}

void DatagramAddresses::skip() noexcept {
    at_ = (at_ + 1) % all_.size();
    has_answered_ = has_refused_ = false;
    unanswered_since_ = never;
}

DatagramAddresses::Advice DatagramAddresses::before_sending(TimePoint now) noexcept {
    Advice advice;
    silent_since_ = std::min(silent_since_, now);
    if (now - silent_since_ >= limits::udp_resolve_after) {
        silent_since_ = now;
        tries_left_ = all_.size();
        advice.resolves = may_resolve(now);
    }
    unanswered_since_ = std::min(unanswered_since_, now);
    if (tries_left_ > 0 && all_.size() > 1 && now - unanswered_since_ >= limits::udp_answer_patience &&
        !current().is_loopback()) {
        --tries_left_;
        skip();
        unanswered_since_ = now;
        advice.moves = true;
    }
    return advice;
}

DatagramAddresses::Advice DatagramAddresses::refused(TimePoint now) noexcept {
    Advice advice;
    has_refused_ = true;
    advice.resolves = may_resolve(now);
    if (all_.size() > 1) {
        skip();
        advice.moves = true;
    }
    return advice;
}

bool DatagramAddresses::answered() noexcept {
    unanswered_since_ = silent_since_ = never;
    tries_left_ = 0;
    has_refused_ = false;
    return !std::exchange(has_answered_, true) && at_ != 0 && is_name_;
}

bool DatagramAddresses::may_resolve(TimePoint now) noexcept {
    if (!is_name_ || now - resolved_at_ < limits::name_retry) {
        return false;
    }
    resolved_at_ = now;
    return true;
}

}  // namespace ferrotunnel::backend
