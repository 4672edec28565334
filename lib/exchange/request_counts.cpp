#include "exchange/request_counts.hpp"

#include <algorithm>
#include <exception>

namespace ferrotunnel::exchange {
namespace {

// Counts, if the request has a service and there is memory for the counters, which each worker allocates once per
// service.
template <typename Action>
void count_for(const RequestFacts& request, Action action) noexcept try {
    if (metrics::ServiceRow* const row = request.service ? request.service->row() : nullptr) {
        action(*row);
    }
} catch (const std::exception&) {
}

}  // namespace

void count_first_byte(ExchangeWorker& edge, const RequestFacts& request, Duration took) noexcept {
    count_for(request, [&](metrics::ServiceRow& row) { edge.counts_of(row).first_byte.count(took); });
}

// A connection with switched protocols may last for days, and tells nothing about response times.
void count_answer(ExchangeWorker& edge, const RequestFacts& request, std::uint16_t status, Duration took) noexcept {
    if (status == 0) {
        return;
    }
    count_for(request, [&](metrics::ServiceRow& row) {
        metrics::HttpCounts& counts = edge.counts_of(row);
        const auto status_class = static_cast<std::size_t>(std::clamp(status / 100, 1, 5)) - 1;
        counts.answers[status_class].add(1);
        if (status_class != 0) {
            counts.whole.count(took);
        }
    });
}

void count_visitor(ExchangeWorker& edge, const RequestFacts& request, const net::Address& from,
                   std::uint64_t bytes) noexcept {
    count_for(request, [&](metrics::ServiceRow& row) { edge.visitors_of(row).count(from, 1, bytes); });
}

}  // namespace ferrotunnel::exchange
