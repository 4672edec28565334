#include "api/client_statistics.hpp"

#include <chrono>
#include <optional>

#include "api/statistics.hpp"
#include "inspect/reading.hpp"

namespace ferrotunnel::detail {

namespace {

std::optional<std::chrono::microseconds> microseconds_of(const std::optional<Duration>& time) {
    return time ? std::optional(std::chrono::duration_cast<std::chrono::microseconds>(*time)) : std::nullopt;
}

RecordedExchange summary_of(const inspect::Exchange& kept) {
    RecordedExchange exchange;
    exchange.id = kept.id;
    exchange.service = kept.service;
    exchange.visitor = inspect::visitor_of(kept);
    exchange.method = inspect::method_of(kept);
    exchange.target = inspect::target_of(kept);
    exchange.status = inspect::status_of(kept);
    exchange.problem = inspect::problem_of(kept);
    const auto age = std::chrono::duration_cast<std::chrono::system_clock::duration>(Clock::now() - kept.began);
    exchange.began = std::chrono::system_clock::now() - age;
    exchange.first_byte = microseconds_of(kept.first_byte);
    exchange.duration = microseconds_of(kept.end);
    const bool is_stream = kept.kind == inspect::Exchange::Kind::connection || kept.upgraded;
    exchange.bytes_received = is_stream ? kept.to_backend : kept.request.body_bytes;
    exchange.bytes_sent = is_stream ? kept.from_backend : kept.answer.body_bytes;
    return exchange;
}

}  // namespace

ClientStats ClientStatistics::stats() const {
    return collect(needs_);
}

std::vector<ServiceStats> ClientStatistics::services() const {
    return collect(*needs_.shared->services);
}

std::vector<WorkerStats> ClientStatistics::workers() const {
    return collect(needs_.workers);
}

std::vector<RecordedExchange> ClientStatistics::exchanges(std::size_t most) const {
    std::vector<RecordedExchange> newest;
    if (needs_.shared->inspector) {
        for (const auto& record : needs_.shared->inspector->records().all()) {
            if (newest.size() == most) {
                break;
            }
            newest.push_back(record->read(summary_of));
        }
    }
    return newest;
}

}  // namespace ferrotunnel::detail
