#include "metrics/exposition.hpp"

#include <array>
#include <charconv>

#include "base/text.hpp"

namespace ferrotunnel::metrics {
namespace {

constexpr std::size_t label_bytes_max = 256;  // no name that we give is longer

// A value of a label as it stands in quotes.
void put_escaped(std::string& text, std::string_view value) {
    const std::string safe =
        is_printable(value) && value.size() <= label_bytes_max ? std::string(value) : printable(value, label_bytes_max);
    for (const char c : safe) {
        if (c == '\\' || c == '"') {
            text += '\\';
        }
        text += c;
    }
}

template <typename Value>
void put_number(std::string& text, Value value) {
    std::array<char, 32> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    text.append(digits.data(), error == std::errc() ? end : digits.data());
    text += '\n';
}

}  // namespace

// Prometheus asks for OpenMetrics first where it knows it, so the order says what it prefers well enough.
Format format_for(std::string_view accept) noexcept {
    return accept.find("application/openmetrics-text") != std::string_view::npos ? Format::open_metrics
                                                                                 : Format::prometheus;
}

std::string_view media_type(Format format) noexcept {
    return format == Format::open_metrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                          : "text/plain; version=0.0.4; charset=utf-8";
}

// OpenMetrics calls a family of counters without what its samples end in; the older format has one name for both.
void Exposition::family(std::string_view name, Type type, std::string_view help) {
    name_ = name;
    name_ += type == Type::counter ? "_total" : "";
    const std::string family(format_ == Format::open_metrics ? name : std::string_view(name_));
    text_ += "# HELP " + family + ' ';
    text_ += help;
    text_ += "\n# TYPE " + family + (type == Type::counter ? " counter\n" : " gauge\n");
}

void Exposition::begin_sample(Labels labels) {
    text_ += name_;
    char before = '{';
    for (const auto& [name, value] : labels) {
        text_ += before;
        text_ += name;
        text_ += "=\"";
        put_escaped(text_, value);
        text_ += '"';
        before = ',';
    }
    text_ += before == ',' ? "} " : " ";
}

void Exposition::sample(std::uint64_t value, Labels labels) {
    begin_sample(labels);
    put_number(text_, value);
}

void Exposition::sample(double value, Labels labels) {
    begin_sample(labels);
    put_number(text_, value);
}

std::string Exposition::finish() && {
    if (format_ == Format::open_metrics) {
        text_ += "# EOF\n";
    }
    return std::move(text_);
}

}  // namespace ferrotunnel::metrics
