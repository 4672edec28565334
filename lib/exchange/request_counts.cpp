#include "exchange/request_counts.hpp"

#include <algorithm>
#include <exception>

namespace ferrotunnel::exchange {
namespace {

// Counts, if the request has a service and there is memory to count in: that is needed once for a worker and a service.
template <typename Action>
void count_for(ExchangeWorker& edge, const RequestFacts& request, Action action) noexcept try {
    if (metrics::ServiceRow* const row = request.service ? request.service->row() : nullptr) {
        action(edge.counts_of(*row));
    }
} catch (const std::exception&) {
}

}  // namespace

void count_first_byte(ExchangeWorker& edge, const RequestFacts& request, Duration took) noexcept {
    count_for(edge, request, [&](metrics::HttpCounts& counts) { counts.first_byte.count(took); });
}

// What has switched protocols may last for days, and says nothing of how fast requests are answered.
void count_answer(ExchangeWorker& edge, const RequestFacts& request, std::uint16_t status, Duration took) noexcept {
    if (status == 0) {
        return;
    }
    count_for(edge, request, [&](metrics::HttpCounts& counts) {
        const auto status_class = static_cast<std::size_t>(std::clamp(status / 100, 1, 5)) - 1;
        counts.answers[status_class].add(1);
        if (status_class != 0) {
            counts.whole.count(took);
        }
    });
}

}  // namespace ferrotunnel::exchange
