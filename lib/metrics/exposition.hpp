// Metrics in the text formats of Prometheus: families of samples, each with labels and a value. Two formats differ
// little: the text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats) and OpenMetrics 1.0
// (openmetrics.io).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ferrotunnel::metrics {

enum class Format : std::uint8_t { prometheus, open_metrics };

/// The format for a scraper with this Accept field.
Format format_for(std::string_view accept) noexcept;
/// The media type of a format, a constant.
std::string_view media_type(Format format) noexcept;

enum class Type : std::uint8_t { counter, gauge, histogram };

/// How many durations were up to this bound, in seconds, and above that of the previous bucket; infinity: all others.
struct Bucket {
    double up_to = 0;
    std::uint64_t count = 0;
};

/// A text that grows. Not thread safe. Names and helps are the program's own words; label values may be any bytes;
/// invalid UTF-8 is replaced.
class Exposition {
public:
    using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    explicit Exposition(Format format) noexcept : format_(format) {}

    /// Starts a family; its samples follow. `name` includes the unit, but not `_total`, which counters get where
    /// required.
    void family(std::string_view name, Type type, std::string_view help);
    void sample(std::uint64_t value, Labels labels = {});
    void sample(double value, Labels labels = {});
    /// Labels as text, for many samples with the same labels.
    static std::string text_of(Labels labels);
    /// A sample with labels made by text_of(), and optionally another one, whose value needs no escaping.
    void sample_of(std::string_view labels, std::uint64_t value, std::string_view more = {},
                   std::string_view more_value = {});
    void sample_of(std::string_view labels, double value, std::string_view more = {}, std::string_view more_value = {});
    /// A histogram with labels made by text_of(). `buckets`: the shortest first, the last without a bound.
    void histogram(std::string_view labels, std::span<const Bucket> buckets, double sum);
    /// A family with one sample.
    template <typename Value>
    void single(std::string_view name, Type type, std::string_view help, Value value) {
        family(name, type, help);
        sample(value);
    }

    Format format() const noexcept { return format_; }
    /// Families written elsewhere, in this format.
    void append(std::string_view families) { text_ += families; }

    /// The complete text; nothing may be added afterwards.
    std::string finish() &&;

private:
    void begin_sample(std::string_view suffix, std::string_view labels, std::string_view more = {},
                      std::string_view more_value = {});

    const Format format_;
    std::string text_;
    std::string name_;                                    // of the family's samples
    std::vector<std::pair<double, std::string>> bounds_;  // of the last histogram; the next one has the same
};

}  // namespace ferrotunnel::metrics
