#include "ingress/lingering.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "ferrotunnel/http_settings.hpp"

namespace ferrotunnel::ingress {

TimePoint Lingering::begin(Member& member, const HttpServerSettings& settings, TimePoint now) {
    member.place_ = members_.insert(members_.end(), &member);
    member.is_in_ = true;
    member.until_ = now + (is_shortened_ ? settings.linger_timeout
                                         : std::max<Duration>(settings.linger_timeout, limits::http_linger_timeout));
    return now + settings.linger_timeout;
}

void Lingering::shorten_all(const HttpServerSettings& settings, TimePoint now) noexcept {
    is_shortened_ = true;
    for (Member* member : members_) {
        member->until_ = std::min(member->until_, now + settings.linger_timeout);
    }
}

TimePoint Lingering::discarded(Member& member, std::uint64_t bytes, const HttpServerSettings& settings, TimePoint now) {
    if (!member.is_in_) {
        return never;
    }
    member.bytes_ += bytes;
    bytes_ += bytes;
    if (bytes_ > settings.linger_bytes) {
        Member& longest = *members_.front();
        end(longest);
        longest.cut_lingering();
    }
    return member.is_in_ ? std::min(now + settings.linger_timeout, member.until_) : never;
}

void Lingering::end(Member& member) noexcept {
    if (std::exchange(member.is_in_, false)) {
        members_.erase(member.place_);
        bytes_ -= std::exchange(member.bytes_, 0);
    }
}

}  // namespace ferrotunnel::ingress
