#include "metrics/service_counters.hpp"

#include <algorithm>
#include <utility>

namespace ferrotunnel::metrics {

void ServiceSums::add(const ServiceSums& other) noexcept {
    received += other.received;
    sent += other.sent;
    has_http = has_http || other.has_http;
    for (std::size_t i = 0; i < status_classes; ++i) {
        answers[i] += other.answers[i];
    }
    first_byte.add(other.first_byte);
    whole.add(other.whole);
}

ServiceRow::ServiceRow(ServiceLabels labels, Writers writers, std::shared_ptr<ServiceRow> overflow)
    : labels_(std::move(labels)),
      writers_(std::move(writers)),
      overflow_(std::move(overflow)),
      meters_(std::max<std::size_t>(writers_->size(), 1)),
      http_(std::max<std::size_t>(writers_->size(), 1)),
      top_visitors_(std::max<std::size_t>(writers_->size(), 1)) {}

ServiceRow::~ServiceRow() {
    if (overflow_) {
        overflow_->inherit(sums());
    }
}

std::size_t ServiceRow::number_of(const void* writer) const noexcept {
    const auto found = std::find(writers_->begin(), writers_->end(), writer);
    return found != writers_->end() ? static_cast<std::size_t>(found - writers_->begin()) : 0;
}

std::shared_ptr<Meter> ServiceRow::meter(const void* writer) {
    return {shared_from_this(), &meters_.at(number_of(writer))};
}

ServiceSums ServiceRow::sums() const {
    ServiceSums sums;
    {
        const MutexLock lock(mutex_);
        sums = inherited_;
    }
    meters_.for_each([&](const Meter& meter) {
        sums.received += meter.received.load();
        sums.sent += meter.sent.load();
    });
    http_.for_each([&](const HttpCounts& counts) {
        sums.has_http = true;
        for (std::size_t i = 0; i < status_classes; ++i) {
            sums.answers[i] += counts.answers[i].load();
        }
        counts.first_byte.add_to(sums.first_byte);
        counts.whole.add_to(sums.whole);
    });
    return sums;
}

std::vector<TopVisitor> ServiceRow::heaviest_visitors() const {
    std::vector<TopVisitor> all;
    top_visitors_.for_each([&all](const TopVisitors& one) { one.add_to(all); });
    return heaviest_of(std::move(all));
}

void ServiceRow::inherit(const ServiceSums& sums) {
    const MutexLock lock(mutex_);
    inherited_.add(sums);
}

ServiceCounters::ServiceCounters(std::vector<const void*> writers, std::size_t rows_max)
    : CounterTable(rows_max, [shared = std::make_shared<const std::vector<const void*>>(std::move(writers))](
                                 ServiceLabels labels, std::shared_ptr<ServiceRow> overflow) {
          return std::make_shared<ServiceRow>(std::move(labels), shared, std::move(overflow));
      }) {}

}  // namespace ferrotunnel::metrics
