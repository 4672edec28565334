// Tests the plugin `rate-limit` on a real chain with a clock that the test moves.
#include "rate-limit/rate_limit.hpp"

#include <thread>
#include <vector>

#include "support/count_allocations.hpp"
#include "unit/plugin/chain_of_one.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugins;
using namespace std::chrono_literals;
using RateLimitFixture = test::ChainOfOne<RateLimit>;

namespace {

class NotesUser final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{.name = "notes", .version = "1"};
    plugin::Decision on_request(plugin::Exchange& exchange) override {
        exchange.set_note("auth.subject", exchange.field(plugin::Side::request, "X-User").value_or(""));
        return plugin::Decision::go_on();
    }
};

int passed_of(RateLimitFixture& rig, int visits, const std::string& visitor = "192.0.2.7",
              const std::string& fields = "") {
    int passed = 0;
    for (int i = 0; i < visits; ++i) {
        passed += rig.visit(visitor, fields).refusal().empty() ? 1 : 0;
    }
    return passed;
}

}  // namespace

TEST_CASE("rate-limit: a burst passes at once, then the rate", "[rate-limit]") {
    RateLimitFixture rig("{rate: 10/s, burst: 5}");
    CHECK(passed_of(rig, 20) == 5);
    rig.clock.move(100ms);
    CHECK(passed_of(rig, 20) == 1);
    rig.clock.move(250ms);
    CHECK(passed_of(rig, 20) == 2);
    rig.clock.move(50ms);  // with the half that was left
    CHECK(passed_of(rig, 20) == 1);
    rig.clock.move(24h);
    CHECK(passed_of(rig, 20) == 5);  // at most the burst, however long there were no requests
}

