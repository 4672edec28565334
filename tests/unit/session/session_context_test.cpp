// How the parts of a session return to its worker, and what other threads see of it.
#include "session/session_context.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <thread>

#include "session/shared_view.hpp"
#include "session/trunk_load.hpp"
#include "unit/runtime/loop.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;

TEST_CASE("session executor: a bound step runs on the worker, by way of the session, which lives until then") {
    runtime::Worker worker;
    worker.start();
    auto session = std::make_shared<int>(0);
    const std::weak_ptr<int> alive = session;
    runtime::test::Signal ran;
    int by_session = 0;
    bool here = false;
    {
        const SessionExecutor executor(
            worker.mailbox(), [&] { return session; },
            [&](StepRef step) {
                ++by_session;
                step();
            });
        const auto step = executor.bind([&](int number) {
            here = worker.here() && number == 3 && !alive.expired();
            ran.tell();
        });
        session.reset();
        CHECK_FALSE(alive.expired());
        CHECK(step(3));
        CHECK(ran.wait());
    }
    worker.stop();
    worker.join();
    CHECK(here);
    CHECK(by_session == 1);
    CHECK(alive.expired());
}

TEST_CASE("session executor: a step for a worker that has stopped is dropped, and says so") {
    runtime::Worker worker;
    worker.start();
    worker.stop();
    worker.join();
    const SessionExecutor executor(
        worker.mailbox(), [] { return std::make_shared<int>(0); }, [](StepRef step) { step(); });
    CHECK_FALSE(executor.bind([] { FAIL("it ran"); })());
}

TEST_CASE("session executor: attempt leaves out a step that fails, and no more") {
    int done = 0;
    attempt([] { throw std::bad_alloc(); });
    attempt([&] { ++done; });
    CHECK(done == 1);
}

TEST_CASE("trunk load: visitors, arrivals and streams count until they end, and bulk counts as visitors") {
    using namespace std::chrono_literals;
    TrunkLoad load;
    const TimePoint now{1'000s};
    CHECK(load.visitors(now) == 0);
    {
        TrunkLoad::Count stream = load.count_stream();
        TrunkLoad::Count arrival = load.count_arrival();
        CHECK(load.has_arrivals());
        CHECK(load.visitors(now) == 2);
        TrunkLoad::Count moved(std::move(arrival));
        CHECK(load.visitors(now) == 2);
        moved.end();
        moved.end();
        CHECK_FALSE(load.has_arrivals());
        CHECK(load.visitors(now) == 1);
    }
    CHECK(load.visitors(now) == 0);
    load.recent()->count(1'024'000, now);
    CHECK(load.visitors(now) == 10);
    load.traffic()->sending_now = 2;
    CHECK(load.visitors(now + 1s) == 2);
}

TEST_CASE("shared view: a service is found by its kind and name, and the copy is of one moment") {
    SharedView view;
    view.change([](SessionView& changed) {
        changed.retired = true;
        changed.services.push_back({1, wire::ServiceKind::tcp, "db", "", 4000, {}, {}, {}});
    });
    CHECK(view.port_of(wire::ServiceKind::tcp, "db") == 4000);
    CHECK(view.port_of(wire::ServiceKind::udp, "db") == 0);
    CHECK(view.port_of(wire::ServiceKind::tcp, "web") == 0);
    const SessionView copy = view.copy();
    view.change([](SessionView& changed) { changed.services.clear(); });
    CHECK(copy.services.size() == 1);
    CHECK(copy.retired);
    view.read([](const SessionView& seen) { CHECK(seen.services.empty()); });
}
