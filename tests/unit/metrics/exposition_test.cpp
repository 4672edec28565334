#include "metrics/exposition.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <limits>
#include <string>
#include <utility>

using namespace ferrotunnel::metrics;

namespace {

std::string example(Format format) {
    Exposition text(format);
    text.family("a_bytes", Type::counter, "Bytes of a.");
    text.sample(std::uint64_t{18'446'744'073'709'551'615U}, {{"service", "web"}, {"token", "ann"}});
    text.sample(std::uint64_t{0}, {{"service", "a \"quoted\" \\ one"}, {"token", ""}});
    text.single("b_seconds", Type::gauge, "Seconds of b.", 0.25);
    return std::move(text).finish();
}

}  // namespace

TEST_CASE("metrics: the older text format calls counters as their samples are called") {
    CHECK(example(Format::prometheus) ==
          "# HELP a_bytes_total Bytes of a.\n"
          "# TYPE a_bytes_total counter\n"
          "a_bytes_total{service=\"web\",token=\"ann\"} 18446744073709551615\n"
          "a_bytes_total{service=\"a \\\"quoted\\\" \\\\ one\",token=\"\"} 0\n"
          "# HELP b_seconds Seconds of b.\n"
          "# TYPE b_seconds gauge\n"
          "b_seconds 0.25\n");
}

TEST_CASE("metrics: OpenMetrics calls them without what they end in, and has an end") {
    CHECK(example(Format::open_metrics) ==
          "# HELP a_bytes Bytes of a.\n"
          "# TYPE a_bytes counter\n"
          "a_bytes_total{service=\"web\",token=\"ann\"} 18446744073709551615\n"
          "a_bytes_total{service=\"a \\\"quoted\\\" \\\\ one\",token=\"\"} 0\n"
          "# HELP b_seconds Seconds of b.\n"
          "# TYPE b_seconds gauge\n"
          "b_seconds 0.25\n"
          "# EOF\n");
}

TEST_CASE("metrics: a label cannot break its line, nor be longer than names are") {
    Exposition text(Format::prometheus);
    text.family("a", Type::gauge, "A.");
    text.sample(1.0, {{"service", "x\n# HELP b\xff"}});
    text.sample(2.0, {{"service", std::string(1'000, 'x')}});
    const std::string all = std::move(text).finish();
    CHECK(all.find("a{service=\"x?# HELP b?\"} 1\n") != std::string::npos);
    CHECK(all.size() < 400);
}

TEST_CASE("metrics: who asks for OpenMetrics gets it") {
    CHECK(format_for("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1") ==
          Format::open_metrics);
    CHECK(format_for("text/plain") == Format::prometheus);
    CHECK(format_for("") == Format::prometheus);
    CHECK(media_type(Format::prometheus).starts_with("text/plain; version=0.0.4"));
}

TEST_CASE("metrics: buckets of a histogram have all that is shorter, and bounds with a point or an exponent") {
    const std::array buckets{Bucket{1e-05, 2}, Bucket{0.0001, 0}, Bucket{1, 3},
                             Bucket{std::numeric_limits<double>::infinity(), 4}};
    Exposition text(Format::open_metrics);
    text.family("a_seconds", Type::histogram, "Seconds of a.");
    text.histogram(Exposition::text_of({{"service", "web"}}), buckets, 1.5);
    text.family("b_seconds", Type::histogram, "Seconds of b.");
    text.histogram({}, std::array{Bucket{std::numeric_limits<double>::infinity(), 0}}, 0);
    text.family("c", Type::counter, "C.");
    text.sample_of("x=\"y\"", std::uint64_t{7}, "code", "2xx");
    CHECK(std::move(text).finish() ==
          "# HELP a_seconds Seconds of a.\n"
          "# TYPE a_seconds histogram\n"
          "a_seconds_bucket{service=\"web\",le=\"1e-05\"} 2\n"
          "a_seconds_bucket{service=\"web\",le=\"0.0001\"} 2\n"
          "a_seconds_bucket{service=\"web\",le=\"1.0\"} 5\n"
          "a_seconds_bucket{service=\"web\",le=\"+Inf\"} 9\n"
          "a_seconds_sum{service=\"web\"} 1.5\n"
          "a_seconds_count{service=\"web\"} 9\n"
          "# HELP b_seconds Seconds of b.\n"
          "# TYPE b_seconds histogram\n"
          "b_seconds_bucket{le=\"+Inf\"} 0\n"
          "b_seconds_sum 0\n"
          "b_seconds_count 0\n"
          "# HELP c C.\n"
          "# TYPE c counter\n"
          "c_total{x=\"y\",code=\"2xx\"} 7\n"
          "# EOF\n");
}
