#include "cluster/announcer.hpp"

#include <algorithm>
#include <chrono>

#include "cluster/limits.hpp"

namespace ferrotunnel::cluster {

Announcer::Announcer(const Context& context, const Holdings& holdings, Changes::Names& changes, SharedValues& values,
                     MemberIndex member, bool recovers) noexcept
    : context_(context), holdings_(holdings), changes_(changes), values_(values), member_(member) {
    changes_.clear();
    if (recovers) {
        hearsay_.emplace(context, member);
    }
}

std::optional<Message> Announcer::next(TimePoint now) {
    if (stage_ == Stage::begin) {
        stage_ = Stage::own;
        return SyncBegin{};
    }
    std::optional<Message> message = next_change(now);
    if (!message && stage_ != Stage::done) {
        message = next_of_sync(now);
    } else if (!message) {
        message = next_of_rest(now);
    }
    is_idle_ = !message;
    return message;
}

bool Announcer::wake() noexcept {
    const bool has_rest =
        stage_ == Stage::done ? !context_.mail.is_empty(member_) || values_.may_have_next(member_) : !is_paused_;
    const bool wakes = is_idle_ && (has_rest || !changes_.empty());
    is_idle_ = is_idle_ && !wakes;
    return wakes;
}

// As many present claims as fit, or one that has ended.
std::optional<Message> Announcer::next_change(TimePoint now) {
    Have have;
    while (!changes_.empty() && have.claims.size() < limits::claims_per_message) {
        const auto first = changes_.begin();
        const auto& [name, change] = *first;
        if (const Holdings::Holding* const holding = holdings_.find(name)) {
            have.claims.push_back(holding->claim);
        } else if (change.known != 0 && !have.claims.empty()) {
            break;
        } else if (change.known != 0) {
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(std::max(change.reserved_until, now) - now);
            const Gone gone{name, change.known, static_cast<std::uint64_t>(left.count())};
            changes_.erase(first);
            return gone;
        }
        changes_.erase(first);
    }
    return have.claims.empty() ? std::nullopt : std::optional<Message>(std::move(have));
}

std::optional<Message> Announcer::next_of_sync(TimePoint now) {
    if (stage_ == Stage::own) {
        if (std::optional<Message> message = next_own()) {
            return message;
        }
        stage_ = hearsay_ ? Stage::hearsay : Stage::end;
    }
    if (stage_ == Stage::hearsay) {
        if (std::optional<Message> message = hearsay_->next(now)) {
            return message;
        }
        is_paused_ = !hearsay_->is_done();
        stage_ = is_paused_ ? Stage::hearsay : Stage::end;
    }
    if (stage_ == Stage::end) {
        stage_ = Stage::done;
        return SyncEnd{};
    }
    return std::nullopt;
}

// In turn: neither many large values nor many requests keep the others waiting.
std::optional<Message> Announcer::next_of_rest(TimePoint now) {
    is_turn_of_values_ = !is_turn_of_values_;
    if (is_turn_of_values_ || context_.mail.is_empty(member_)) {
        if (std::optional<Value> value = values_.next(member_, now)) {
            return value;
        }
    }
    return context_.mail.take(member_);
}

std::optional<Message> Announcer::next_own() {
    const Holdings::Names& names = holdings_.names();
    Have have;
    for (auto at = cursor_ ? names.upper_bound(*cursor_) : names.begin();
         at != names.end() && have.claims.size() < limits::claims_per_message; ++at) {
        have.claims.push_back(at->second.claim);
    }
    if (have.claims.empty()) {
        return std::nullopt;
    }
    cursor_ = have.claims.back().name;
    return have;
}

}  // namespace ferrotunnel::cluster
