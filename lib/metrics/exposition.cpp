#include "metrics/exposition.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "base/text.hpp"

namespace ferrotunnel::metrics {
namespace {

constexpr std::size_t label_bytes_max = 256;  // our own names are shorter

// A label value as it appears in quotes.
void put_escaped(std::string& text, std::string_view value) {
    std::string made;
    if (!is_printable(value) || value.size() > label_bytes_max) {
        made = printable(value, label_bytes_max);
        value = made;
    }
    for (const char c : value) {
        if (c == '\\' || c == '"') {
            text += '\\';
        }
        text += c;
    }
}

template <typename Value>
std::string_view digits_of(Value value, std::array<char, 32>& room) {
    const auto [end, error] = std::to_chars(room.data(), room.data() + room.size(), value);
    return {room.data(), error == std::errc() ? static_cast<std::size_t>(end - room.data()) : 0};
}

template <typename Value>
void put_number(std::string& text, Value value) {
    std::array<char, 32> room{};
    text += digits_of(value, room);
    text += '\n';
}

// A bound as both formats require it: with a point, "1.0", or as "1e-05".
std::string bound_text(double bound) {
    if (std::isinf(bound)) {
        return "+Inf";
    }
    std::array<char, 32> room{};
    const auto [end, error] = std::to_chars(room.data(), room.data() + room.size(), bound, std::chars_format::general);
    std::string text(room.data(), error == std::errc() ? end : room.data());
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string_view word_for(Type type) noexcept {
    switch (type) {
        case Type::counter:
            return "counter";
        case Type::gauge:
            return "gauge";
        case Type::histogram:
            break;
    }
    return "histogram";
}

}  // namespace

// Prometheus lists OpenMetrics first if it supports it, so the order is sufficient.
Format format_for(std::string_view accept) noexcept {
    return accept.find("application/openmetrics-text") != std::string_view::npos ? Format::open_metrics
                                                                                 : Format::prometheus;
}

std::string_view media_type(Format format) noexcept {
    return format == Format::open_metrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                          : "text/plain; version=0.0.4; charset=utf-8";
}

// OpenMetrics names a family of counters without the suffix of its samples; the older format has one name for both.
void Exposition::family(std::string_view name, Type type, std::string_view help) {
    name_ = name;
    name_ += type == Type::counter ? "_total" : "";
    const std::string family(format_ == Format::open_metrics ? name : std::string_view(name_));
    text_ += "# HELP " + family + ' ';
    text_ += help;
    text_ += "\n# TYPE " + family + ' ';
    text_ += word_for(type);
    text_ += '\n';
}

std::string Exposition::text_of(Labels labels) {
    std::string text;
    for (const auto& [name, value] : labels) {
        text += text.empty() ? "" : ",";
        text += name;
        text += "=\"";
        put_escaped(text, value);
        text += '"';
    }
    return text;
}

void Exposition::begin_sample(std::string_view suffix, std::string_view labels, std::string_view more,
                              std::string_view more_value) {
    text_ += name_;
    text_ += suffix;
    if (!labels.empty() || !more.empty()) {
        text_ += '{';
        text_ += labels;
        if (!more.empty()) {
            text_ += labels.empty() ? "" : ",";
            text_ += more;
            text_ += "=\"";
            text_ += more_value;
            text_ += '"';
        }
        text_ += '}';
    }
    text_ += ' ';
}

void Exposition::sample(std::uint64_t value, Labels labels) {
    begin_sample({}, text_of(labels));
    put_number(text_, value);
}

void Exposition::sample(double value, Labels labels) {
    begin_sample({}, text_of(labels));
    put_number(text_, value);
}

void Exposition::sample_of(std::string_view labels, std::uint64_t value, std::string_view more,
                           std::string_view more_value) {
    begin_sample({}, labels, more, more_value);
    put_number(text_, value);
}

void Exposition::sample_of(std::string_view labels, double value, std::string_view more, std::string_view more_value) {
    begin_sample({}, labels, more, more_value);
    put_number(text_, value);
}

// Each bucket is written including all shorter ones.
void Exposition::histogram(std::string_view labels, std::span<const Bucket> buckets, double sum) {
    std::uint64_t so_far = 0;
    bounds_.resize(buckets.size());
    for (std::size_t i = 0; i < buckets.size(); ++i) {
        auto& [bound, text] = bounds_[i];
        if (text.empty() || bound != buckets[i].up_to) {
            bound = buckets[i].up_to;
            text = bound_text(bound);
        }
        so_far += buckets[i].count;
        begin_sample("_bucket", labels, "le", text);
        put_number(text_, so_far);
    }
    begin_sample("_sum", labels);
    put_number(text_, sum);
    begin_sample("_count", labels);
    put_number(text_, so_far);
}

std::string Exposition::finish() && {
    if (format_ == Format::open_metrics) {
        text_ += "# EOF\n";
    }
    return std::move(text_);
}

}  // namespace ferrotunnel::metrics
