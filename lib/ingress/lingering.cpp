#include "ingress/lingering.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "exchange/http_settings.hpp"

namespace ferrotunnel::ingress {

TimePoint Lingering::begin(Member& member, const exchange::HttpSettings& settings, TimePoint now) {
    member.place_ = members_.insert(members_.end(), &member);
    member.is_in_ = true;
    member.until_ =
        now + (is_shortened_ ? settings.linger : std::max<Duration>(settings.linger, limits::http_linger_timeout));
    return now + settings.linger;
}

void Lingering::shorten_all(const exchange::HttpSettings& settings, TimePoint now) noexcept {
    is_shortened_ = true;
    for (Member* member : members_) {
        member->until_ = std::min(member->until_, now + settings.linger);
    }
}

TimePoint Lingering::discarded(Member& member, std::uint64_t bytes, const exchange::HttpSettings& settings,
                               TimePoint now) {
    if (!member.is_in_) {
        return never;
    }
    member.bytes_ += bytes;
    bytes_ += bytes;
    if (bytes_ > settings.linger_bytes_max) {
        Member& longest = *members_.front();
        end(longest);
        longest.cut_lingering();
    }
    return member.is_in_ ? std::min(now + settings.linger, member.until_) : never;
}

void Lingering::end(Member& member) noexcept {
    if (std::exchange(member.is_in_, false)) {
        members_.erase(member.place_);
        bytes_ -= std::exchange(member.bytes_, 0);
    }
}

}  // namespace ferrotunnel::ingress
