#include "exchange/exchange_record.hpp"

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

void ExchangeRecord::answer(std::uint16_t status) noexcept {
    has_answer_ = true;
    status_ = status;
    const Duration took = at_.now() - begun_at_;
    count_for(at_.request, [&](metrics::ServiceRow& row) { at_.edge.counts_of(row).first_byte.count(took); });
}

// A connection with switched protocols may last for days, and tells nothing about response times.
void ExchangeRecord::count_answer() noexcept {
    if (status_ == 0) {
        return;
    }
    const Duration took = at_.now() - begun_at_;
    count_for(at_.request, [&](metrics::ServiceRow& row) {
        metrics::HttpCounts& counts = at_.edge.counts_of(row);
        const auto status_class = static_cast<std::size_t>(std::clamp(status_ / 100, 1, 5)) - 1;
        counts.answers[status_class].add(1);
        if (status_class != 0) {
            counts.whole.count(took);
        }
    });
}

void ExchangeRecord::count_visitor(std::uint64_t bytes) noexcept {
    count_for(at_.request,
              [&](metrics::ServiceRow& row) { at_.edge.visitors_of(row).count(at_.visitor.wire, 1, bytes); });
}

void ExchangeRecord::write(const End& end) noexcept {
    const Duration took = at_.now() - begun_at_;
    const hooks::Outcome outcome{status_, end.how == access::Outcome::complete, end.request_bytes, answer_bytes_, took};
    if (end.run != nullptr) {
        end.run->close(outcome);
    }
    access_.write(at_.request, at_.visitor, {outcome, end.how, end.cause, end.member}, begun_at_, at_.edge.log);
}

}  // namespace ferrotunnel::exchange
