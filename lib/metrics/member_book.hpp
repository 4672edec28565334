// What the members of groups have had: counters that outlive connections, so that totals never go back.
#pragma once

#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "metrics/limits.hpp"
#include "metrics/row_book.hpp"

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

    /// `heir`: gets what the row has counted when it ends; null: nobody does.
    MemberRow(MemberLabels labels, std::shared_ptr<MemberRow> heir)
        : labels_(std::move(labels)), heir_(std::move(heir)) {}
    ~MemberRow() {
        if (heir_) {
            heir_->visitors += visitors.load();
            heir_->ejections += ejections.load();
        }
    }
    MemberRow(const MemberRow&) = delete;
    MemberRow& operator=(const MemberRow&) = delete;

    const MemberLabels& labels() const noexcept { return labels_; }

    Count visitors{0};   // and requests of HTTP, so far
    Count now{0};        // those that are there
    Count ejections{0};  // times that it was taken out

private:
    const MemberLabels labels_;
    const std::shared_ptr<MemberRow> heir_;
};

/// Any thread.
class MemberBook : public RowBook<MemberLabels, MemberRow> {
public:
    explicit MemberBook(std::size_t rows_max = limits::member_rows_max)
        : RowBook(rows_max, [](MemberLabels labels, std::shared_ptr<MemberRow> heir) {
              return std::make_shared<MemberRow>(std::move(labels), std::move(heir));
          }) {}
};

}  // namespace ferrotunnel::metrics
