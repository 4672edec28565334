#include "metrics/member_book.hpp"

namespace ferrotunnel::metrics {

std::shared_ptr<MemberRow> MemberBook::row(MemberLabels labels) {
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
    auto made = std::make_shared<MemberRow>(labels);
    rows_.emplace(std::move(labels), made);
    return made;
}

// Rows are given out under the lock alone, or shared by those who have them: one that only the book has stays so.
void MemberBook::forget_unused() {
    std::erase_if(rows_, [this](const auto& entry) {
        if (entry.second.use_count() != 1) {
            return false;
        }
        rest_->visitors += entry.second->visitors;
        rest_->ejections += entry.second->ejections;
        return true;
    });
}

std::vector<std::shared_ptr<const MemberRow>> MemberBook::rows() const {
    std::vector<std::shared_ptr<const MemberRow>> all;
    const std::lock_guard lock(mutex_);
    all.reserve(rows_.size() + 1);
    for (const auto& [labels, row] : rows_) {
        all.push_back(row);
    }
    all.push_back(rest_);
    return all;
}

}  // namespace ferrotunnel::metrics
