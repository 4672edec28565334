// Kinds of health checks: what a text in a file or an option stands for.
#include "ferrotunnel/detail/health_kinds.hpp"

#include <catch2/catch.hpp>

namespace ferrotunnel::detail {

TEST_CASE("a health check is a path, or the word of a kind that needs none, and nothing else", "[health]") {
    CHECK(health_check_of("/healthz") == HealthCheck::http("/healthz"));
    CHECK(health_check_of("tcp") == HealthCheck::tcp());
    for (const char* text : {"http", "off", "udp", "healthz", "TCP", ""}) {
        INFO(text);
        CHECK_FALSE(health_check_of(text));
    }
    CHECK(expected_health_check() == "expected a path like /healthz or tcp");
}

}  // namespace ferrotunnel::detail
