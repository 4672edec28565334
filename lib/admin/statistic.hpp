// Rows of the table of statistics, and what is made of them: JSON for the control API, and metrics for a scraper.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "admin/answer.hpp"
#include "ferrotunnel/stats.hpp"
#include "metrics/exposition.hpp"

namespace ferrotunnel::admin {

/// The family of metrics that a number belongs to.
struct Metric {
    std::string_view family{};  // the argument of Exposition::family(); empty if the number is not a metric
    metrics::Type type = metrics::Type::gauge;
    std::string_view help{};
    std::string_view label{};  // distinguishes the numbers of one family; empty if it has only one
    unsigned place = 0;        // families of a struct are sorted by place, and within a place by their rows

    constexpr bool exists() const noexcept { return !family.empty(); }
    constexpr Metric by(std::string_view name) const noexcept { return {family, type, help, name, place}; }
    constexpr Metric at(unsigned number) const noexcept { return {family, type, help, label, number}; }
};

constexpr Metric counter(std::string_view family, std::string_view help) noexcept {
    return {family, metrics::Type::counter, help};
}
constexpr Metric gauge(std::string_view family, std::string_view help) noexcept {
    return {family, metrics::Type::gauge, help};
}
constexpr Metric histogram(std::string_view family, std::string_view help) noexcept {
    return {family, metrics::Type::histogram, help};
}

/// The sum of two members.
template <typename Stats>
struct Sum {
    std::uint64_t Stats::*one;
    std::uint64_t Stats::*other;
};

/// Responses by status, 1xx to 5xx.
using AnswerCounts = std::array<std::uint64_t, 5>;

/// A row of the table. Durations are counts of their unit in JSON, and seconds in metrics. Only metrics have
/// histograms and responses by status.
template <typename Stats>
struct Statistic {
    using Member = std::variant<std::uint64_t Stats::*, std::uint32_t Stats::*, bool Stats::*, double Stats::*,
                                std::chrono::milliseconds Stats::*, std::chrono::microseconds Stats::*,
                                std::chrono::nanoseconds Stats::*, Timings Stats::*, AnswerCounts Stats::*, Sum<Stats>>;

    Member member;
    std::string_view json{};  // its name; empty if it is not in JSON
    Metric metric{};
    std::string_view word{};  // value of the metric's label
};

template <typename Stats>
using Rows = std::span<const Statistic<Stats>>;

/// The value of a row's member, of any type that members have.
using Value = std::variant<bool, std::uint64_t, double, std::chrono::milliseconds, std::chrono::microseconds,
                           std::chrono::nanoseconds, const Timings*, const AnswerCounts*>;

/// Reads members of `stats`.
template <typename Stats>
struct MemberReader {
    const Stats& stats;

    template <typename Type>
    Value operator()(Type Stats::*member) const {
        return stats.*member;
    }
    Value operator()(std::uint32_t Stats::*member) const { return std::uint64_t{stats.*member}; }
    Value operator()(Timings Stats::*member) const { return &(stats.*member); }
    Value operator()(AnswerCounts Stats::*member) const { return &(stats.*member); }
    Value operator()(const Sum<Stats>& sum) const { return stats.*sum.one + stats.*sum.other; }
};

/// Sets `into[name]`.
void put_value(Json& into, std::string_view name, const Value& value);

/// Adds the numbers of a struct, in the order of their rows.
template <typename Stats>
void put_numbers(Json& into, const Stats& stats, std::type_identity_t<Rows<Stats>> rows) {
    for (const Statistic<Stats>& row : rows) {
        if (!row.json.empty()) {
            put_value(into, row.json, std::visit(MemberReader<Stats>{stats}, row.member));
        }
    }
}

/// Structs with the labels of each, made by Exposition::text_of().
template <typename Stats>
using Labelled = std::vector<std::pair<std::string, const Stats*>>;

/// The metrics of several structs. Families have the order in which they are first added. Keeps references to the
/// structs, their rows and labels.
class MetricFamilies {
public:
    template <typename Stats>
    void add(const Stats& stats, std::type_identity_t<Rows<Stats>> rows) {
        add_row_samples<Stats>({}, stats, rows, families_of<Stats>(rows));
    }
    /// Adds the families even if there are no items.
    template <typename Stats>
    void add_each(const Labelled<Stats>& items, std::type_identity_t<Rows<Stats>> rows) {
        const std::vector<Family*> families = families_of<Stats>(rows);
        for (const auto& [labels, stats] : items) {
            add_row_samples<Stats>(labels, *stats, rows, families);
        }
    }

    void write_to(metrics::Exposition& to) const;

private:
    struct Sample {
        std::string_view labels;
        std::string_view word;
        Value value;
    };
    struct Family {
        Metric metric;
        std::vector<Sample> samples{};
    };

    Family* family_of(const Metric& metric);

    // One for each row; null if its number is not a metric.
    template <typename Stats>
    std::vector<Family*> families_of(Rows<Stats> rows) {
        std::vector<Family*> families(rows.size());
        unsigned last = 0;
        for (unsigned place = 0; place <= last; ++place) {
            for (std::size_t i = 0; i < rows.size(); ++i) {
                last = std::max(last, rows[i].metric.place);
                if (rows[i].metric.exists() && rows[i].metric.place == place) {
                    families[i] = family_of(rows[i].metric);
                }
            }
        }
        return families;
    }

    template <typename Stats>
    static void add_row_samples(std::string_view labels, const Stats& stats, Rows<Stats> rows,
                                const std::vector<Family*>& families) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (families[i] != nullptr) {
                families[i]->samples.push_back(
                    {labels, rows[i].word, std::visit(MemberReader<Stats>{stats}, rows[i].member)});
            }
        }
    }

    std::deque<Family> families_;  // keeps its elements in place
};

}  // namespace ferrotunnel::admin
