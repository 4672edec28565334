#include "cli/release_age.hpp"

#include <catch2/catch.hpp>

namespace ferrotunnel::cli {

TEST_CASE("the age of a release is counted from the date in its text", "[version]") {
    using namespace std::chrono;
    const sys_days today = 2026y / November / 28d;
    CHECK(release_age("OpenSSL 3.0.17 1 Jul 2025", today) == 515);
    CHECK(release_age("OpenSSL 3.5.1 28 Nov 2026", today) == 0);
    CHECK_FALSE(release_age("OpenSSL 3.5.1 29 Nov 2026", today));  // a wrong clock
    CHECK_FALSE(release_age("OpenSSL 3.5.1 31 Feb 2026", today));
    CHECK_FALSE(release_age("OpenSSL 3.5.1 x Feb 2026", today));
    CHECK_FALSE(release_age("OpenSSL 3.5.1 1 Foo 2026", today));
    CHECK_FALSE(release_age("BoringSSL", today));
    CHECK_FALSE(release_age("", today));
}

}  // namespace ferrotunnel::cli
