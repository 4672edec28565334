// Counters of traffic and responses per service of a Client or a Server. They outlive connections, so that totals never
// decrease.
//
//   ServiceCounters --rows--> ServiceRow: labels, and for each worker that counts
//                               Meter         <-- mux::Session, with each frame of payload
//                               HttpCounts    <-- exchange, when a request has ended
//
// A worker counts in its own values, with plain stores; a reader sums them up without blocking. Streams and services
// hold the row in which they count.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "metrics/counter_table.hpp"
#include "metrics/histogram.hpp"
#include "metrics/limits.hpp"
#include "metrics/meter.hpp"
#include "metrics/per_writer.hpp"
#include "metrics/top_visitors.hpp"

namespace ferrotunnel::metrics {

/// Identifies a service: words chosen by operator and clients.
struct ServiceLabels {
    std::string service;
    std::string token;     // that it is offered with; empty on a client
    std::string endpoint;  // where visitors find it; on a client, its kind

    friend auto operator<=>(const ServiceLabels&, const ServiceLabels&) = default;
};

/// The endpoint of rows for visits of a client to services of others.
inline constexpr const char* visit_endpoint = "visit";

inline constexpr std::size_t status_classes = 5;  // 1xx to 5xx

/// The counters of a service, summed up.
struct ServiceSums {
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    bool has_http = false;
    std::array<std::uint64_t, status_classes> answers{};
    RequestTimes::Sums first_byte;
    RequestTimes::Sums whole;

    void add(const ServiceSums& other) noexcept;
};

/// Requests of a service as counted by one worker; any thread reads.
struct alignas(64) HttpCounts {
    std::array<Counter, status_classes> answers;  // finished requests, by status of their responses
    RequestTimes first_byte;                      // from the request's head to the response's
    RequestTimes whole;                           // to the end of the response; without protocol upgrades
};

/// The writers, by a pointer that differs for each thread; without any, there is one.
using Writers = std::shared_ptr<const std::vector<const void*>>;

class ServiceRow : public std::enable_shared_from_this<ServiceRow> {
public:
    /// `overflow`: receives the row's counts when it ends; may be null.
    ServiceRow(ServiceLabels labels, Writers writers, std::shared_ptr<ServiceRow> overflow);
    ~ServiceRow();
    ServiceRow(const ServiceRow&) = delete;
    ServiceRow& operator=(const ServiceRow&) = delete;

    const ServiceLabels& labels() const noexcept { return labels_; }
    /// The number of a writer, as for `http`: the same for all rows of a table.
    std::size_t number_of(const void* writer) const noexcept;
    /// The byte counters of this writer; they hold the row. Thread-safe.
    std::shared_ptr<Meter> meter(const void* writer);
    /// The request counters of the writer with this number; they live as long as the row.
    HttpCounts& http(std::size_t writer) { return http_.at(writer); }
    /// The visitors as counted by this writer; they live as long as the row.
    TopVisitors& top_visitors(std::size_t writer) { return top_visitors_.at(writer); }
    /// Thread-safe.
    ServiceSums sums() const;
    /// The visitors with most traffic, heaviest first. Thread-safe. An overflow row does not get them.
    std::vector<TopVisitor> heaviest_visitors() const;

private:
    void inherit(const ServiceSums& sums);

    const ServiceLabels labels_;
    const Writers writers_;
    const std::shared_ptr<ServiceRow> overflow_;
    PerWriter<Meter> meters_;
    PerWriter<HttpCounts> http_;
    PerWriter<TopVisitors> top_visitors_;
    mutable Mutex mutex_;
    ServiceSums inherited_ GUARDED_BY(mutex_);
};

/// Thread-safe.
class ServiceCounters : public CounterTable<ServiceLabels, ServiceRow> {
public:
    explicit ServiceCounters(std::vector<const void*> writers = {}, std::size_t rows_max = limits::service_rows_max);
};

}  // namespace ferrotunnel::metrics
