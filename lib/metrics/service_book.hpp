// What the services of a Client or a Server have moved and answered: counters that outlive connections, so that totals
// never go back.
//
//   ServiceBook --rows--> ServiceRow: labels, and for each worker that counts
//                           Meter         <-- mux::Session, with each frame of payload
//                           HttpCounts    <-- exchange, when a request has ended
//
// A worker counts in what is its own, with plain stores; who reads adds up and makes nobody wait. Streams and services
// keep the row that they count in.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "metrics/histogram.hpp"
#include "metrics/limits.hpp"
#include "metrics/meter.hpp"
#include "metrics/per_writer.hpp"
#include "metrics/row_book.hpp"
#include "metrics/top_visitors.hpp"

namespace ferrotunnel::metrics {

/// Names a service: words that operator and clients have chosen.
struct ServiceLabels {
    std::string service;
    std::string token;     // that it is offered with; empty on a client
    std::string endpoint;  // where visitors find it; on a client, what kind it has

    friend auto operator<=>(const ServiceLabels&, const ServiceLabels&) = default;
};

/// The endpoint of rows for visits of a client to services of others.
inline constexpr const char* visit_endpoint = "visit";

inline constexpr std::size_t status_classes = 5;  // 1xx to 5xx

/// What is known of a service, added up.
struct ServiceSums {
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    bool has_http = false;
    std::array<std::uint64_t, status_classes> answers{};
    RequestTimes::Sums first_byte;
    RequestTimes::Sums whole;

    void add(const ServiceSums& other) noexcept;
};

/// The requests of a service, as one worker counts them; any thread reads.
struct alignas(64) HttpCounts {
    std::array<Counter, status_classes> answers;  // requests that are over, by the status of their answers
    RequestTimes first_byte;                      // from the request's head to the answer's
    RequestTimes whole;                           // to the end of the answer; not of what switches protocols
};

/// Who counts, by anything that is different for each thread; without any, one.
using Writers = std::shared_ptr<const std::vector<const void*>>;

class ServiceRow : public std::enable_shared_from_this<ServiceRow> {
public:
    /// `heir`: gets what the row has counted when it ends; null: nobody does.
    ServiceRow(ServiceLabels labels, Writers writers, std::shared_ptr<ServiceRow> heir);
    ~ServiceRow();
    ServiceRow(const ServiceRow&) = delete;
    ServiceRow& operator=(const ServiceRow&) = delete;

    const ServiceLabels& labels() const noexcept { return labels_; }
    /// The number of a writer, as `http` wants it: the same for all rows of a book.
    std::size_t number_of(const void* writer) const noexcept;
    /// Where this writer counts bytes; it keeps the row. Any thread may ask.
    std::shared_ptr<Meter> meter(const void* writer);
    /// Where the writer with this number counts requests; it lives as long as the row.
    HttpCounts& http(std::size_t writer) { return http_.at(writer); }
    /// The visitors as this writer counts them; they live as long as the row.
    TopVisitors& top_visitors(std::size_t writer) { return top_visitors_.at(writer); }
    /// Any thread.
    ServiceSums sums() const;
    /// The visitors with most traffic, heaviest first. Any thread. An heir does not get them.
    std::vector<TopVisitor> heaviest_visitors() const;

private:
    void inherit(const ServiceSums& sums);

    const ServiceLabels labels_;
    const Writers writers_;
    const std::shared_ptr<ServiceRow> heir_;
    PerWriter<Meter> meters_;
    PerWriter<HttpCounts> http_;
    PerWriter<TopVisitors> top_visitors_;
    mutable Mutex mutex_;
    ServiceSums inherited_ GUARDED_BY(mutex_);
};

/// Any thread.
class ServiceBook : public RowBook<ServiceLabels, ServiceRow> {
public:
    explicit ServiceBook(std::vector<const void*> writers = {}, std::size_t rows_max = limits::service_rows_max);
};

}  // namespace ferrotunnel::metrics
