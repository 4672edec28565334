#include "api/service_numbers.hpp"

#include <algorithm>
#include <string_view>

namespace ferrotunnel::detail {

std::vector<const void*> writers_of(runtime::WorkerGroup& group) {
    std::vector<const void*> writers;
    for (std::size_t i = 0; i < group.size(); ++i) {
        writers.push_back(&group.at(i));
    }
    return writers;
}

namespace {

// The kind of a service at a server, which its address shows.
std::string_view kind_of(std::string_view address) {
    const auto begins = [address](std::string_view scheme) { return address.starts_with(scheme); };
    if (begins("http://") || begins("https://")) {
        return "http";
    }
    if (begins("tls://") || begins("udp://")) {
        return address.substr(0, 3);
    }
    const bool is_word = address.find(':') == std::string_view::npos;  // "private", "visit", or no service
    return is_word ? address : "tcp";
}

}  // namespace

std::vector<ServiceStats> service_stats(const metrics::ServiceCounters& counters, CountingSide side) {
    std::vector<ServiceStats> all;
    const auto rows = counters.rows();
    all.reserve(rows.size());
    for (const auto& row : rows) {
        const metrics::ServiceSums sums = row->sums();
        ServiceStats& stats = all.emplace_back();
        stats.service = row->labels().service;
        stats.token = row->labels().token;
        stats.endpoint = row->labels().endpoint;
        stats.kind = kind_of(row->labels().endpoint);
        stats.bytes_received = sums.received;
        stats.bytes_sent = sums.sent;
        // A server sends on tunnel connections what visitors of services have sent, and receives it for visits.
        const bool is_visit = row->labels().endpoint == metrics::visit_endpoint;
        const bool is_received = (side == CountingSide::server) == is_visit;
        stats.bytes_from_visitors = is_received ? sums.received : sums.sent;
        stats.bytes_to_visitors = is_received ? sums.sent : sums.received;
        if (sums.has_http) {
            std::copy(sums.answers.begin(), sums.answers.end(), stats.answers.begin());
            stats.first_byte = timings_of(sums.first_byte, metrics::request_bounds);
            stats.whole = timings_of(sums.whole, metrics::request_bounds);
        }
    }
    return all;
}

std::vector<WorkerStats> worker_stats(runtime::WorkerGroup& group) {
    std::vector<WorkerStats> all;
    for (std::size_t i = 0; i < group.size(); ++i) {
        const runtime::Worker& worker = group.at(i);
        metrics::WorkTimes::Sums delays;
        worker.timer_delays().add_to(delays);
        WorkerStats& stats = all.emplace_back();
        stats.timer_delays = timings_of(delays, metrics::work_bounds);
        if (const auto times = worker.cpu_times()) {
            stats.ran = times->ran;
            stats.waited = times->waited;
        }
    }
    return all;
}

}  // namespace ferrotunnel::detail
