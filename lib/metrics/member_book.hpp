// What the members of groups have had: counters that outlive connections, so that totals never go back.
#pragma once

#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "metrics/limits.hpp"

namespace ferrotunnel::metrics {

/// Names a member of a group: words that operator and clients have chosen.
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

    explicit MemberRow(MemberLabels labels) : labels_(std::move(labels)) {}

    const MemberLabels& labels() const noexcept { return labels_; }

    Count visitors{0};   // and requests of HTTP, so far
    Count now{0};        // those that are there
    Count ejections{0};  // times that it was taken out

private:
    const MemberLabels labels_;
};

/// Any thread.
class MemberBook {
public:
    explicit MemberBook(std::size_t rows_max = limits::member_rows_max) : rows_max_(rows_max) {}

    /// The row with these labels. Where there are as many as may be, those that nobody has any more are added up in
    /// that of the rest; where all are in use it is that one.
    std::shared_ptr<MemberRow> row(MemberLabels labels);
    /// All of them, by their labels; that of the rest, whose labels are empty, last.
    std::vector<std::shared_ptr<const MemberRow>> rows() const;

private:
    void forget_unused();

    const std::size_t rows_max_;
    const std::shared_ptr<MemberRow> rest_ = std::make_shared<MemberRow>(MemberLabels{});
    mutable std::mutex mutex_;
    std::map<MemberLabels, std::shared_ptr<MemberRow>> rows_;
};

}  // namespace ferrotunnel::metrics
