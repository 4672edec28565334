#include "mux/receive_window.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/limits.hpp"

namespace ferrotunnel::mux {
namespace {

// Used before there is a sample, and as the shortest time over which a rate is meaningful.
constexpr Duration rtt_floor = std::chrono::microseconds(100);

// Bytes consumed in one round trip, scaled down if the sample is longer than one.
std::uint64_t taken_per_rtt(std::uint64_t taken, Duration elapsed, Duration rtt) noexcept {
    if (elapsed <= rtt) {
        return taken;
    }
    double share = static_cast<double>(rtt.count()) / static_cast<double>(elapsed.count());
    return static_cast<std::uint64_t>(static_cast<double>(taken) * share);
}

// The least credit worth a frame: a quarter of the window, but at least limits::credit_return_min, or half of
// a smaller window.
std::uint64_t worth_a_frame(std::uint64_t size) noexcept {
    std::uint64_t smallest = std::min<std::uint64_t>(limits::credit_return_min, size / 2);
    return std::max({size / 4, smallest, std::uint64_t{1}});
}

}  // namespace

void ReceiveWindow::raise(std::uint32_t size) noexcept {
    size_ = std::max(size_, size);
}

bool ReceiveWindow::receive(std::uint64_t cost, TimePoint now) noexcept {
    if (cost > outstanding()) {
        return false;
    }
    received_ += cost;
    received_at_ = CoarseTime(now);
    return true;
}

bool ReceiveWindow::grow(const WindowRules& rules, std::uint64_t taken, std::uint64_t room, Duration rtt, TimePoint now,
                         GrowthSample& last) noexcept {
    blocked_at_ = CoarseTime(now);
    rtt = std::max(rtt, rtt_floor);
    const bool is_first = last.at == TimePoint{};
    if (!is_first && now - last.at < rtt / 2) {
        return false;
    }
    const std::uint64_t rate = is_first ? 0 : taken_per_rtt(taken - last.taken, now - last.at, rtt);
    last = {now, taken};

    std::uint64_t wanted = std::max<std::uint64_t>(2ULL * rules.first, 4 * rate);
    wanted = std::min({wanted, 2 * std::uint64_t{size_}, std::uint64_t{rules.max}, size_ + room});
    if (wanted <= size_) {
        return false;
    }
    size_ = static_cast<std::uint32_t>(wanted);  // at most rules.max
    return true;
}

std::uint32_t ReceiveWindow::grant(const WindowRules& rules, std::uint64_t taken, std::uint64_t room,
                                   TimePoint now) noexcept {
    check(taken <= received_, "only received bytes are consumed");
    shrink_if_unused(rules, now);
    std::uint64_t size = effective(rules, room == 0);
    std::uint64_t target = taken + size;
    if (target < granted_ + worth_a_frame(size)) {
        return 0;
    }
    std::uint64_t outstanding_max = std::max<std::uint64_t>(outstanding(), rules.first) + room;
    outstanding_max = std::min(outstanding_max, limits::credit_outstanding_max);
    std::uint64_t credit = std::min(target - granted_, outstanding_max - outstanding());
    granted_ += credit;
    return static_cast<std::uint32_t>(credit);
}

std::uint64_t ReceiveWindow::next_grant_at(const WindowRules& rules, bool tight) const noexcept {
    std::uint64_t size = effective(rules, tight);
    std::uint64_t due = granted_ + worth_a_frame(size);
    return due > size ? due - size : 0;
}

std::uint64_t ReceiveWindow::effective(const WindowRules& rules, bool tight) const noexcept {
    return tight ? std::min(size_, rules.first) : size_;
}

void ReceiveWindow::shrink_if_unused(const WindowRules& rules, TimePoint now) noexcept {
    if (size_ <= rules.first) {
        return;
    }
    if (received_at_.until(now) >= limits::window_reset_after) {
        size_ = rules.first;
    } else if (blocked_at_.until(now) >= limits::window_shrink_after) {
        size_ = std::max(size_ / 2, rules.first);
        blocked_at_ = CoarseTime(now);
    }
}

}  // namespace ferrotunnel::mux
