#include "link_direction.hpp"

#include <algorithm>

namespace e2e {
namespace {

// The segments of a train arrive together, as a network card would merge them, unless the line needs longer than this
// to send them: on a slow link each segment arrives when it was sent.
constexpr auto merged_for = std::chrono::microseconds(600);

}  // namespace

// Sends a packet over the line. True if it arrives; free_at_ is then the time at which it has left.
bool LinkDirection::carry(std::size_t bytes, LinkClock::time_point now) {
    ++counts_.packets;
    const auto size = static_cast<double>(bytes);
    const double waiting = std::chrono::duration<double>(free_at_ - now).count() * settings_.bytes_per_second;
    if (waiting + size > static_cast<double>(settings_.queue_bytes)) {
        ++counts_.overflowed;
        return false;
    }
    counts_.queued_max = std::max(counts_.queued_max, waiting + size);
    const std::chrono::duration<double> sending(size / settings_.bytes_per_second);
    free_at_ += std::chrono::duration_cast<LinkClock::duration>(sending);
    if (settings_.loss > 0 && std::uniform_real_distribution<>(0, 1)(random_) < settings_.loss) {
        ++counts_.lost;
        return false;
    }
    counts_.bytes += bytes;
    return true;
}

void LinkDirection::offer(std::span<const std::uint8_t> bytes, LinkClock::time_point now) {
    const PacketTrain train(bytes);
    free_at_ = std::max(free_at_, now);
    std::size_t first = 0;
    std::size_t count = 0;
    LinkClock::time_point began = free_at_;
    LinkClock::time_point sent = free_at_;
    const auto arrive = [&] {
        if (count > 0) {
            under_way_.push_back({sent + settings_.delay, train.cut(first, count)});
        }
        count = 0;
    };
    for (std::size_t segment = 0; segment < train.segments(); ++segment) {
        if (!carry(train.bytes_of(segment), now)) {
            arrive();
            continue;
        }
        if (count > 0 && free_at_ - began > merged_for) {
            arrive();
        }
        if (count++ == 0) {
            first = segment;
            began = sent;
        }
        sent = free_at_;
    }
    arrive();
}

LinkClock::time_point LinkDirection::next() const {
    return under_way_.empty() ? LinkClock::time_point::max() : under_way_.front().arrives;
}

}  // namespace e2e
