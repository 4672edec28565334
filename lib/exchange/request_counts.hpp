// Counters of each service's requests: their responses by class, and their durations.
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "exchange/exchange_worker.hpp"
#include "exchange/request_facts.hpp"

namespace ferrotunnel::exchange {

/// Counts the arrival of the response's head. Requests without a service are not counted.
void count_first_byte(ExchangeWorker& edge, const RequestFacts& request, Duration took) noexcept;

/// Counts a finished request. `status`: that of its response; 0 if it had none; then it is not counted.
void count_answer(ExchangeWorker& edge, const RequestFacts& request, std::uint16_t status, Duration took) noexcept;

/// Counts a finished request, answered or not, for the visitors with the most traffic of its service. `bytes`: of the
/// bodies, both ways.
void count_visitor(ExchangeWorker& edge, const RequestFacts& request, const net::Address& from,
                   std::uint64_t bytes) noexcept;

}  // namespace ferrotunnel::exchange
