// Numbers as Prometheus reads them: families of samples, each with labels and a value, as text. Two formats differ
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

/// What a scraper wants that says this in Accept.
Format format_for(std::string_view accept) noexcept;
/// The media type of a format, a constant.
std::string_view media_type(Format format) noexcept;

enum class Type : std::uint8_t { counter, gauge, histogram };

/// How often something took up to so many seconds, or more than the bucket before; infinity: all the others.
struct Bucket {
    double up_to = 0;
    std::uint64_t count = 0;
};

/// A text that grows. Not thread safe. Names and helps are the program's own words; values of labels may be any bytes,
/// of which those that are no UTF-8 are replaced.
class Exposition {
public:
    using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    explicit Exposition(Format format) noexcept : format_(format) {}

    /// Begins a family; its samples follow. `name` has the unit, and no `_total`, which counters get where it is due.
    void family(std::string_view name, Type type, std::string_view help);
    void sample(std::uint64_t value, Labels labels = {});
    void sample(double value, Labels labels = {});
    /// Labels as text, for many samples that have the same ones.
    static std::string text_of(Labels labels);
    /// A sample with labels that text_of() has made, and perhaps one more, whose value needs no care.
    void sample_of(std::string_view labels, std::uint64_t value, std::string_view more = {},
                   std::string_view more_value = {});
    /// A histogram with labels that text_of() has made. `buckets`: the shortest first, the last without a bound.
    void histogram(std::string_view labels, std::span<const Bucket> buckets, double sum);
    /// A family with one sample.
    template <typename Value>
    void single(std::string_view name, Type type, std::string_view help, Value value) {
        family(name, type, help);
        sample(value);
    }

    Format format() const noexcept { return format_; }
    /// Families that somebody else has written, in this format.
    void append(std::string_view families) { text_ += families; }

    /// All of it; nothing may be added then.
    std::string finish() &&;

private:
    void begin_sample(std::string_view suffix, std::string_view labels, std::string_view more = {},
                      std::string_view more_value = {});

    const Format format_;
    std::string text_;
    std::string name_;                                    // of the family's samples
    std::vector<std::pair<double, std::string>> bounds_;  // of the last histogram: the next one has the same
};

}  // namespace ferrotunnel::metrics
