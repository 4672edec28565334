#include "acme/renewal.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "acme/limits.hpp"
#include "acme/rfc3339.hpp"
#include "support/seeded_random.hpp"

namespace ferrotunnel::acme {
namespace {

using namespace std::chrono;
using test::SeededRandom;

const WallTime issued = WallTime(seconds(1'790'000'000));

IssuedChain chain_of(seconds lifetime) {
    IssuedChain chain;
    chain.not_before = issued;
    chain.not_after = issued + lifetime;
    return chain;
}

std::string window_fault(const std::string& body) {
    const auto read = read_renewal_window(body);
    return read ? "" : read.error();
}

TEST_CASE("timestamps", "[acme]") {
    const WallTime noon = WallTime(seconds(1'769'860'800));
    for (const char* text :
         {"2026-01-31T12:00:00Z", "2026-01-31t12:00:00z", "2026-01-31 12:00:00Z", "2026-01-31T12:00:00.123456789Z",
          "2026-01-31T13:30:00+01:30", "2026-01-31T11:00:00-01:00"}) {
        INFO(text);
        CHECK(read_rfc3339(text) == noon);
    }
    CHECK(read_rfc3339("1970-01-01T00:00:00Z") == WallTime());
    CHECK(read_rfc3339("2200-12-31T23:59:60Z"));
    for (const char* text :
         {"", "2026-01-31", "2026-01-31T12:00:00", "2026-02-30T12:00:00Z", "2026-13-01T12:00:00Z",
          "1969-12-31T23:59:59Z", "2201-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-01-31T24:00:00Z",
          "2026-01-31T12:60:00Z", "2026-01-31T12:00:00.Z", "2026-01-31T12:00:00Zx", "2026-01-31T12:00:00+1:00",
          " 2026-01-31T12:00:00Z", "2026-01-31T12:00:0", "20a6-01-31T12:00:00Z", "+026-01-31T12:00:00Z"}) {
        INFO(text);
        CHECK_FALSE(read_rfc3339(text));
    }
}

TEST_CASE("a window", "[acme]") {
    const auto window =
        read_renewal_window(R"({"suggestedWindow":{"start":"2026-01-02T04:00:00Z","end":"2026-01-03T04:00:00Z"},)"
                            R"("explanationURL":"https://ca.example.com/why"})");
    REQUIRE(window);
    CHECK(window->end - window->start == hours(24));
    CHECK(window->explanation == "https://ca.example.com/why");
    const auto other =
        read_renewal_window(R"({"suggestedWindow":{"start":"2026-01-02T04:00:00Z","end":"2026-01-02T04:00:01Z"},)"
                            R"("explanationURL":"javascript:x"
})");
    REQUIRE(other);
    CHECK(other->explanation.empty());
}

TEST_CASE("windows that are not usable", "[acme]") {
    CHECK(window_fault("[]") == "is not a JSON object");
    for (const char* body : {"{}", R"({"suggestedWindow":7})", R"({"suggestedWindow":{"start":1,"end":2}})",
                             R"({"suggestedWindow":{"start":"2026-01-02T04:00:00Z"}})",
                             R"({"suggestedWindow":{"start":"2026-01-02T04:00:00Z","end":"9999-01-02T04:00:00Z"}})"}) {
        CHECK(window_fault(body) == "has no suggestedWindow with two times");
    }
    for (const char* end : {"2026-01-02T04:00:00Z", "2026-01-02T03:59:59Z"}) {
        CHECK_FALSE(
            window_fault(R"({"suggestedWindow":{"start":"2026-01-02T04:00:00Z","end":")" + std::string(end) + R"("}})")
                .empty());
    }
}

TEST_CASE("the URL of a window", "[acme]") {
    CHECK(renewal_url("https://ca.example.com/info", "a.b") == "https://ca.example.com/info/a.b");
    CHECK(renewal_url("https://ca.example.com/info/", "a.b") == "https://ca.example.com/info/a.b");
}

TEST_CASE("renewals without a window", "[acme]") {
    SeededRandom random(1);
    CHECK(renewal_time(chain_of(hours(90 * 24)), {}, random) == issued + hours(60 * 24));
    CHECK(renewal_time(chain_of(seconds(120)), {}, random) == issued + seconds(80));
    CHECK(renewal_time(chain_of(seconds(-5)), {}, random) == issued - seconds(5));
}

TEST_CASE("renewals in a window are spread over it", "[acme]") {
    SeededRandom random(1);
    const RenewalWindow window{issued + hours(40), issued + hours(50), {}};
    WallTime first = WallTime::max();
    WallTime last = WallTime::min();
    for (int i = 0; i < 200; ++i) {
        const WallTime time = renewal_time(chain_of(hours(100)), window, random);
        first = std::min(first, time);
        last = std::max(last, time);
    }
    CHECK(first >= window.start);
    CHECK(first < window.start + hours(1));
    CHECK(last <= window.end);
    CHECK(last > window.end - hours(1));
}

TEST_CASE("renewals are not later than a tenth of the lifetime before the end", "[acme]") {
    SeededRandom random(1);
    const RenewalWindow late{issued + hours(95), issued + hours(24 * 365 * 100), {}};
    CHECK(renewal_time(chain_of(hours(100)), late, random) == issued + hours(90));
}

TEST_CASE("a CA whose windows are always in the past", "[acme]") {
    SeededRandom random(1);
    // 6 hours, or a tenth of a shorter lifetime.
    for (const auto& [lifetime, earliest] :
         {std::pair<seconds, seconds>{hours(90 * 24), hours(6)}, {hours(10), hours(1)}, {seconds(120), seconds(12)}}) {
        const IssuedChain chain = chain_of(lifetime);
        const RenewalWindow past{issued - hours(2), issued + earliest, {}};
        CHECK(renewal_time(chain, past, random) == chain.not_after - lifetime / 3);
        const RenewalWindow soon{issued - hours(2), issued + earliest + seconds(1), {}};
        CHECK(renewal_time(chain, soon, random) >= issued + earliest);
        CHECK(renewal_time(chain, soon, random) <= issued + earliest + seconds(1));
    }
    // At once, since the certificate is old enough.
    const RenewalWindow revoked{issued + hours(7), issued + hours(8), {}};
    CHECK(renewal_time(chain_of(hours(90 * 24)), revoked, random) <= issued + hours(8));
}

TEST_CASE("problems that do not mend themselves", "[acme]") {
    SeededRandom random(1);
    for (const auto kind : {Problem::Kind::refused, Problem::Kind::wrong_chain}) {
        CHECK(retry_delay(Problem{kind, {}, {}, {}}, 1, random) == hours(1));
        CHECK(retry_delay(Problem{kind, {}, {}, {}}, 100, random) >= hours(6));
        CHECK(retry_delay(Problem{kind, {}, {}, hours(5)}, 1, random) == hours(5));
    }
    CHECK(retry_delay(Problem{}, 1, random) < minutes(2));
}

TEST_CASE("times that a certificate can have", "[acme]") {
    SeededRandom random(1);
    IssuedChain chain;
    chain.not_before = WallTime::min();
    chain.not_after = WallTime::max();
    CHECK(renewal_time(chain, {}, random) < chain.not_after);
    std::swap(chain.not_before, chain.not_after);
    CHECK(renewal_time(chain, {}, random) == WallTime::min());
    CHECK(next_window_request(chain, {}) == seconds(1));
}

TEST_CASE("requests for the window", "[acme]") {
    const IssuedChain usual = chain_of(hours(90 * 24));
    CHECK(next_window_request(usual, {}) == hours(6));
    CHECK(next_window_request(usual, hours(1)) == hours(1));
    CHECK(next_window_request(usual, seconds(0)) == minutes(1));
    CHECK(next_window_request(usual, hours(10'000)) == hours(24));
    CHECK(next_window_request(usual, seconds(-1)) == minutes(1));
    CHECK(next_window_request(chain_of(seconds(120)), hours(6)) == seconds(24));
    CHECK(next_window_request(chain_of(seconds(0)), hours(6)) == seconds(1));
}

TEST_CASE("delays after failures", "[acme]") {
    SeededRandom random(1);
    const std::vector<int> expected{1, 2, 2, 5, 10, 10, 10, 20, 20, 20, 20, 40, 80, 160, 320, 360, 360};
    for (std::size_t at = 0; at < expected.size(); ++at) {
        const seconds delay = minutes(expected[at]);
        for (int i = 0; i < 20; ++i) {
            const seconds time = retry_delay(static_cast<unsigned>(at + 1), {}, random);
            CHECK(time >= delay);
            CHECK(time <= delay + delay / 10);
        }
    }
    CHECK(retry_delay(4'000'000'000U, {}, random) >= hours(6));
    CHECK(retry_delay(0, {}, random) <= seconds(66));
}

TEST_CASE("a CA that wants to be left alone", "[acme]") {
    SeededRandom random(1);
    CHECK(retry_delay(1, hours(3), random) == hours(3));
    CHECK(retry_delay(1, hours(24), random) == hours(24));
    CHECK(retry_delay(1, hours(24'000), random) == seconds(limits::retry_after_max));
    CHECK(retry_delay(1, seconds(-7), random) >= minutes(1));
}

}  // namespace
}  // namespace ferrotunnel::acme
