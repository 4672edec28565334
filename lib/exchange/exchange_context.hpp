// Context of an exchange's parts: its worker, its visitor, and the facts of its request.
#pragma once

#include "exchange/exchange_worker.hpp"
#include "exchange/request_facts.hpp"
#include "exchange/visitor_facts.hpp"

namespace ferrotunnel::exchange {

/// The exchange outlives its parts; `request` belongs to the exchange.
struct ExchangeContext {
    ExchangeWorker& edge;
    const VisitorFacts& visitor;
    RequestFacts& request;

    TimePoint now() const noexcept { return edge.worker.now(); }
};

}  // namespace ferrotunnel::exchange
