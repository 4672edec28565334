#include "mux/memory_budget.hpp"

#include <catch2/catch.hpp>

#include "unit/mux/session_fixture.hpp"

namespace ferrotunnel::mux::test {
namespace {

Settings budget_settings() {
    Settings settings;
    settings.budget = 1_MiB;
    settings.memory_hard = 2_MiB;
    return settings;
}

// Bytes are held by real slabs, which are charged to the session's ledger.
struct BudgetFixture {
    Settings settings = budget_settings();
    IntrusivePtr<SessionShared> shared = make_intrusive<SessionShared>(make_intrusive<CountingWaker>(), settings);
    MemoryBudget budget{settings, *shared};
    TimePoint now = TimePoint{} + 1000h;
    std::vector<buffer::SlabPtr> held;

    void hold(std::uint32_t bytes) { held.push_back(buffer::make_slab(bytes, shared->ledger.get())); }
    std::optional<std::uint32_t> review() {
        budget.begin_review();
        const auto window = budget.change_first_window();
        budget.end_review();
        return window;
    }
};

TEST_CASE_METHOD(BudgetFixture, "what is held and what is committed are both in use", "[budget]") {
    CHECK(budget.in_use() == 0);
    CHECK(budget.room() == 1_MiB);
    budget.commit(0, 300_KiB);
    budget.commit(300_KiB, 100_KiB);
    CHECK(budget.committed() == 100_KiB);
    hold(64_KiB);
    CHECK(budget.in_use() >= 164_KiB);
    CHECK(budget.uses_more_than(164_KiB - 1));
    CHECK(budget.room() == 1_MiB - budget.in_use());
    budget.commit(0, 1_MiB);
    CHECK(budget.room() == 0);
    CHECK(budget.is_tight());
}

TEST_CASE_METHOD(BudgetFixture, "a review keeps calm until the amount leaves its range", "[budget]") {
    CHECK_FALSE(budget.is_calm());
    CHECK_FALSE(review());
    CHECK(budget.is_calm());
    budget.commit(0, 512_KiB);
    CHECK(budget.is_calm());
    budget.commit(0, 1);
    CHECK_FALSE(budget.is_calm());
    CHECK(review() == settings.first_window_tight);
    CHECK(budget.is_calm());
    CHECK(budget.first_window() == settings.first_window_tight);
    budget.commit(1, 0);  // back below: the window stays small until 3/8
    CHECK_FALSE(review());
    budget.commit(512_KiB, 384_KiB);
    CHECK(review() == settings.first_window);
    CHECK(budget.is_calm());
}

TEST_CASE_METHOD(BudgetFixture, "a process short of memory leaves no room", "[budget]") {
    CHECK_FALSE(review());
    shared->set_tight(true);
    CHECK_FALSE(budget.is_calm());
    CHECK(review() == settings.first_window_tight);
    CHECK(budget.room() == 0);
    CHECK(budget.is_tight());
    CHECK(budget.is_calm());
    shared->set_tight(false);
    CHECK(review() == settings.first_window);
    CHECK(budget.room() == 1_MiB);
}

TEST_CASE_METHOD(BudgetFixture, "the hard cap and the process ask for memory, twice in stalled_after", "[budget]") {
    CHECK_FALSE(budget.start_cap_check(now));
    hold(2_MiB + 1);
    CHECK(budget.must_reclaim());
    CHECK(budget.excess() == shared->ledger->bytes() - 2_MiB);
    REQUIRE(budget.start_idle_check(now));
    REQUIRE(budget.start_cap_check(now));
    CHECK_FALSE(budget.start_cap_check(now + limits::stalled_after / 2 - 1ns));
    CHECK(budget.next_deadline() == now + limits::stalled_after / 2);
    CHECK(budget.start_cap_check(now + limits::stalled_after / 2));
    (void)review();
    CHECK_FALSE(budget.is_calm());  // as long as too much is held
    held.clear();
    shared->request_reclaim(10_MiB);
    CHECK(budget.excess() == 10_MiB);
    CHECK(budget.must_reclaim());
}

TEST_CASE_METHOD(BudgetFixture, "what does not move is set aside, its credit up to the budget", "[budget]") {
    CHECK_FALSE(budget.watches_idle());
    CHECK_FALSE(budget.start_idle_check(now));
    CHECK(budget.next_deadline() == never);
    budget.commit(0, 3_MiB);
    hold(64_KiB);
    CHECK(budget.watches_idle());
    REQUIRE(budget.start_idle_check(now));
    budget.set_idle(100, 50, 3_MiB);
    CHECK(budget.set_aside() == 1_MiB + shared->ledger->bytes() / 2);
    CHECK_FALSE(budget.start_idle_check(now + limits::set_aside_check_interval - 1ns));
    CHECK(budget.start_idle_check(now + limits::set_aside_check_interval));
    budget.commit(3_MiB, 0);
    CHECK(budget.watches_idle());
    CHECK_FALSE(budget.start_idle_check(now + 2 * limits::set_aside_check_interval));
    CHECK(budget.set_aside() == 0);
}

}  // namespace
}  // namespace ferrotunnel::mux::test
