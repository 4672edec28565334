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

std::optional<WallTime> Budget::take(std::string_view token, std::string_view ca, WallTime now) {
    const bool counts_token = !token.empty();
    const std::optional<WallTime> by_ca = time_of_next(cas_, ca, per_ca_, ca_period, now);
    const std::optional<WallTime> by_token =
        counts_token ? time_of_next(tokens_, token, per_token_, token_period, now) : std::nullopt;
    if (by_ca || by_token) {
        return std::max(by_ca.value_or(now), by_token.value_or(now));
    }
    cas_[std::string(ca)].push_back(now);
    if (counts_token) {
        tokens_[std::string(token)].push_back(now);
    }
    return {};
}

std::string Budget::to_json() const {
    const nlohmann::json json{{"cas", times_to_json(cas_)}, {"tokens", times_to_json(tokens_)}};
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void Budget::from_json(std::string_view text, WallTime now) {
    const nlohmann::json json = read_json_object(text).value_or(nlohmann::json());
    cas_ = times_from_json(member_of(json, "cas"), ca_period, now);
    tokens_ = times_from_json(member_of(json, "tokens"), token_period, now);
}

}  // namespace ferrotunnel::acme
