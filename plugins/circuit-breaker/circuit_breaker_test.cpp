// Tests the plugin `circuit-breaker` on a real chain with a clock that the test moves.
#include "circuit-breaker/circuit_breaker.hpp"

#include <thread>
#include <vector>

#include "support/count_allocations.hpp"
#include "unit/plugin/chain_of_one.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugins;
using namespace std::chrono_literals;

namespace {

struct CircuitBreakerFixture : test::ChainOfOne<CircuitBreaker> {
    using ChainOfOne::ChainOfOne;

    /// Sends a request with that response; returns the refusal if the circuit is open.
    std::string ask_for(std::uint16_t status, hooks::Origin origin = hooks::Origin::backend,
                        const std::string& host = "app.test") {
        Visit visited = visit("192.0.2.7", "", host);
        if (visited.step == hooks::Step::go_on) {
            (void)visited.run->response({status, origin, nullptr, &edits}, now);
            visited.run->close({status, true, 0, 0, {}});
        }
        return visited.refusal();
    }
    void fail(int times) {
        for (int i = 0; i < times; ++i) {
            CHECK(ask_for(500).empty());
        }
    }
};

constexpr const char* three = "{failures: 3, ratio: 0.5, window: 10s, open_for: 5s}";

}  // namespace

TEST_CASE("circuit-breaker: failures open it, time and a good answer close it", "[circuit-breaker]") {
    CircuitBreakerFixture rig(three);
    rig.fail(3);
    CHECK(rig.log.count("circuit open for web at app.test: too many failures") == 1);
    const auto refused = rig.visit();
    CHECK(refused.refusal() == "503 circuit_open");
    CHECK(refused.field("Retry-After") == "5");
    CHECK(rig.ask_for(200, hooks::Origin::backend, "other.test").empty());  // another service
    rig.clock.move(5s - 1ns);
    CHECK(rig.visit().field("Retry-After") == "1");
    rig.clock.move(1ns);
    CHECK(rig.ask_for(200).empty());
    CHECK(rig.log.count("circuit half-open") == 1);
    CHECK(rig.log.count("circuit closed for web at app.test") == 1);
    rig.fail(2);  // earlier failures are forgotten
    CHECK(rig.ask_for(200).empty());
}

TEST_CASE("circuit-breaker: half-open lets one through alone", "[circuit-breaker]") {
    CircuitBreakerFixture rig(three);
    rig.fail(3);
    rig.clock.move(5s);
    auto probe = rig.visit();
    CHECK(probe.refusal().empty());
    for (int i = 0; i < 10; ++i) {
        CHECK(rig.ask_for(200) == "503 circuit_open");
    }
    rig.clock.move(1h);  // however long it takes
    CHECK(rig.ask_for(200) == "503 circuit_open");
    (void)probe.run->response({502, hooks::Origin::edge, nullptr, &rig.edits}, rig.now);
    probe.run->close({502, true, 0, 0, {}});
    CHECK(rig.log.count("circuit open again for web") == 1);
    CHECK(rig.visit().field("Retry-After") == "5");
    rig.clock.move(5s);
    CHECK(rig.ask_for(204).empty());
    CHECK(rig.ask_for(200).empty());
}

TEST_CASE("circuit-breaker: a visitor who leaves is not a failure, and its probe is the next one's",
          "[circuit-breaker]") {
    CircuitBreakerFixture rig(three);
    for (int i = 0; i < 10; ++i) {
        rig.visit().run->close({});  // before there was a response
    }
    rig.fail(2);
    CHECK(rig.ask_for(200).empty());
    rig.fail(1);
    CHECK(rig.visit().refusal() == "503 circuit_open");
    rig.clock.move(5s);
    rig.visit().run->close({});
    CHECK(rig.ask_for(200).empty());
    rig.fail(3);
    rig.clock.move(5s);
    { (void)rig.visit(); }  // destroyed without a close
    CHECK(rig.ask_for(200).empty());
}

TEST_CASE("circuit-breaker: what counts as a failure", "[circuit-breaker]") {
    const auto opens = [](std::uint16_t status, hooks::Origin origin) {
        CircuitBreakerFixture rig("{failures: 1}");
        CHECK(rig.ask_for(status, origin).empty());
        return !rig.visit().refusal().empty();
    };
    using enum hooks::Origin;
    CHECK(opens(500, backend));
    CHECK(opens(504, backend));
    CHECK_FALSE(opens(404, backend));
    CHECK_FALSE(opens(101, backend));
    CHECK(opens(502, edge));
    CHECK(opens(503, edge));
    CHECK(opens(504, edge));
    CHECK_FALSE(opens(400, edge));
    CHECK_FALSE(opens(408, edge));
    CHECK_FALSE(opens(413, edge));
    CHECK_FALSE(opens(500, edge));
    CHECK_FALSE(opens(503, plugin));
}

