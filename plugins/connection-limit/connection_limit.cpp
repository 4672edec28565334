#include "connection-limit/connection_limit.hpp"

#include <exception>

#include "common/retry_after.hpp"

namespace ferrotunnel::plugins {

using plugin::Decision;
using plugin::Exchange;
using plugin::Outcome;
using plugin::Settings;

void ConnectionLimit::check(const Settings& settings) {
    try {
        (void)ExchangeKey(settings);
    } catch (const std::exception& problem) {
        settings.problem("key", problem.what());
    }
    const auto status = settings.integer("status");
    if (status != 429 && status != 503) {
        settings.problem("status", "is not 503 or 429");
    }
}

ConnectionLimit::ConnectionLimit(const Settings& settings, ConnectionLimit* before)
    : limit_(static_cast<std::uint64_t>(settings.integer("limit").value_or(1))),
      key_(settings),
      status_(static_cast<std::uint16_t>(settings.integer("status").value_or(503))),
      retry_after_(settings.integer("retry_after").value_or(0)),
      state_([&] {
          const auto entries = static_cast<std::size_t>(settings.integer("entries").value_or(0));
          const bool fits = before != nullptr && before->state_->entries == entries;
          return fits ? before->state_ : std::make_shared<SharedState>(entries);
      }()) {}

Decision ConnectionLimit::on_request(Exchange& exchange) {
    const LeaseTable::Taken taken = state_->table.take(key_.of(exchange, state_->hash), limit_);
    if (taken.lease == nullptr) {
        const bool is_full = taken.refusal == LeaseTable::Refusal::full;
        return Decision::reject(status_, is_full ? "connection_limit_full" : "connection_limit",
                                {retry_after(retry_after_)});
    }
    // Returned in any case: when the exchange is closed, or destroyed without being closed.
    exchange.keep(taken.lease, [](void* lease) { LeaseTable::give_back(*static_cast<LeaseTable::Lease*>(lease)); });
    return Decision::go_on();
}

// The visitor keeps its place until it disconnects, whether it was served or not.
Decision ConnectionLimit::on_connect(plugin::Visit& visit) {
    Counted& counted = visit.state<Counted>();
    if (counted.lease == nullptr) {
        const LeaseTable::Taken taken = state_->table.take(key_.of(visit, state_->hash), limit_);
        if (taken.lease == nullptr) {
            return Decision::refuse(taken.refusal == LeaseTable::Refusal::full ? "connection_limit_full"
                                                                               : "connection_limit");
        }
        counted.known = state_;
        counted.lease = taken.lease;
    }
    return Decision::go_on();
}

void ConnectionLimit::on_close(Exchange& exchange, const Outcome&) {
    exchange.keep(nullptr, nullptr);
}

}  // namespace ferrotunnel::plugins
