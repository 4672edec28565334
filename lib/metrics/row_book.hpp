// Rows of counters by labels: they outlive what they count, so that totals never go back, and are bounded all the same.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/mutex.hpp"

namespace ferrotunnel::metrics {

/// The rows of one kind. A `Row` has `labels()`, and gives what it has counted to its heir when it ends. Any thread.
template <typename Labels, typename Row>
class RowBook {
public:
    /// Makes a row; the heir is null for that of the rest.
    using Make = std::function<std::shared_ptr<Row>(Labels labels, std::shared_ptr<Row> heir)>;

    RowBook(std::size_t rows_max, Make make) : rows_max_(rows_max), make_(std::move(make)), rest_(make_({}, nullptr)) {}

    /// The row with these labels. Where there are as many as may be, those that nobody has any more are added up in
    /// that of the rest; where all are in use it is that one.
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
    /// That of what belongs to nobody, or to somebody who is not told apart. Its labels are empty.
    const std::shared_ptr<Row>& rest() const noexcept { return rest_; }
    /// All of them, by their labels; that of the rest last.
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
    // Rows are given out under the lock alone, or shared by those who have them: one that only the book has stays so,
    // and whoever had it counts no more.
    void forget_unused() REQUIRES(mutex_) {
        std::erase_if(rows_, [](const auto& entry) {
            return entry.second.use_count() == 1;  // its end follows, behind all that others have counted
        });
    }

    const std::size_t rows_max_;
    const Make make_;
    const std::shared_ptr<Row> rest_;
    mutable Mutex mutex_;
    std::map<Labels, std::shared_ptr<Row>> rows_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::metrics