TEST_CASE("rate-limit: over time exactly the rate passes", "[rate-limit]") {
    RateLimitFixture rig("{rate: 100/m, burst: 3}");
    int passed = 0;
    for (int i = 0; i < 6'000; ++i) {  // ten minutes, ten requests a second
        passed += rig.object().wait_of("192.0.2.7").count() == 0 ? 1 : 0;
        rig.clock.move(100ms);
    }
    CHECK(passed == 1'002);  // the burst's other two, and 100 a minute
}

TEST_CASE("rate-limit: Retry-After is true", "[rate-limit]") {
    RateLimitFixture rig("{rate: 6/m, burst: 2}");
    CHECK(passed_of(rig, 2) == 2);
    rig.clock.move(500ms);
    const auto refused = rig.visit();
    CHECK(refused.refusal() == "429 rate_limited");
    CHECK(refused.field("Retry-After") == "10");  // 9.5 s
    CHECK(rig.object().wait_of("192.0.2.7") == 9'500ms);
    rig.clock.move(9'500ms - 1ns);
    CHECK(rig.visit().field("Retry-After") == "1");
    rig.clock.move(1ns);
    CHECK(rig.visit().refusal().empty());
    CHECK(rig.visit().field("Retry-After") == "10");
}

TEST_CASE("rate-limit: those who are refused wait no longer for trying", "[rate-limit]") {
    RateLimitFixture rig("{rate: 1/s, burst: 1}");
    CHECK(passed_of(rig, 1'000) == 1);
    rig.clock.move(1s);
    CHECK(passed_of(rig, 1) == 1);
}

TEST_CASE("rate-limit: visitors are counted apart, by network where they have IPv6", "[rate-limit]") {
    RateLimitFixture rig("{rate: 1/s}");
    CHECK(passed_of(rig, 2, "192.0.2.7") == 1);
    CHECK(passed_of(rig, 2, "192.0.2.8") == 1);
    CHECK(passed_of(rig, 2, "::ffff:192.0.2.8") == 0);
    CHECK(passed_of(rig, 2, "2001:db8::1") == 1);
    CHECK(passed_of(rig, 2, "2001:db8::2:3:4") == 0);
    CHECK(passed_of(rig, 2, "2001:db8:0:1::1") == 1);
    CHECK(passed_of(rig, 1, "192.0.2.7", "X-Forwarded-For: 192.0.2.99\r\nX-Real-IP: 192.0.2.99\r\n") == 0);
    RateLimitFixture narrow("{rate: 1/s, ipv6_prefix: 128}");
    CHECK(passed_of(narrow, 2, "2001:db8::1") == 1);
    CHECK(passed_of(narrow, 2, "2001:db8::2") == 1);
}

TEST_CASE("rate-limit: by header, with the visitor where there is none", "[rate-limit]") {
    RateLimitFixture rig("{rate: 1/s, key: header.X-Key}");
    CHECK(passed_of(rig, 2, "192.0.2.7", "X-Key: a\r\n") == 1);
    CHECK(passed_of(rig, 2, "192.0.2.8", "x-key: a\r\n") == 0);
    CHECK(passed_of(rig, 2, "192.0.2.7", "X-Key: b\r\n") == 1);
    CHECK(passed_of(rig, 2, "192.0.2.7") == 1);
    CHECK(passed_of(rig, 2, "192.0.2.7", "X-Key:\r\n") == 0);
    CHECK(passed_of(rig, 2, "192.0.2.8") == 1);
}

TEST_CASE("rate-limit: by host, by service, and all together", "[rate-limit]") {
    RateLimitFixture hosts("{rate: 1/s, key: host}");
    CHECK(hosts.visit("192.0.2.7", "", "a.test").refusal().empty());
    CHECK(hosts.visit("192.0.2.8", "", "a.test").refusal() == "429 rate_limited");
    CHECK(hosts.visit("192.0.2.8", "", "b.test").refusal().empty());
    RateLimitFixture services("{rate: 1/s, key: service}");
    CHECK(services.visit("192.0.2.7", "", "a.test", "one").refusal().empty());
    CHECK(services.visit("192.0.2.8", "", "b.test", "one").refusal() == "429 rate_limited");
    CHECK(services.visit("192.0.2.8", "", "b.test", "two").refusal().empty());
    RateLimitFixture all("{rate: 1/s, key: all}");
    CHECK(passed_of(all, 1, "192.0.2.7") == 1);
    CHECK(passed_of(all, 1, "192.0.2.8") == 0);
}

TEST_CASE("rate-limit: by a note of a plugin before it", "[rate-limit]") {
    RateLimitFixture rig("{rate: 1/s, key: note.auth.subject}");
    rig.add<NotesUser>();
    std::swap(rig.chain.instances.front(), rig.chain.instances.back());
    CHECK(passed_of(rig, 2, "192.0.2.7", "X-User: ann\r\n") == 1);
    CHECK(passed_of(rig, 2, "192.0.2.8", "X-User: ann\r\n") == 0);
    CHECK(passed_of(rig, 2, "192.0.2.8", "X-User: bob\r\n") == 1);
}

TEST_CASE("rate-limit: who takes an instance's place continues with what it knows", "[rate-limit]") {
    RateLimitFixture rig("{rate: 1/s, burst: 2}");
    CHECK(passed_of(rig, 3) == 2);
    rig.replace("{rate: 1/s, burst: 2}");
    CHECK(passed_of(rig, 3) == 0);
    rig.replace("{rate: 1/h, burst: 4}");  // two seconds are owed, of four hours
    CHECK(passed_of(rig, 5) == 3);
    rig.replace("{rate: 1/s, burst: 1}");  // no key owes more than a burst
    CHECK(rig.object().wait_of("192.0.2.7") == 1s);
    rig.replace("{rate: 1/s, burst: 1, entries: 16}");
    CHECK(passed_of(rig, 3) == 1);  // another table
}

TEST_CASE("rate-limit: a full table forgets who has used least, and limits all others still", "[rate-limit]") {
    RateLimitFixture rig("{rate: 1/m, burst: 10, entries: 16}");
    const auto visitor = [](int i) { return "10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256); };
    CHECK(passed_of(rig, 20, "192.0.2.7") == 10);
    for (int i = 0; i < 1'000; ++i) {  // a series of new visitors
        CHECK(passed_of(rig, 1, visitor(i)) == 1);
        CHECK(passed_of(rig, 1, "192.0.2.7") == 0);
    }
    CHECK(passed_of(rig, 20, visitor(999)) == 9);  // the last one is known as well
}

TEST_CASE("rate-limit: a stranger does not inherit what another one owes", "[rate-limit]") {
    RateLimitFixture rig("{rate: 1/m, burst: 3, entries: 16}");
    for (int i = 0; i < 100; ++i) {
        CHECK(passed_of(rig, 4, "10.0.0." + std::to_string(i)) == 3);
    }
}

TEST_CASE("rate-limit: threads together get what one would get", "[rate-limit]") {
    GcraTable table(1'024);
    constexpr std::int64_t burst = 1'000;
    std::atomic<std::int64_t> passed{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 2'000; ++n) {
                for (std::uint64_t key = 1; key <= 4; ++key) {
                    passed += table.take(key, {1ms, burst}, 1h).count() == 0 ? 1 : 0;
                }
            }
        });
    }
    for (std::thread& each : threads) {
        each.join();
    }
    CHECK(passed == 4 * burst);
}

TEST_CASE("rate-limit: it allocates nothing for those who pass", "[rate-limit]") {
    RateLimitFixture rig("{rate: 1000000/s, burst: 1000000}");
    const std::uint64_t before = test::allocations_so_far();
    for (int i = 0; i < 1'000; ++i) {
        (void)rig.object().wait_of("2001:db8::1");
    }
    CHECK(test::allocations_so_far() == before);
}

TEST_CASE("rate-limit: settings that cannot work are told", "[rate-limit]") {
    CHECK(RateLimitFixture::wrong<RateLimit>("{}").find("rate") != std::string::npos);
    CHECK(RateLimitFixture::wrong<RateLimit>("{rate: 0/s}").find("rate") == 0);
    CHECK(RateLimitFixture::wrong<RateLimit>("{rate: 1/s, key: header}").find("key: is \"header\"; expected visitor") ==
          0);
    CHECK(RateLimitFixture::wrong<RateLimit>("{rate: 1/h, burst: 1000}").find("burst: takes more than 30 days") == 0);
    CHECK(RateLimitFixture::wrong<RateLimit>("{rate: 1/h, burst: 720}").empty());
    CHECK(RateLimitFixture::wrong<RateLimit>("{rate: 100/m}").empty());
    CHECK(RateLimitFixture::wrong<RateLimit>("{rate: 100/min}").empty());
    CHECK(RateLimitFixture::wrong<RateLimit>("{rate: 1000000/s, burst: 1000000}") == "");
    CHECK(RateLimitFixture::wrong<RateLimit>("{rate: 2000000/s}").find("rate") == 0);
}

TEST_CASE("rate-limit: visitors of TCP and TLS have the same rate", "[rate-limit]") {
    test::VisitsOfOne<RateLimit> rig("{rate: 1/m, burst: 2}");
    CHECK(rig.refusal("192.0.2.7").empty());
    CHECK(rig.refusal("192.0.2.7").empty());
    CHECK(rig.refusal("192.0.2.7") == "rate_limited");
    CHECK(rig.refusal("192.0.2.8").empty());
    rig.clock.move(60s);
    CHECK(rig.refusal("192.0.2.7").empty());
    CHECK(rig.refusal("192.0.2.7") == "rate_limited");
}

TEST_CASE("rate-limit: visitors of TCP and TLS are counted by what is known of them", "[rate-limit]") {
    for (const char* const key : {"host", "service", "all"}) {
        CAPTURE(key);
        test::VisitsOfOne<RateLimit> rig("{rate: 1/m, burst: 1, key: " + std::string(key) + "}");
        CHECK(rig.refusal("192.0.2.7").empty());
        CHECK(rig.refusal("192.0.2.8") == "rate_limited");  // of the same host and service
    }
    for (const char* const key : {"header.X-Key", "note.auth.subject"}) {
        CAPTURE(key);
        test::VisitsOfOne<RateLimit> rig("{rate: 1/m, burst: 1, key: " + std::string(key) + "}");
        CHECK(rig.refusal("192.0.2.7").empty());
        CHECK(rig.refusal("192.0.2.8").empty());  // the header is missing, so addresses count
        CHECK(rig.refusal("192.0.2.7") == "rate_limited");
    }
}

TEST_CASE("rate-limit: what a client asks for knows fewer visitors", "[rate-limit][clients]") {
    const auto types = plugin::read_library(&plugin::library<RateLimit>);
    REQUIRE(types);
    const config::Schema& schema = *types->front().schema;
    const auto settings = schema.parse_for_client(R"({"rate":"20/s","burst":"40","key":"all","ipv6_prefix":"56"})");
    REQUIRE(settings);
    CHECK(settings->find("entries")->integer() == 4'096);
    CHECK_FALSE(schema.parse_for_client(R"({"rate":"20/s","entries":"1048576"})"));
}
