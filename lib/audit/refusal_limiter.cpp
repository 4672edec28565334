#include "audit/refusal_limiter.hpp"

#include <algorithm>
#include <utility>

#include "audit/limits.hpp"

namespace ferrotunnel::audit {

bool RefusalLimiter::may_write(const std::string& address, const std::string& record, TimePoint now) {
    Address* const found = find(address, now);
    if (found != nullptr && found->counted.count == 0 && fits(*found, now)) {
        return true;
    }
    add(found != nullptr ? found->counted : others_, record, now);
    return false;
}

// Null if it is one too many. A full table is searched for addresses to forget once a second, and not at each refusal.
RefusalLimiter::Address* RefusalLimiter::find(const std::string& address, TimePoint now) {
    const auto known = addresses_.find(address);
    if (known != addresses_.end()) {
        return &known->second;
    }
    if (addresses_.size() == counted_addresses_max && now - forgot_at_ >= std::chrono::seconds(1)) {
        forgot_at_ = now;
        std::erase_if(addresses_, [now](const auto& one) {
            return one.second.counted.count == 0 && now - one.second.second >= std::chrono::seconds(1);
        });
    }
    return addresses_.size() < counted_addresses_max ? &addresses_[address] : nullptr;
}

bool RefusalLimiter::fits(Address& address, TimePoint now) {
    return count(address.written, address.second, refusals_of_address_max, now) &&
           count(written_, second_, refusals_max, now);
}

bool RefusalLimiter::count(std::uint32_t& written, TimePoint& second, std::uint32_t most, TimePoint now) {
    if (second == TimePoint() || now - second >= std::chrono::seconds(1)) {
        second = now;
        written = 0;
    }
    return written < most && ++written > 0;
}

void RefusalLimiter::add(Counted& to, const std::string& record, TimePoint now) {
    if (to.count++ == 0) {
        to.since = now;
        ++waiting_;
    }
    to.record = record;
}

std::vector<RefusalLimiter::Counted> RefusalLimiter::take(TimePoint now, bool all) {
    std::vector<Counted> taken;
    for (auto at = addresses_.begin(); at != addresses_.end();) {
        Counted& counted = at->second.counted;
        if (counted.count != 0 && (all || now - counted.since >= count_time)) {
            taken.push_back(std::move(counted));
            at = addresses_.erase(at);
            --waiting_;
        } else {
            ++at;
        }
    }
    if (others_.count != 0 && (all || now - others_.since >= count_time)) {
        taken.push_back(std::exchange(others_, {.record = {}, .has_other_addresses = true}));
        --waiting_;
    }
    return taken;
}

std::optional<TimePoint> RefusalLimiter::due() const {
    std::optional<TimePoint> first;
    const auto consider = [&first](const Counted& counted) {
        if (counted.count != 0) {
            first = std::min(first.value_or(TimePoint::max()), counted.since + count_time);
        }
    };
    for (const auto& [address, known] : addresses_) {
        consider(known.counted);
    }
    consider(others_);
    return first;
}

}  // namespace ferrotunnel::audit