TEST_CASE("circuit-breaker: failures have to be a part of all, and within the window", "[circuit-breaker]") {
    CircuitBreakerFixture rig(three);
    for (int i = 0; i < 10; ++i) {
        CHECK(rig.ask_for(200).empty());
    }
    rig.fail(9);  // 9 of 19
    CHECK(rig.visit().refusal().empty());
    rig.fail(1);  // 10 of 20
    CHECK(rig.visit().refusal() == "503 circuit_open");

    CircuitBreakerFixture slow(three);
    slow.fail(2);
    slow.clock.move(10s);
    slow.fail(2);
    CHECK(slow.visit().refusal().empty());
    slow.clock.move(8s);
    slow.fail(1);
    CHECK(slow.visit().refusal() == "503 circuit_open");
}

TEST_CASE("circuit-breaker: who takes an instance's place continues", "[circuit-breaker]") {
    CircuitBreakerFixture rig(three);
    rig.fail(3);
    rig.replace("{failures: 5, ratio: 0.5, window: 10s, open_for: 5s}");
    CHECK(rig.visit().refusal() == "503 circuit_open");
    rig.replace("{window: 20s}");
    CHECK(rig.visit().refusal().empty());
}

TEST_CASE("circuit-breaker: a full table forgets those that are in order, and keeps those that are not",
          "[circuit-breaker]") {
    CircuitBreakerFixture rig("{failures: 1, services: 16, open_for: 1h}");
    CHECK(rig.ask_for(500).empty());
    for (int i = 0; i < 100; ++i) {
        CHECK(rig.ask_for(200, hooks::Origin::backend, std::to_string(i) + ".test").empty());
        rig.clock.move(1ms);
    }
    CHECK(rig.visit().refusal() == "503 circuit_open");
    for (int i = 0; i < 100; ++i) {  // 15 more are watched and opened; all others pass unwatched
        (void)rig.ask_for(500, hooks::Origin::backend, std::to_string(i) + ".test");
    }
    int refused = 0;
    for (int i = 0; i < 100; ++i) {
        refused += rig.ask_for(500, hooks::Origin::backend, std::to_string(i) + ".test").empty() ? 0 : 1;
    }
    CHECK(refused == 15);
}

TEST_CASE("circuit-breaker: of threads together one probes, and no count is lost", "[circuit-breaker]") {
    const CircuitRules rules{4'000, 1.0, 1h, 1h};
    Circuit circuit;
    std::atomic<int> probes{0};
    std::atomic<int> opened{0};
    const auto together = [](auto action) {
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back(action);
        }
        for (std::thread& each : threads) {
            each.join();
        }
    };
    together([&] {
        for (int n = 0; n < 1'000; ++n) {
            (void)circuit.enter(1h);
            opened += circuit.record_result(true, false, rules, 1h) == Circuit::Change::opened ? 1 : 0;
        }
    });
    CHECK(opened == 1);  // by the last of them all
    CHECK(circuit.enter(2h - 1ns).entry == Circuit::Entry::refused);
    together([&] { probes += circuit.enter(2h).entry == Circuit::Entry::probes ? 1 : 0; });
    CHECK(probes == 1);
}

TEST_CASE("circuit-breaker: requests in order allocate nothing of its own", "[circuit-breaker]") {
    CircuitTable table(16);
    const CircuitRules rules{5, 0.5, 10s, 10s};
    const std::uint64_t before = test::allocations_so_far();
    for (int i = 0; i < 100; ++i) {
        Circuit* const circuit = table.find(7, 1h);
        (void)circuit->enter(1h);
        (void)circuit->record_result(false, false, rules, 1h);
        circuit->leave(false);
    }
    CHECK(test::allocations_so_far() == before);
}

TEST_CASE("circuit-breaker: settings that cannot work are told", "[circuit-breaker]") {
    CHECK(CircuitBreakerFixture::wrong<CircuitBreaker>("{failures: 0}").find("failures") == 0);
    CHECK(CircuitBreakerFixture::wrong<CircuitBreaker>("{ratio: 1.5}").find("ratio") == 0);
    CHECK(CircuitBreakerFixture::wrong<CircuitBreaker>("{window: 1ms}").find("window") == 0);
    CHECK(CircuitBreakerFixture::wrong<CircuitBreaker>("{}").empty());
}
