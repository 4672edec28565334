#include "rate-limit/rate_limit.hpp"

#include <cmath>
#include <exception>

#include "common/retry_after.hpp"

namespace ferrotunnel::plugins {

using plugin::Decision;
using plugin::Exchange;
using plugin::Settings;
using std::chrono::nanoseconds;

void RateLimit::check(const Settings& settings) {
    constexpr nanoseconds longest = std::chrono::hours(24 * 30);
    try {
        (void)ExchangeKey(settings);
    } catch (const std::exception& problem) {
        settings.problem("key", problem.what());
    }
    const Rate rate = rate_of(settings);
    if (rate.interval > longest / rate.burst) {
        settings.problem("burst", "takes more than 30 days to refill at this rate");
    }
}

Rate RateLimit::rate_of(const Settings& settings) {
    const double a_second = settings.number("rate").value_or(1);
    const std::int64_t in_a_second = a_second < 1 ? 1 : std::llround(std::ceil(a_second));
    return {nanoseconds(std::llround(std::ceil(1e9 / a_second))), settings.integer("burst").value_or(in_a_second)};
}

RateLimit::RateLimit(const Settings& settings, RateLimit* before)
    : rate_(rate_of(settings)), key_(settings), state_([&] {
          const auto entries = static_cast<std::size_t>(settings.integer("entries").value_or(0));
          const bool fits = before != nullptr && before->state_->entries == entries;
          return fits ? before->state_ : std::make_shared<SharedState>(entries);
      }()) {}

nanoseconds RateLimit::wait_of(std::string_view visitor) const noexcept {
    return state_->table.take(key_.of_visitor(visitor, state_->hash), rate_, plugin::clock_now());
}

Decision RateLimit::on_request(Exchange& exchange) {
    const nanoseconds wait = state_->table.take(key_.of(exchange, state_->hash), rate_, plugin::clock_now());
    return wait.count() == 0 ? Decision::go_on() : Decision::reject(429, "rate_limited", {retry_after(wait)});
}

Decision RateLimit::on_connect(plugin::Visitor& visit) {
    const nanoseconds wait = state_->table.take(key_.of(visit, state_->hash), rate_, plugin::clock_now());
    return wait.count() == 0 ? Decision::go_on() : Decision::refuse("rate_limited");
}

}  // namespace ferrotunnel::plugins
