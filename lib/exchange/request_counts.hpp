// What becomes of the requests of each service: their answers by class, and how long they took.
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "exchange/exchange_worker.hpp"
#include "exchange/request_facts.hpp"

namespace ferrotunnel::exchange {

/// Counts that the head of an answer is there. What belongs to no service is not counted.
void count_first_byte(ExchangeWorker& edge, const RequestFacts& request, Duration took) noexcept;

/// Counts a request that is over. `status`: that of its answer; 0: it had none, and is not counted.
void count_answer(ExchangeWorker& edge, const RequestFacts& request, std::uint16_t status, Duration took) noexcept;

/// Counts a request that is over, answered or not, for the visitors who make most of its service's traffic. `bytes`: of
/// the bodies, both ways.
void count_visitor(ExchangeWorker& edge, const RequestFacts& request, const net::Address& from,
                   std::uint64_t bytes) noexcept;

}  // namespace ferrotunnel::exchange
