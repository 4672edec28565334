// What all sessions of a server may hold together, and which sessions are asked for what when it is too much.
#include "trunk/memory_governor.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ferrotunnel::trunk {
namespace {

class CountingWaker final : public buffer::Waker {
public:
    void wake() noexcept override { ++count; }
    int count = 0;
};

/// A session as its governor sees it: it holds what the test says.
struct Session {
    Session(const std::shared_ptr<MemoryGovernor>& governor, const std::string& owner)
        : member(std::in_place, governor, shared, owner) {}
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() { hold(0); }  // what is held keeps a ledger alive

    void hold(std::uint64_t bytes) {
        shared->ledger->subtract(held);
        shared->ledger->add(held = bytes);
    }
    std::uint64_t asked() { return shared->reclaim_requested.exchange(0); }

    IntrusivePtr<CountingWaker> waker = make_intrusive<CountingWaker>();
    IntrusivePtr<mux::SessionShared> shared = make_intrusive<mux::SessionShared>(waker, mux::Settings());
    std::uint64_t held = 0;
    std::optional<MemoryGovernor::Member> member;
};

constexpr std::uint64_t limit = limits::memory_min;

TEST_CASE("limit: the memory of all sessions; at it nobody is asked, beyond it the token that holds most is") {
    auto governor = std::make_shared<MemoryGovernor>(limit, 3);
    Session most(governor, "a");
    Session more(governor, "a");
    Session other(governor, "b");
    Session third(governor, "c");
    most.hold(limit / 4);
    more.hold(limit / 8);
    other.hold(limit / 4 + limit / 8 - 1);
    third.hold(limit / 4 + 1);
    MemoryGovernor::Survey found = governor->survey();
    CHECK(found.held == limit);
    CHECK(governor->held() == limit);
    CHECK(found.asked == 0);
    CHECK(most.waker->count == 0);

    third.hold(limit / 4 + 1 + 3'000);
    found = governor->survey();
    CHECK(found.asked == 3'000);
    CHECK(found.owner == "a");
    CHECK(most.asked() == 2'000);
    CHECK(more.asked() == 1'000);
    CHECK(other.asked() == 0);
    CHECK(third.asked() == 0);
    CHECK(most.waker->count == 1);
    CHECK(other.waker->count == 0);
}

TEST_CASE("limit: the share of one token among several; at it nobody is asked, beyond it that token alone") {
    auto governor = std::make_shared<MemoryGovernor>(limit, 2);
    constexpr std::uint64_t share = limit / limits::memory_token_share;
    Session greedy(governor, "a");
    Session other(governor, "b");
    // The token's own sessions are tight; those of the other token are not, as long as all together hold little.
    greedy.hold(share / 2 + 1);
    (void)governor->survey();
    CHECK(greedy.shared->is_tight());
    CHECK_FALSE(other.shared->is_tight());

    greedy.hold(share);
    CHECK(governor->survey().asked == 0);
    greedy.hold(share + 1);
    CHECK(governor->survey().asked == 1);
    CHECK(greedy.asked() == 1);
    CHECK(other.asked() == 0);
}

TEST_CASE("the only token may have all") {
    auto governor = std::make_shared<MemoryGovernor>(limit, 1);
    Session session(governor, "a");
    session.hold(limit);
    CHECK(governor->survey().asked == 0);
    session.hold(limit + 1);
    CHECK(governor->survey().asked == 1);
}

TEST_CASE("limit: half of the memory; beyond it all sessions are tight, and not again before it is three eighths") {
    auto governor = std::make_shared<MemoryGovernor>(limit, 1);
    Session session(governor, "a");
    Session idle(governor, "a");
    const auto tight_with = [&](std::uint64_t bytes) {
        session.hold(bytes);
        (void)governor->survey();
        CHECK(session.shared->is_tight() == idle.shared->is_tight());
        CHECK(session.asked() == 0);
        return session.shared->is_tight();
    };
    CHECK_FALSE(tight_with(limit / 2));
    CHECK(tight_with(limit / 2 + 1));
    CHECK(tight_with(limit / 8 * 3 + 1));
    CHECK_FALSE(tight_with(limit / 8 * 3));
    CHECK_FALSE(tight_with(limit / 2));
}

TEST_CASE("what waits to be sent and streams count, and who is gone does not") {
    auto governor = std::make_shared<MemoryGovernor>(limit, 2);
    Session session(governor, "a");
    std::optional<Session> other(std::in_place, governor, "b");
    other->hold(100);
    session.shared->outbound->add(1'000);
    session.shared->streams.store(3);
    CHECK(governor->held() == 1'100 + 3 * limits::stream_cost);
    session.shared->outbound->subtract(1'000);
    session.shared->streams.store(0);
    other.reset();
    CHECK(governor->survey().held == 0);
    CHECK(governor->survey().owner == "a");
}

TEST_CASE("a look is worth repeating soon while there are visitors") {
    auto governor = std::make_shared<MemoryGovernor>(limit, 1);
    CHECK_FALSE(governor->survey().busy);
    Session session(governor, "a");
    CHECK_FALSE(governor->survey().busy);
    session.shared->streams.store(1);
    CHECK(governor->survey().busy);
}

}  // namespace
}  // namespace ferrotunnel::trunk
