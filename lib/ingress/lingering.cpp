#include "ingress/lingering.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "exchange/http_settings.hpp"

namespace ferrotunnel::ingress {

TimePoint Lingering::begin(Member& member, const exchange::HttpSettings& settings, TimePoint now) {
    member.place_ = members_.insert(members_.end(), &member);
    member.is_in_ = true;
    member.until_ = now + std::max<Duration>(settings.linger, limits::http_linger_patience);
    return now + settings.linger;
}

TimePoint Lingering::discarded(Member& member, std::uint64_t bytes, const exchange::HttpSettings& settings,
                               TimePoint now) {
    member.bytes_ += bytes;
    bytes_ += bytes;
    if (bytes_ > settings.linger_bytes_max) {
        Member& longest = *members_.front();
        if (!std::exchange(longest.is_cut_, true)) {
            longest.cut_lingering();
        }
    }
    return std::min(now + settings.linger, member.until_);
}

void Lingering::end(Member& member) noexcept {
    if (std::exchange(member.is_in_, false)) {
        members_.erase(member.place_);
        bytes_ -= member.bytes_;
    }
}

}  // namespace ferrotunnel::ingress
