#include "cli/heap_trim.hpp"

#include <catch2/catch.hpp>

using ferrotunnel::cli::HeapTrim;

TEST_CASE("memory is given back once for what was freed, and again for what was used meanwhile") {
    constexpr std::size_t mib = 1 << 20;
    HeapTrim trim;
    CHECK(trim.is_due(1 * mib, 10 * mib));  // once for what starting has left
    CHECK_FALSE(trim.is_due(1 * mib, 10 * mib));
    CHECK(trim.is_due(20 * mib, 40 * mib));
    CHECK_FALSE(trim.is_due(20 * mib, 20 * mib));  // the rest was given back, and counts as free
    CHECK_FALSE(trim.is_due(23 * mib, 23 * mib));
    CHECK(trim.is_due(20 * mib, 35 * mib));  // used and freed again between two looks
    CHECK_FALSE(trim.is_due(20 * mib, 20 * mib));
    CHECK_FALSE(trim.is_due(1 * mib, 40 * mib));  // all of it is in use
    CHECK(trim.is_due(20 * mib, 40 * mib));
}

TEST_CASE("a small process gives back what is much for it") {
    constexpr std::size_t kib = 1 << 10;
    HeapTrim trim;
    CHECK(trim.is_due(300 * kib, 5'000 * kib));
    CHECK_FALSE(trim.is_due(1'500 * kib, 6'200 * kib));  // less than a quarter
    CHECK(trim.is_due(3'800 * kib, 8'600 * kib));        // what 5,000 visitors leave
}

TEST_CASE("of a crowd that was half gone at a look the rest is given back when nothing more is freed") {
    constexpr std::size_t mib = 1 << 20;
    HeapTrim trim;
    CHECK(trim.is_due(1 * mib, 10 * mib));
    CHECK(trim.is_due(6 * mib, 18 * mib));
    CHECK_FALSE(trim.is_due(8 * mib, 14 * mib));
    CHECK(trim.is_due(8 * mib, 14 * mib));
    CHECK_FALSE(trim.is_due(8 * mib, 12 * mib));
    CHECK_FALSE(trim.is_due(9 * mib, 12 * mib));  // from now on only what is worth it
    CHECK_FALSE(trim.is_due(9 * mib, 12 * mib));
}
