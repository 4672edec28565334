#include "acme/budget.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "acme/json_fields.hpp"
#include "acme/limits.hpp"

namespace ferrotunnel::acme {

namespace {

using std::chrono::hours;
using std::chrono::seconds;
using Times = std::deque<WallTime>;
using TimesByKey = std::map<std::string, Times, std::less<>>;

constexpr hours token_period{24};
constexpr hours ca_period{3};
constexpr hours parent_period{7 * 24};
// The part of a CA's budget that is kept for renewals and the operator's names.
constexpr std::size_t reserved_part = 5;

std::string parent_key(std::string_view ca, std::string_view parent) {
    return std::string(ca) + " " + std::string(parent);
}

// A time after now, from before the clock was set back, counts from now on.
void forget_old(Times& times, hours period, WallTime now) {
    while (!times.empty() && times.front() <= now - period) {
        times.pop_front();
    }
    for (auto at = times.rbegin(); at != times.rend() && *at > now; ++at) {
        *at = now;
    }
}

// Makes room for one more key. When there will be some, if all keys are in use.
std::optional<WallTime> time_of_room(TimesByKey& all, std::string_view key, hours period, WallTime now) {
    if (all.size() < limits::budget_keys_max || all.contains(key)) {
        return {};
    }
    std::optional<WallTime> first;
    for (auto at = all.begin(); at != all.end();) {
        forget_old(at->second, period, now);
        if (at->second.empty()) {
            at = all.erase(at);
            continue;
        }
        first = std::min(first.value_or(at->second.back()), at->second.back());
        ++at;
    }
    return all.size() < limits::budget_keys_max ? std::nullopt : std::optional(*first + period);
}

// When one more order of this key is within its budget; empty: now.
std::optional<WallTime> time_of_next(TimesByKey& all, std::string_view key, std::size_t most, hours period,
                                     WallTime now) {
    if (most == 0) {
        return now + period;
    }
    const auto found = all.find(key);
    if (found == all.end()) {
        return time_of_room(all, key, period, now);
    }
    Times& times = found->second;
    forget_old(times, period, now);
    return times.size() < most ? std::nullopt : std::optional(times[times.size() - most] + period);
}

nlohmann::json times_to_json(const TimesByKey& all) {
    nlohmann::json json = nlohmann::json::object();
    for (const auto& [key, times] : all) {
        nlohmann::json& list = json[key] = nlohmann::json::array();
        for (const WallTime time : times) {
            list.push_back(std::chrono::floor<seconds>(time).time_since_epoch().count());
        }
    }
    return json;
}

TimesByKey times_from_json(const nlohmann::json& json, hours period, WallTime now) {
    TimesByKey all;
    if (!json.is_object()) {
        return all;
    }
    const auto latest = std::chrono::floor<seconds>(now).time_since_epoch().count();
    for (const auto& [key, list] : json.items()) {
        Times times;
        for (const nlohmann::json& number : list.is_array() ? list : nlohmann::json::array()) {
            if (number.is_number_integer()) {
                const std::int64_t time = std::clamp<std::int64_t>(number.get<std::int64_t>(), 0, latest);
                times.push_back(WallTime(seconds(time)));
            }
        }
        std::sort(times.begin(), times.end());
        forget_old(times, period, now);
        if (!times.empty() && all.size() < limits::budget_keys_max) {
            all.emplace(key, std::move(times));
        }
    }
    return all;
}

}  // namespace

Budget::Budget(std::size_t per_token, std::size_t per_ca) noexcept : per_token_(per_token), per_ca_(per_ca) {}

std::optional<WallTime> Budget::take(const PlannedOrder& order, WallTime now) {
    const bool is_of_client = !order.token.empty() && order.is_new;
    const std::size_t per_ca = is_of_client ? per_ca_ - per_ca_ / reserved_part : per_ca_;
    std::optional<WallTime> next = time_of_next(cas_, order.ca, per_ca, ca_period, now);
    if (is_of_client) {
        next = std::max(next, time_of_next(tokens_, order.token, per_token_, token_period, now));
    }
    if (is_of_client && !order.parent.empty()) {
        next = std::max(next, time_of_next(parents_, parent_key(order.ca, order.parent), limits::names_per_parent,
                                           parent_period, now));
    }
    if (next) {
        return next;
    }
    cas_[std::string(order.ca)].push_back(now);
    if (is_of_client) {
        tokens_[std::string(order.token)].push_back(now);
    }
    return {};
}

void Budget::issued(std::string_view ca, std::string_view parent, WallTime now) {
    const std::string key = parent_key(ca, parent);
    if (!time_of_room(parents_, key, parent_period, now)) {
        parents_[key].push_back(now);
    }
}

std::string Budget::to_json() const {
    const nlohmann::json json{
        {"cas", times_to_json(cas_)}, {"parents", times_to_json(parents_)}, {"tokens", times_to_json(tokens_)}};
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void Budget::from_json(std::string_view text, WallTime now) {
    const nlohmann::json json = read_json_object(text).value_or(nlohmann::json());
    cas_ = times_from_json(member_of(json, "cas"), ca_period, now);
    tokens_ = times_from_json(member_of(json, "tokens"), token_period, now);
    parents_ = times_from_json(member_of(json, "parents"), parent_period, now);
}

}  // namespace ferrotunnel::acme
