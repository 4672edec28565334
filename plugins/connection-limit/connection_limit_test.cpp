// The plugin `connection-limit` on a real chain.
#include "connection-limit/connection_limit.hpp"
#include "unit/plugin/chain_of_one.hpp"

#include <thread>
#include <vector>

using namespace ferrotunnel;
using namespace ferrotunnel::plugins;
using ConnectionLimitFixture = test::ChainOfOne<ConnectionLimit>;

namespace {

class Refuses final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{.name = "refuses", .version = "1", .guard = true};
    plugin::Decision on_request(plugin::Exchange& exchange) override {
        return exchange.visitor() == "192.0.2.1" ? plugin::Decision::fail() : plugin::Decision::reject(401, "no");
    }
};

}  // namespace

TEST_CASE("connection-limit: so many at the same time, and one more when one has ended", "[connection-limit]") {
    ConnectionLimitFixture rig("{limit: 2, retry_after: 7s}");
    auto first = rig.visit();
    auto second = rig.visit();
    CHECK(first.refusal().empty());
    CHECK(second.refusal().empty());
    const auto third = rig.visit();
    CHECK(third.refusal() == "503 connection_limit");
    CHECK(third.field("Retry-After") == "7");
    CHECK(rig.visit("192.0.2.8").refusal().empty());  // another visitor
    second.run->close({200, true, 0, 0, {}});
    auto fourth = rig.visit();
    CHECK(fourth.refusal().empty());
    CHECK(rig.visit().refusal() == "503 connection_limit");
}

TEST_CASE("connection-limit: nothing stays counted, in whatever phase an exchange dies", "[connection-limit]") {
    ConnectionLimitFixture rig("{limit: 1, status: 429}");
    { (void)rig.visit(); }  // destroyed without a close
    CHECK(rig.object().taken() == 0);
    {
        auto visit = rig.visit();
        CHECK(rig.object().taken() == 1);
        CHECK(rig.visit().refusal() == "429 connection_limit");
        CHECK(rig.object().taken() == 1);  // the refused one has no lease, and returns none
        visit.run->close({});
        CHECK(rig.object().taken() == 0);
    }
    CHECK(rig.object().taken() == 0);  // and none twice
    rig.begin();
    CHECK(rig.ask() == hooks::Step::go_on);
    CHECK(rig.run->response({101, hooks::Origin::backend, nullptr, &rig.edits}, rig.now) == hooks::Step::go_on);
    CHECK(rig.object().taken() == 1);  // a WebSocket until it is closed
    rig.end();
    CHECK(rig.object().taken() == 0);
}

TEST_CASE("connection-limit: a plugin behind it that refuses or fails gives back, too", "[connection-limit]") {
    ConnectionLimitFixture rig("{limit: 1}");
    ConnectionLimit& limit = rig.object();
    plugin::InstanceOptions options;
    options.closed = true;
    rig.add<Refuses>(options);
    for (const char* const visitor : {"192.0.2.1", "192.0.2.2"}) {
        auto visit = rig.visit(visitor);
        CHECK(visit.step == hooks::Step::answer);
        CHECK(limit.taken() == 1);
        visit.run->close({});
        CHECK(limit.taken() == 0);
    }
}

TEST_CASE("connection-limit: who takes an instance's place continues counting", "[connection-limit]") {
    ConnectionLimitFixture rig("{limit: 1}");
    auto visit = rig.visit();
    rig.replace("{limit: 2}");
    auto second = rig.visit();
    CHECK(second.refusal().empty());
    CHECK(rig.visit().refusal() == "503 connection_limit");
    visit.run.reset();
    CHECK(rig.object().taken() == 1);
}

TEST_CASE("connection-limit: a full table refuses whom it cannot count", "[connection-limit]") {
    ConnectionLimitFixture rig("{limit: 5, entries: 16}");
    std::vector<ConnectionLimitFixture::Visit> visits;
    for (int i = 0; i < 16; ++i) {
        visits.push_back(rig.visit("10.0.0." + std::to_string(i)));
        CHECK(visits.back().refusal().empty());
    }
    CHECK(rig.visit("10.0.1.1").refusal() == "503 connection_limit_full");
    visits.push_back(rig.visit("10.0.0.3"));  // known already
    CHECK(visits.back().refusal().empty());
    visits[5].run.reset();
    CHECK(rig.visit("10.0.1.1").refusal().empty());
}

TEST_CASE("connection-limit: threads together never have more than the limit", "[connection-limit]") {
    LeaseTable table(16);
    constexpr std::uint64_t limit = 3;
    std::atomic<std::uint64_t> has[4] = {};
    std::atomic<bool> passed_limit{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (std::size_t n = 0; n < 20'000; ++n) {
                const std::size_t key = n % 4;
                const LeaseTable::Taken taken = table.take(key + 1, limit);
                if (taken.lease != nullptr) {
                    passed_limit = passed_limit || ++has[key] > limit;
                    --has[key];
                    LeaseTable::give_back(*taken.lease);
                }
            }
        });
    }
    for (std::thread& each : threads) {
        each.join();
    }
    CHECK_FALSE(passed_limit);
    CHECK(table.taken() == 0);
    std::vector<LeaseTable::Lease*> leases;
    for (std::uint64_t i = 0; i < limit; ++i) {
        leases.push_back(table.take(9, limit).lease);
        CHECK(leases.back() != nullptr);
    }
    CHECK(table.take(9, limit).refusal == LeaseTable::Refusal::limit);
}

TEST_CASE("connection-limit: settings that cannot work are told", "[connection-limit]") {
    CHECK(ConnectionLimitFixture::wrong<ConnectionLimit>("{}").find("limit") != std::string::npos);
    CHECK(ConnectionLimitFixture::wrong<ConnectionLimit>("{limit: 0}").find("limit") == 0);
    CHECK(ConnectionLimitFixture::wrong<ConnectionLimit>("{limit: 1, status: 500}").find("status: is not 503 or 429") ==
          0);
    CHECK(ConnectionLimitFixture::wrong<ConnectionLimit>("{limit: 1, key: note.}").find("key: is \"note.\"") == 0);
    CHECK(ConnectionLimitFixture::wrong<ConnectionLimit>("{limit: 1, retry_after: 0s}").find("retry_after") == 0);
}
