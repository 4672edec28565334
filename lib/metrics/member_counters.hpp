// Counters of group members that outlive connections, so that totals never decrease.
#pragma once

#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "metrics/counter_table.hpp"
#include "metrics/limits.hpp"

namespace ferrotunnel::metrics {

/// Identifies a group member: words chosen by operator and clients.
struct MemberLabels {
    std::string group;
    std::string kind;   // of the service: "http"
    std::string token;  // that it is offered with
    std::string member;

    friend auto operator<=>(const MemberLabels&, const MemberLabels&) = default;
};

/// Any thread counts, and reads.
class MemberRow {
public:
    using Count = std::atomic<std::uint64_t>;

    /// `overflow`: receives the row's counts when it ends; may be null.
    MemberRow(MemberLabels labels, std::shared_ptr<MemberRow> overflow)
        : labels_(std::move(labels)), overflow_(std::move(overflow)) {}
    ~MemberRow() {
        if (overflow_) {
            overflow_->visitors += visitors.load();
            overflow_->ejections += ejections.load();
        }
    }
    MemberRow(const MemberRow&) = delete;
    MemberRow& operator=(const MemberRow&) = delete;

    const MemberLabels& labels() const noexcept { return labels_; }

    Count visitors{0};   // total, including HTTP requests
    Count now{0};        // present ones
    Count ejections{0};  // times that it was ejected

private:
    const MemberLabels labels_;
    const std::shared_ptr<MemberRow> overflow_;
};

/// Any thread.
class MemberCounters : public CounterTable<MemberLabels, MemberRow> {
public:
    explicit MemberCounters(std::size_t rows_max = limits::member_rows_max)
        : CounterTable(rows_max, [](MemberLabels labels, std::shared_ptr<MemberRow> overflow) {
              return std::make_shared<MemberRow>(std::move(labels), std::move(overflow));
          }) {}
};

}  // namespace ferrotunnel::metrics
