#include "admin/statistic.hpp"

#include <limits>

namespace ferrotunnel::admin {

using metrics::Exposition;

namespace {

double in_seconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

struct JsonWriter {
    Json& to;

    template <typename Type>
    void operator()(const Type& value) const {
        if constexpr (std::is_arithmetic_v<Type>) {
            to = value;
        } else if constexpr (!std::is_pointer_v<Type>) {
            to = value.count();
        }
    }
};

void put_histogram(Exposition& to, std::string_view labels, const Timings& timings) {
    std::vector<metrics::Bucket> buckets;
    buckets.reserve(timings.buckets.size());
    for (const Timings::Bucket& bucket : timings.buckets) {
        const bool is_last = bucket.up_to == std::chrono::nanoseconds::max();
        buckets.push_back({is_last ? std::numeric_limits<double>::infinity() : in_seconds(bucket.up_to), bucket.count});
    }
    to.histogram(labels, buckets, in_seconds(timings.sum));
}

/// Writes a sample, whose label has the name `label`.
struct SampleWriter {
    Exposition& to;
    std::string_view label;
    std::string_view labels;
    std::string_view word;

    void operator()(bool value) const { (*this)(std::uint64_t{value ? 1U : 0U}); }
    void operator()(std::uint64_t value) const { to.sample_of(labels, value, label, word); }
    void operator()(double value) const { to.sample_of(labels, value, label, word); }
    void operator()(std::chrono::nanoseconds time) const { (*this)(in_seconds(time)); }
    void operator()(const Timings* timings) const { put_histogram(to, labels, *timings); }
    void operator()(const AnswerCounts* counts) const {
        static constexpr std::array<std::string_view, 5> classes{"1xx", "2xx", "3xx", "4xx", "5xx"};
        for (std::size_t i = 0; i < classes.size(); ++i) {
            to.sample_of(labels, (*counts)[i], label, classes[i]);
        }
    }
};

}  // namespace

void put_value(Json& into, std::string_view name, const Value& value) {
    std::visit(JsonWriter{into[std::string(name)]}, value);
}

MetricFamilies::Family* MetricFamilies::family_of(const Metric& metric) {
    const auto known = std::ranges::find_if(
        families_, [&metric](const Family& family) { return family.metric.family == metric.family; });
    return known != families_.end() ? &*known : &families_.emplace_back(Family{metric});
}

void MetricFamilies::write_to(Exposition& to) const {
    for (const Family& family : families_) {
        to.family(family.metric.family, family.metric.type, family.metric.help);
        for (const Sample& sample : family.samples) {
            std::visit(SampleWriter{to, family.metric.label, sample.labels, sample.word}, sample.value);
        }
    }
}

}  // namespace ferrotunnel::admin
