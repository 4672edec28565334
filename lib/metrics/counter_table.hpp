// Rows of counters by labels: they outlive what they count, so that totals never decrease, and are bounded
// nevertheless.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/mutex.hpp"

namespace ferrotunnel::metrics {

/// The rows of one kind. A `Row` has `labels()`, and passes its counts to its overflow row when it ends. Thread-safe.
template <typename Labels, typename Row>
class CounterTable {
public:
    /// Creates a row; `overflow` is null for the rest row.
    using Make = std::function<std::shared_ptr<Row>(Labels labels, std::shared_ptr<Row> overflow)>;

    CounterTable(std::size_t rows_max, Make make)
        : rows_max_(rows_max), make_(std::move(make)), rest_(make_({}, nullptr)) {}

    /// The row with these labels. If the limit is reached, unused rows are summed up in the rest row; if all are in use
    /// the rest row is returned.
    std::shared_ptr<Row> row(Labels labels) {
        const MutexLock lock(mutex_);
        if (const auto known = rows_.find(labels); known != rows_.end()) {
            return known->second;
        }
        if (rows_.size() >= rows_max_) {
            forget_unused();
        }
        if (rows_.size() >= rows_max_) {
            return rest_;
        }
        auto made = make_(labels, rest_);
        rows_.emplace(std::move(labels), made);
        return made;
    }
    /// The row of everything without a row of its own. Its labels are empty.
    const std::shared_ptr<Row>& rest() const noexcept { return rest_; }
    /// All rows, ordered by their labels; the rest row is last.
    std::vector<std::shared_ptr<const Row>> rows() const {
        std::vector<std::shared_ptr<const Row>> all;
        const MutexLock lock(mutex_);
        all.reserve(rows_.size() + 1);
        for (const auto& [labels, row] : rows_) {
            all.push_back(row);
        }
        all.push_back(rest_);
        return all;
    }

private:
    // References are created only under the lock, or from existing ones: a row that only the table holds stays so, and
    // its earlier holders count no more.
    void forget_unused() REQUIRES(mutex_) {
        std::erase_if(rows_, [](const auto& entry) {
            return entry.second.use_count() == 1;  // only the table holds the row, so nothing counts in it any more
        });
    }

    const std::size_t rows_max_;
    const Make make_;
    const std::shared_ptr<Row> rest_;
    mutable Mutex mutex_;
    std::map<Labels, std::shared_ptr<Row>> rows_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::metrics
