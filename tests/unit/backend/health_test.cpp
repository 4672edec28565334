// Whether a backend is healthy, by the results of its checks and by what it answers.
#include "backend/health.hpp"

#include <catch2/catch.hpp>
#include <deque>
#include <random>

#include "backend/health_answer.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::backend;
using namespace std::chrono_literals;

namespace {

using State = Health::State;
using Verdict = HealthAnswer::Verdict;

class Seeded final : public Random {
public:
    explicit Seeded(std::uint64_t seed) : engine_(seed) {}
    void fill(MutableBytes out) override {
        for (std::uint8_t& byte : out) {
            byte = static_cast<std::uint8_t>(engine_());
        }
    }

private:
    std::mt19937_64 engine_;
};

// What the last results say, told again from all of them.
State modelled(const std::deque<bool>& results, unsigned rise, unsigned fall) {
    State state = results.front() ? State::healthy : State::unhealthy;
    unsigned passed = 0;
    unsigned failed = 0;
    for (const bool result : results) {
        passed = result ? passed + 1 : 0;
        failed = result ? 0 : failed + 1;
        if (state == State::unhealthy && passed >= rise) {
            state = State::healthy;
        } else if (state == State::healthy && failed >= fall) {
            state = State::unhealthy;
        }
    }
    return state;
}

HealthCheckSettings terms(std::string text = {}) {
    HealthCheckSettings made;
    made.kind = HealthCheck::Kind::http;
    made.host = "app.test";
    made.path = "/healthz";
    made.statuses = {{200, 299}, {401, 401}};
    made.text = std::move(text);
    return made;
}

// The verdict on an answer that comes in pieces of this size, and whose connection then ends.
std::string why_not(const HealthCheckSettings& terms, std::string_view answer, std::size_t piece) {
    HealthAnswer reader(terms);
    Verdict verdict = Verdict::more;
    while (verdict == Verdict::more && !answer.empty()) {
        verdict = reader.take(answer.substr(0, piece));
        answer.remove_prefix(std::min(piece, answer.size()));
    }
    if (verdict == Verdict::more) {
        verdict = reader.end();
    }
    REQUIRE(verdict != Verdict::more);
    CHECK((verdict == Verdict::healthy) == reader.why().empty());
    return reader.why();
}

}  // namespace

TEST_CASE("the first check decides, then as many in a row as the counts say", "[health]") {
    Health health(2, 3);
    CHECK(health.state() == State::unknown);
    CHECK(health.failed("refused"));
    CHECK(health.state() == State::unhealthy);
    CHECK(health.why() == "refused");
    CHECK_FALSE(health.passed());
    CHECK_FALSE(health.failed("slow"));
    CHECK_FALSE(health.passed());
    CHECK(health.passed());
    CHECK(health.state() == State::healthy);
    CHECK_FALSE(health.failed("a"));
    CHECK_FALSE(health.failed("b"));
    CHECK(health.failed("c"));
    CHECK(health.why() == "c");
}

TEST_CASE("health follows its model", "[health]") {
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        Seeded random(seed);
        const auto rise = static_cast<unsigned>(1 + random.below(4));
        const auto fall = static_cast<unsigned>(1 + random.below(4));
        Health health(rise, fall);
        std::deque<bool> results;
        State before = State::unknown;
        for (int i = 0; i < 60; ++i) {
            results.push_back(random.below(3) != 0);
            const bool changed = results.back() ? health.passed() : health.failed("no");
            const State now = modelled(results, rise, fall);
            INFO("seed " << seed << ", check " << i);
            REQUIRE(health.state() == now);
            REQUIRE(changed == (now != before));
            before = now;
        }
    }
}

TEST_CASE("the wait is the interval, less up to a fifth", "[health]") {
    Seeded random(7);
    HealthCheckSettings five;
    five.interval = 5s;
    Duration shortest = 1h;
    Duration longest{};
    for (int i = 0; i < 1'000; ++i) {
        const Duration wait = health_wait(five, random);
        shortest = std::min(shortest, wait);
        longest = std::max(longest, wait);
    }
    CHECK(shortest >= 4s);
    CHECK(shortest < 4100ms);
    CHECK(longest <= 5s);
    CHECK(longest > 4900ms);
}

TEST_CASE("a check asks for its path and host", "[health]") {
    CHECK(health_request(terms()) ==
          "GET /healthz HTTP/1.1\r\nHost: app.test\r\nUser-Agent: ferrotunnel-health\r\nAccept: */*\r\n"
          "Connection: close\r\n\r\n");
}

TEST_CASE("an answer is judged by status and text, however it comes", "[health]") {
    const std::size_t piece = GENERATE(1, 3, 7, 4096);
    const auto judge = [piece](const char* answer, std::string text = {}) {
        return why_not(terms(std::move(text)), answer, piece);
    };
    CHECK(judge("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").empty());
    CHECK(judge("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n").empty());
    CHECK(judge("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n").empty());
    CHECK(judge("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n") == "the status is 400");
    CHECK(judge("HTTP/1.1 503 Service Unavailable\r\n\r\n") == "the status is 503");
    CHECK(judge("SSH-2.0-OpenSSH_9.2\r\n") == "the response is not valid HTTP/1.1");
    CHECK(judge("HTTP/1.1 200 OK\r\n") == "the backend closed the connection before the response was complete");
    CHECK(judge("") == "the backend closed the connection before the response was complete");

    CHECK(judge("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nall fine", "fine").empty());
    CHECK(judge("HTTP/1.1 200 OK\r\n\r\nall fine", "fine").empty());
    CHECK(judge("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nall fi\r\n2\r\nne\r\n0\r\n\r\n", "fine")
              .empty());
    const std::string lacks = "the response does not contain the expected text";
    CHECK(judge("HTTP/1.1 200 OK\r\nX-State: fine\r\nContent-Length: 3\r\n\r\nbad", "fine") == lacks);
    CHECK(judge("HTTP/1.1 204 No Content\r\n\r\n", "fine") == lacks);
    CHECK(judge("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nall fine", "fine") ==
          "the backend closed the connection before the response was complete");
}

TEST_CASE("of a body, the first 64 KiB are looked at and no more is held", "[health]") {
    const auto judge = [](std::size_t before) {
        const std::string body = std::string(before, '.') + "fine" + std::string(100'000, '.');
        return why_not(terms("fine"), "HTTP/1.1 200 OK\r\n\r\n" + body, 4096);
    };
    CHECK(judge(limits::health_body_max - 4).empty());
    CHECK_FALSE(judge(limits::health_body_max - 3).empty());
}
