#include "runtime/deadline_wheel.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "unit/runtime/loop.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::runtime;
using namespace ferrotunnel::runtime::test;
using namespace std::chrono_literals;

namespace {

struct Alarm final : Deadline {
    explicit Alarm(runtime::Worker& worker_in) : worker(worker_in) {}
    void on_deadline() noexcept override {
        rang_at = worker.now();
        ++rings;
        if (then) {
            then();
        }
        signal.tell();
    }
    runtime::Worker& worker;
    TimePoint rang_at{};
    int rings = 0;
    std::function<void()> then;
    Signal signal;
};

struct WheelFixture {
    WheelFixture() {
        worker.start();
        on(worker, [&] { wheel = std::make_unique<DeadlineWheel>(worker); });
    }
    ~WheelFixture() {
        on(worker, [&] { wheel.reset(); });
    }
    runtime::Worker worker;
    std::unique_ptr<DeadlineWheel> wheel;
};

}  // namespace

TEST_CASE("a deadline rings once, not before its time, and many of them need one timer") {
    WheelFixture rig;
    std::vector<std::unique_ptr<Alarm>> alarms;
    std::vector<TimePoint> due;
    on(rig.worker, [&] {
        for (int i = 0; i < 300; ++i) {
            alarms.push_back(std::make_unique<Alarm>(rig.worker));
            due.push_back(rig.worker.now() + std::chrono::milliseconds(i));
            rig.wheel->set(*alarms.back(), due.back());
        }
        CHECK(rig.worker.timers_set() == 1);
    });
    for (auto& alarm : alarms) {
        REQUIRE(alarm->signal.wait());
    }
    on(rig.worker, [&] {
        for (std::size_t i = 0; i < alarms.size(); ++i) {
            CHECK(alarms[i]->rings == 1);
            CHECK(alarms[i]->rang_at >= due[i]);
            CHECK_FALSE(alarms[i]->is_set());
        }
        CHECK(rig.wheel->size() == 0);
        CHECK(rig.worker.timers_set() == 0);
        alarms.clear();
    });
}

TEST_CASE("the only deadline, set again from within its call, does not miss a turn of the wheel") {
    WheelFixture rig;
    Alarm first(rig.worker);
    Alarm second(rig.worker);
    std::string order;
    second.then = [&] { order += '2'; };
    first.then = [&] {
        order += '1';
        if (order == "1") {
            rig.wheel->set(first, rig.worker.now());
            rig.wheel->set(second, rig.worker.now() + 1s);
        }
    };
    on(rig.worker, [&] { rig.wheel->set(first, rig.worker.now()); });
    REQUIRE(second.signal.wait());
    on(rig.worker, [&] {
        CHECK(order == "112");
        first.cancel();
        second.cancel();
    });
}

TEST_CASE("a deadline may be moved later or earlier, cancelled, and destroyed") {
    WheelFixture rig;
    auto later = std::make_unique<Alarm>(rig.worker);
    auto earlier = std::make_unique<Alarm>(rig.worker);
    auto cancelled = std::make_unique<Alarm>(rig.worker);
    auto destroyed = std::make_unique<Alarm>(rig.worker);
    TimePoint due;
    TimePoint far;
    on(rig.worker, [&] {
        due = rig.worker.now() + 200ms;
        rig.wheel->set_after(*later, 30ms);
        rig.wheel->set(*later, due);
        far = rig.worker.now() + 100s;
        rig.wheel->set(*earlier, far);
        rig.wheel->set_after(*earlier, 60ms);
        rig.wheel->set_after(*cancelled, 40ms);
        rig.wheel->set_after(*destroyed, 40ms);
        cancelled->cancel();
        destroyed.reset();
        CHECK(rig.wheel->size() == 2);
    });
    REQUIRE(earlier->signal.wait());
    REQUIRE(later->signal.wait());
    on(rig.worker, [&] {
        CHECK(earlier->rang_at < far);
        CHECK(later->rang_at >= due);
        CHECK(later->rings == 1);
        CHECK(cancelled->rings == 0);
    });
}

TEST_CASE("a deadline beyond the turn of the wheel is kept, and one in the past rings at once") {
    WheelFixture rig;
    auto far = std::make_unique<Alarm>(rig.worker);
    auto past = std::make_unique<Alarm>(rig.worker);
    on(rig.worker, [&] {
        rig.wheel->set_after(*far, 2 * DeadlineWheel::tick * static_cast<int>(DeadlineWheel::slots));
        rig.wheel->set(*past, rig.worker.now() - 10s);
    });
    REQUIRE(past->signal.wait());
    on(rig.worker, [&] {
        CHECK(far->is_set());
        CHECK(rig.wheel->size() == 1);
        far.reset();
    });
}

TEST_CASE("of deadlines that have passed at once a round has so many, and mail comes between them") {
    WheelFixture rig;
    constexpr int once = DeadlineWheel::per_round_max;
    constexpr int many = 10 * once;
    std::vector<std::unique_ptr<Alarm>> alarms;
    std::vector<int> rings_before_mail;
    int rings = 0;
    Signal done;
    on(rig.worker, [&] {
        const TimePoint when = rig.worker.now() + 2 * DeadlineWheel::tick;
        for (int i = 0; i < many; ++i) {
            alarms.push_back(std::make_unique<Alarm>(rig.worker));
            alarms.back()->then = [&] {
                if (rings++ % once == 0) {
                    rig.worker.post([&] { rings_before_mail.push_back(rings); });
                }
                if (rings == many) {
                    rig.worker.post([&] { done.tell(); });
                }
            };
            // Two slots: the round that ends one begins the other.
            rig.wheel->set(*alarms.back(), i % 3 == 0 ? when : when + DeadlineWheel::tick);
        }
        // Both have passed when the wheel is looked at.
        std::this_thread::sleep_for(5 * DeadlineWheel::tick);
    });
    REQUIRE(done.wait());
    on(rig.worker, [&] {
        REQUIRE(rings_before_mail.size() == 10);
        for (int i = 0; i < 10; ++i) {
            CHECK(rings_before_mail[static_cast<std::size_t>(i)] == (i + 1) * once);
        }
        CHECK(rig.wheel->size() == 0);
        alarms.clear();
    });
}

TEST_CASE("who rings may set itself again and destroy its neighbours") {
    WheelFixture rig;
    auto again = std::make_unique<Alarm>(rig.worker);
    auto neighbours = std::make_shared<std::vector<std::unique_ptr<Alarm>>>();
    on(rig.worker, [&] {
        again->then = [&, neighbours] {
            neighbours->clear();
            if (again->rings < 3) {
                rig.wheel->set_after(*again, 20ms);
            }
        };
        const TimePoint when = rig.worker.now() + 20ms;
        rig.wheel->set(*again, when);
        for (int i = 0; i < 10; ++i) {
            neighbours->push_back(std::make_unique<Alarm>(rig.worker));
            rig.wheel->set(*neighbours->back(), when);
        }
        rig.wheel->set(*again, when);
    });
    REQUIRE(again->signal.wait(3));
    on(rig.worker, [&] { again.reset(); });
}

TEST_CASE("a wheel may go before its deadlines") {
    WheelFixture rig;
    auto alarm = std::make_unique<Alarm>(rig.worker);
    on(rig.worker, [&] {
        rig.wheel->set_after(*alarm, 1s);
        rig.wheel = std::make_unique<DeadlineWheel>(rig.worker);
        alarm.reset();
    });
}
