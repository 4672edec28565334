// Metrics of services and of workers, for a scraper.
#include <array>
#include <chrono>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "admin/stats_metrics.hpp"

namespace ferrotunnel::admin {

using metrics::Bucket;
using metrics::Exposition;
using metrics::Type;

namespace {

double seconds_of(std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

/// Services with their labels as text, which is built once: a service has many samples.
using Labelled = std::vector<std::pair<std::string, const ServiceStats*>>;

void put_times(Exposition& to, std::string_view labels, const Timings& timings) {
    std::vector<Bucket> buckets;
    buckets.reserve(timings.buckets.size());
    for (const Timings::Bucket& bucket : timings.buckets) {
        const bool is_last = bucket.up_to == std::chrono::nanoseconds::max();
        buckets.push_back({is_last ? std::numeric_limits<double>::infinity() : seconds_of(bucket.up_to), bucket.count});
    }
    to.histogram(labels, buckets, seconds_of(timings.sum));
}

void put_bytes(Exposition& to, const Labelled& services) {
    to.family("ferrotunnel_service_trunk_received_bytes", Type::counter,
              "Payload bytes of a service received over tunnel connections.");
    for (const auto& [labels, stats] : services) {
        to.sample_of(labels, stats->bytes_received);
    }
    to.family("ferrotunnel_service_trunk_sent_bytes", Type::counter,
              "Payload bytes of a service sent over tunnel connections.");
    for (const auto& [labels, stats] : services) {
        to.sample_of(labels, stats->bytes_sent);
    }
}

void put_answers(Exposition& to, const Labelled& services) {
    static constexpr std::array<std::string_view, 5> classes{"1xx", "2xx", "3xx", "4xx", "5xx"};
    to.family("ferrotunnel_service_http_answers", Type::counter,
              "Completed requests of an HTTP service, by status class of the response.");
    for (const auto& [labels, stats] : services) {
        for (std::size_t i = 0; i < classes.size() && !stats->whole.buckets.empty(); ++i) {
            to.sample_of(labels, stats->answers[i], "code", classes[i]);
        }
    }
}

void put_timings(Exposition& to, const Labelled& services, Timings ServiceStats::*timings) {
    for (const auto& [labels, stats] : services) {
        if (!(stats->*timings).buckets.empty()) {
            put_times(to, labels, stats->*timings);
        }
    }
}

}  // namespace

void put_of_server(Exposition& to, const std::vector<ServiceStats>& services) {
    Labelled all;
    all.reserve(services.size());
    for (const ServiceStats& stats : services) {
        all.emplace_back(
            Exposition::text_of({{"service", stats.service}, {"token", stats.token}, {"endpoint", stats.endpoint}}),
            &stats);
    }
    put_bytes(to, all);
    put_answers(to, all);
    to.family("ferrotunnel_service_http_first_byte_seconds", Type::histogram,
              "Seconds from the head of a request to the head of its response.");
    put_timings(to, all, &ServiceStats::first_byte);
    to.family("ferrotunnel_service_http_request_seconds", Type::histogram,
              "Seconds from the head of a request to the end of its response.");
    put_timings(to, all, &ServiceStats::whole);
}

void put(Exposition& to, const metrics::MemberCounters& members) {
    std::vector<std::pair<std::string, std::shared_ptr<const metrics::MemberRow>>> rows;
    for (const auto& row : members.rows()) {
        const metrics::MemberLabels& labels = row->labels();
        if (row->visitors.load() != 0 || !labels.group.empty()) {  // otherwise no member was forgotten
            rows.emplace_back(Exposition::text_of({{"group", labels.group},
                                                   {"kind", labels.kind},
                                                   {"token", labels.token},
                                                   {"member", labels.member}}),
                              row);
        }
    }
    to.family("ferrotunnel_group_visitors", Type::counter,
              "Connections assigned to a group member; for HTTP, requests.");
    for (const auto& [labels, row] : rows) {
        to.sample_of(labels, row->visitors.load());
    }
    to.family("ferrotunnel_group_visitors_open", Type::gauge,
              "Connections, or HTTP requests, that a group member is serving.");
    for (const auto& [labels, row] : rows) {
        to.sample_of(labels, row->now.load());
    }
    to.family("ferrotunnel_group_ejections", Type::counter,
              "Times a group member was ejected for failing its visitors.");
    for (const auto& [labels, row] : rows) {
        to.sample_of(labels, row->ejections.load());
    }
}

void put_of_client(Exposition& to, const std::vector<ServiceStats>& services) {
    Labelled all;
    all.reserve(services.size());
    for (const ServiceStats& stats : services) {
        all.emplace_back(Exposition::text_of({{"service", stats.service}, {"kind", stats.endpoint}}), &stats);
    }
    put_bytes(to, all);
}

void put(Exposition& to, const ReloadCounts& counts) {
    to.family("ferrotunnel_config_reloads", Type::counter, "Configuration reloads, by result.");
    to.sample(counts.applied, {{"result", "applied"}});
    to.sample(counts.refused, {{"result", "refused"}});
    to.single("ferrotunnel_config_last_reload_successful", Type::gauge,
              "1 if the last configuration reload succeeded, 0 if the configuration was rejected.",
              std::uint64_t{counts.last_was_applied ? 1U : 0U});
    to.single("ferrotunnel_config_last_reload_success_timestamp_seconds", Type::gauge,
              "Time of the last successful configuration reload, in seconds since 1970; 0 if there was none.",
              counts.last_applied);
    to.single("ferrotunnel_config_last_reload_failure_timestamp_seconds", Type::gauge,
              "Time of the last rejected configuration reload, in seconds since 1970; 0 if there was none.",
              counts.last_refused);
}

void put(Exposition& to, const std::vector<WorkerStats>& workers) {
    const auto put_each = [&](std::chrono::nanoseconds WorkerStats::*time) {
        for (std::size_t i = 0; i < workers.size(); ++i) {
            to.sample(seconds_of(workers[i].*time), {{"worker", std::to_string(i)}});
        }
    };
    to.family("ferrotunnel_worker_ran_seconds", Type::counter, "CPU time used by a worker thread, in seconds.");
    put_each(&WorkerStats::ran);
    to.family("ferrotunnel_worker_waited_seconds", Type::counter,
              "Time a worker thread was runnable and waited for a CPU, in seconds.");
    put_each(&WorkerStats::waited);
    Timings delays;
    for (const WorkerStats& worker : workers) {
        delays.sum += worker.timer_delays.sum;
        delays.buckets.resize(worker.timer_delays.buckets.size());
        for (std::size_t i = 0; i < delays.buckets.size(); ++i) {
            delays.buckets[i].up_to = worker.timer_delays.buckets[i].up_to;
            delays.buckets[i].count += worker.timer_delays.buckets[i].count;
        }
    }
    to.family("ferrotunnel_worker_timer_delay_seconds", Type::histogram,
              "Delay of timers caused by busy workers or a busy CPU, in seconds.");
    put_times(to, {}, delays);
}

void put_usual_names(Exposition& to, const TrafficStats& stats) {
    to.single("ferrotunnel_tunnel_frames_processed", Type::counter, "Frames received and sent.",
              stats.frames_received + stats.frames_sent);
    to.single("ferrotunnel_tunnel_bytes_transferred", Type::counter, "Payload bytes received and sent.",
              stats.bytes_received + stats.bytes_sent);
    to.single("ferrotunnel_tunnel_queue_depth", Type::gauge, "Payload bytes queued in memory.",
              stats.bytes_held + stats.bytes_queued);
    to.family("ferrotunnel_tunnel_decode_latency_seconds", Type::histogram,
              "Seconds spent decoding the frames of one read; one read in sixteen is sampled.");
    put_times(to, {}, stats.decode);
    to.family("ferrotunnel_tunnel_encode_latency_seconds", Type::histogram,
              "Seconds spent encoding the frames of one write; one write in sixteen is sampled.");
    put_times(to, {}, stats.encode);
}

}  // namespace ferrotunnel::admin
