#include "metrics/service_book.hpp"

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

ServiceRow::ServiceRow(ServiceLabels labels, Writers writers, std::shared_ptr<ServiceRow> heir)
    : labels_(std::move(labels)),
      writers_(std::move(writers)),
      heir_(std::move(heir)),
      meters_(std::max<std::size_t>(writers_->size(), 1)),
      http_(std::max<std::size_t>(writers_->size(), 1)) {}

ServiceRow::~ServiceRow() {
    if (heir_) {
        heir_->inherit(sums());
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
        const std::lock_guard lock(mutex_);
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

void ServiceRow::inherit(const ServiceSums& sums) {
    const std::lock_guard lock(mutex_);
    inherited_.add(sums);
}

ServiceBook::ServiceBook(std::vector<const void*> writers, std::size_t rows_max)
    : writers_(std::make_shared<const std::vector<const void*>>(std::move(writers))),
      rows_max_(rows_max),
      rest_(std::make_shared<ServiceRow>(ServiceLabels{}, writers_, nullptr)) {}

std::shared_ptr<ServiceRow> ServiceBook::row(ServiceLabels labels) {
    const std::lock_guard lock(mutex_);
    if (const auto known = rows_.find(labels); known != rows_.end()) {
        return known->second;
    }
    if (rows_.size() >= rows_max_) {
        forget_unused();
    }
    if (rows_.size() >= rows_max_) {
        return rest_;
    }
    auto made = std::make_shared<ServiceRow>(labels, writers_, rest_);
    rows_.emplace(std::move(labels), made);
    return made;
}

// Rows are given out under the lock alone, or shared by those who have them: one that only the book has stays so, and
// whoever had it counts no more.
void ServiceBook::forget_unused() {
    std::erase_if(rows_, [](const auto& entry) {
        return entry.second.use_count() == 1;  // its end follows, behind all that others have counted
    });
}

std::vector<std::shared_ptr<const ServiceRow>> ServiceBook::rows() const {
    std::vector<std::shared_ptr<const ServiceRow>> all;
    const std::lock_guard lock(mutex_);
    all.reserve(rows_.size() + 1);
    for (const auto& [labels, row] : rows_) {
        all.push_back(row);
    }
    all.push_back(rest_);
    return all;
}

}  // namespace ferrotunnel::metrics
