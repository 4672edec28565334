#include "circuit-breaker/circuit_breaker.hpp"

#include "common/retry_after.hpp"

namespace ferrotunnel::plugins {

using plugin::Decision;
using plugin::Exchange;
using plugin::Origin;
using plugin::Outcome;
using plugin::Settings;

namespace {

// The state of an exchange that has entered its circuit.
void leave(void* kept) {
    const auto* const place = static_cast<const Circuit::Place*>(kept);
    place->circuit->leave(place->is_probe);
}

enum class ServiceResult : std::uint8_t { success, failure, unknown };

// Whether the service works, according to its response. Responses of other plugins, and the edge's own to a bad
// request, do not count.
ServiceResult result_of(const Exchange& exchange) noexcept {
    const std::uint16_t status = exchange.status();
    switch (exchange.origin()) {
        case Origin::backend:
            return status >= 500 ? ServiceResult::failure : ServiceResult::success;
        case Origin::edge:
            return status == 502 || status == 503 || status == 504 ? ServiceResult::failure : ServiceResult::unknown;
        case Origin::plugin:
            return ServiceResult::unknown;
    }
    return ServiceResult::unknown;
}

}  // namespace

CircuitBreaker::CircuitBreaker(const Settings& settings, CircuitBreaker* before)
    : rules_{static_cast<std::uint64_t>(settings.integer("failures").value_or(1)), settings.number("ratio").value_or(0),
             std::chrono::nanoseconds(settings.integer("window").value_or(0)),
             std::chrono::nanoseconds(settings.integer("open_for").value_or(0))},
      state_([&] {
          const auto services = static_cast<std::size_t>(settings.integer("services").value_or(0));
          const bool fits =
              before != nullptr && before->state_->services == services && before->state_->window == rules_.window;
          return fits ? before->state_ : std::make_shared<SharedState>(services, rules_.window);
      }()) {}

Decision CircuitBreaker::on_request(Exchange& exchange) {
    const std::chrono::nanoseconds now = plugin::clock_now();
    // Clients choose the names of services, which are not unique; together with the host they are.
    const std::uint64_t key = state_->hash(exchange.service(), exchange.host()) | 1;
    Circuit* const circuit = state_->table.find(key, now);
    if (circuit == nullptr) {
        return Decision::go_on();  // too many services have failed or are busy, so this one is not watched
    }
    const Circuit::Admission admission = circuit->enter(now);
    switch (admission.entry) {
        case Circuit::Entry::passes:
            exchange.keep(&circuit->as_request, leave);
            break;
        case Circuit::Entry::probes:
            exchange.keep(&circuit->as_probe, leave);
            log(Level::info, "circuit half-open, one request probes " + std::string(exchange.host()));
            break;
        case Circuit::Entry::refused:
            return Decision::reject(503, "circuit_open", {retry_after(admission.wait)});
    }
    return Decision::go_on();
}

Decision CircuitBreaker::on_response(Exchange& exchange) {
    const auto* const place = static_cast<const Circuit::Place*>(exchange.kept());
    const ServiceResult result = place != nullptr ? result_of(exchange) : ServiceResult::unknown;
    if (result != ServiceResult::unknown) {
        const bool has_failed = result == ServiceResult::failure;
        const Circuit::Change change =
            place->circuit->record_result(has_failed, place->is_probe, rules_, plugin::clock_now());
        exchange.keep(nullptr, nullptr);  // a response is recorded once
        if (change != Circuit::Change::none) {
            log_change(exchange, change);
        }
    }
    return Decision::go_on();
}

void CircuitBreaker::on_close(Exchange& exchange, const Outcome&) {
    exchange.keep(nullptr, nullptr);
}

void CircuitBreaker::log_change(Exchange& exchange, Circuit::Change change) const {
    const std::string of = " for " + std::string(exchange.service()) + " at " + std::string(exchange.host());
    switch (change) {
        case Circuit::Change::none:
            return;
        case Circuit::Change::opened:
            return log(Level::warn, "circuit open" + of + ": too many failures");
        case Circuit::Change::opened_again:
            return log(Level::warn, "circuit open again" + of + ": the probe failed");
        case Circuit::Change::closed:
            return log(Level::info, "circuit closed" + of);
    }
}

}  // namespace ferrotunnel::plugins
