// Decisions on visitors, logins and registrations that come later: from any thread, late, twice, never, and after
// everything has gone.
#include <atomic>
#include <cstring>
#include <mutex>
#include <thread>

#include "plugin/host.hpp"
#include "unit/plugin/session_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugin;
using namespace std::chrono_literals;
using ferrotunnel::test::SessionRig;
using hooks::Step;

namespace {

/// Owes each decision; the test has the handles.
class Debtor final : public Plugin {
public:
    static constexpr Description description{.name = "debtor", .version = "1", .guard = true};
    static inline std::vector<LaterOf<Visitor>> owed;

    Decision on_connect(Visitor& visit) override {
        return visit.later([](LaterOf<Visitor> later) { owed.push_back(std::move(later)); });
    }
};

/// Decides before its hook returns, with an amendment.
class Hurried final : public Plugin {
public:
    static constexpr Description description{.name = "hurried", .version = "1"};
    Decision on_login(Login& login) override {
        return login.later([](LaterOf<Login> later) { std::move(later).decide(Decision::refuse("no")); });
    }
    Decision on_register(Registration& wanted) override {
        return wanted.later([](LaterOf<Registration> later) {
            std::move(later).resume([](Registration& same) {
                CHECK(same.set_hosts({"c.test"}));
                return Decision::go_on();
            });
        });
    }
};

struct LaterVisitFixture : SessionRig {
    explicit LaterVisitFixture(InstanceOptions options = {"", true, false}, WaitSettings waits = {})
        : SessionRig(waits) {
        Debtor::owed.clear();
        add<Debtor>(std::move(options));
    }
    ~LaterVisitFixture() {
        Debtor::owed.clear();
        (void)deliver();
    }
    static LaterOf<Visitor> take() {
        LaterOf<Visitor> later = std::move(Debtor::owed.back());
        Debtor::owed.pop_back();
        return later;
    }
};

/// A context whose end is counted.
struct Held {
    static inline std::atomic<int> living{0};
    Held() { ++living; }
    Held(Held&&) noexcept { ++living; }
    Held(const Held&) = delete;
    ~Held() { --living; }
};

}  // namespace

TEST_CASE("session later: a decision on another thread takes the visitor on", "[plugin][session][waiting]") {
    LaterVisitFixture rig;
    rig.visit();
    REQUIRE(rig.ask() == Step::wait);
    CHECK(rig.ask() == Step::wait);
    CHECK(rig.run->wait_until() == rig.now + 5s);
    std::thread([later = LaterVisitFixture::take()]() mutable {
        std::move(later).resume([held = Held()](Visitor& visit) {
            CHECK(visit.address() == "192.0.2.7");
            return Decision::go_on();
        });
    }).join();
    CHECK(rig.deliver() == 1);
    CHECK(rig.ask() == Step::go_on);
    CHECK(Held::living == 0);
    rig.close();
}

TEST_CASE("session later: decisions that are made before the hook returns come by mail", "[plugin][session][waiting]") {
    SessionRig rig;
    rig.add<Hurried>();
    rig.login();
    CHECK(rig.ask() == Step::wait);
    CHECK(rig.deliver() == 1);
    CHECK(rig.ask() == Step::answer);
    CHECK(rig.run->take_refusal().words == "no");
    rig.registration();
    CHECK(rig.ask() == Step::wait);
    CHECK(rig.deliver() == 1);
    CHECK(rig.ask() == Step::go_on);
    CHECK(rig.run->take_amendments().hosts == std::vector<std::string>{"c.test"});
}

TEST_CASE("session later: never and too late are failures", "[plugin][session][waiting]") {
    for (const bool closes : {true, false}) {
        LaterVisitFixture rig({"", closes, false});
        const Step then = closes ? Step::answer : Step::go_on;
        rig.visit();
        REQUIRE(rig.ask() == Step::wait);
        Debtor::owed.clear();
        CHECK(rig.deliver() == 1);
        CHECK(rig.ask() == then);
        rig.close();

        rig.visit();
        REQUIRE(rig.ask() == Step::wait);
        rig.run->expire();
        CHECK(rig.ask() == then);
        LaterVisitFixture::take().resume([held = Held()](Visitor&) { return Decision::go_on(); });
        CHECK(Held::living == 0);
        CHECK(rig.deliver() == 0);
        rig.close();
        CHECK(rig.chain.log.count("it did not decide in time") == 1);
    }
}

TEST_CASE("session later: a second decision does nothing, nor one after the visitor has gone",
          "[plugin][session][waiting]") {
    LaterVisitFixture rig;
    ft_later handle{};
    rig.visit();
    REQUIRE(rig.ask() == Step::wait);
    static_assert(sizeof(LaterOf<Visitor>) == sizeof(ft_later));
    std::memcpy(&handle, &Debtor::owed.back(), sizeof(handle));  // as a plugin in C could
    LaterVisitFixture::take().decide(Decision::go_on());
    int released = 0;
    const auto release = [](void* count) { ++*static_cast<int*>(count); };
    session_table().resume(handle, nullptr, &released, release);
    CHECK(released == 1);
    CHECK(rig.deliver() == 1);
    CHECK(rig.ask() == Step::go_on);
    rig.close();

    rig.visit();
    REQUIRE(rig.ask() == Step::wait);
    session_table().resume(handle, nullptr, &released, release);
    session_table().drop(handle);
    CHECK(released == 2);
    CHECK(rig.deliver() == 0);
    LaterOf<Visitor> late = LaterVisitFixture::take();
    rig.close();
    std::move(late).resume([held = Held()](Visitor&) { return Decision::go_on(); });
    CHECK(Held::living == 0);
    CHECK(rig.deliver() == 0);
}

TEST_CASE("session later: a decision that goes to the functions of exchanges is a failure",
          "[plugin][session][waiting]") {
    LaterVisitFixture rig;
    rig.visit();
    REQUIRE(rig.ask() == Step::wait);
    ft_later handle{};
    std::memcpy(&handle, &Debtor::owed.back(), sizeof(handle));
    http_table().resume(
        handle, [](ft_exchange*, void*) -> ft_decision { return FT_GO_ON; }, nullptr, nullptr);
    CHECK(rig.deliver() == 1);
    CHECK(rig.ask() == Step::answer);
    CHECK(rig.run->take_refusal().failed);
    rig.close();
}

TEST_CASE("session later: when the worker has gone", "[plugin][session][waiting]") {
    for (const bool decided_before : {true, false}) {
        LaterVisitFixture rig;
        rig.visit();
        REQUIRE(rig.ask() == Step::wait);
        LaterOf<Visitor> later = LaterVisitFixture::take();
        if (!decided_before) {
            rig.chain.mailbox->close();
        }
        std::move(later).resume([held = Held()](Visitor&) { return Decision::go_on(); });
        if (decided_before) {
            rig.chain.mailbox->close();
        }
        rig.close();
        CHECK(Held::living == 0);
    }
}

TEST_CASE("session later: so many wait, half of them for one instance, and the next one fails at once",
          "[plugin][session][waiting]") {
    LaterVisitFixture rig({"", true, false}, {std::chrono::seconds(5), 6});
    std::vector<std::unique_ptr<hooks::SessionRun>> waiting;
    for (int i = 0; i < 3; ++i) {
        rig.visit();
        CHECK(rig.ask() == Step::wait);
        waiting.push_back(std::move(rig.run));
    }
    rig.visit();
    CHECK(rig.ask() == Step::answer);
    rig.close();
    waiting.pop_back();
    rig.visit();
    CHECK(rig.ask() == Step::wait);
    rig.close();
    for (const auto& run : waiting) {
        run->close({});
    }
}

TEST_CASE("session later: a token's flood of waits leaves places to others", "[plugin][session][waiting]") {
    LaterVisitFixture rig({"", true, false}, {std::chrono::seconds(5), 40});
    std::vector<std::unique_ptr<hooks::SessionRun>> runs;
    const auto add_one = [&](const char* token) {
        rig.client = std::make_shared<hooks::ClientFacts>(*rig.client);
        rig.client->token = token;
        rig.visit();
        const bool waits = rig.ask() == Step::wait;
        runs.push_back(std::move(rig.run));
        return waits;
    };
    std::size_t noisy = 0;
    while (add_one("noisy")) {
        ++noisy;
    }
    CHECK(noisy == 15);  // of 20 for the instance
    CHECK(add_one("quiet"));
    CHECK_FALSE(add_one("noisy"));
    CHECK(add_one("third"));
    for (const auto& run : runs) {
        run->close({});
    }
}

TEST_CASE("session later: an observing instance is waited for, for as long as it has", "[plugin][session][waiting]") {
    LaterVisitFixture rig({"", true, true});
    rig.visit();
    CHECK(rig.ask() == Step::wait);
    rig.run->expire();
    CHECK(rig.ask() == Step::go_on);
    LaterVisitFixture::take().resume([held = Held()](Visitor&) { return Decision::go_on(); });
    CHECK(Held::living == 0);
    CHECK(rig.deliver() == 0);
    rig.close();
}

TEST_CASE("session later: threads that decide meet deadlines and ends of visitors",
          "[plugin][session][waiting][threads]") {
    LaterVisitFixture rig;
    constexpr int rounds = 2'000;
    std::atomic<int> released{0};
    std::vector<LaterOf<Visitor>> given;
    std::mutex mutex;
    std::atomic<bool> over{false};
    std::thread decider([&] {
        for (bool more = true; more;) {
            std::vector<LaterOf<Visitor>> some;
            {
                const std::lock_guard lock(mutex);
                some.swap(given);
                more = !some.empty() || !over;
            }
            for (LaterOf<Visitor>& later : some) {
                std::move(later).resume([](Visitor&) { return Decision::go_on(); });
                ++released;
            }
        }
    });
    int decided = 0;
    for (int i = 0; i < rounds; ++i) {
        rig.visit();
        REQUIRE(rig.ask() == Step::wait);
        {
            const std::lock_guard lock(mutex);
            given.push_back(LaterVisitFixture::take());
        }
        if (i % 3 == 0) {
            while (rig.deliver() == 0) {
                std::this_thread::yield();
            }
            CHECK(rig.ask() == Step::go_on);
            ++decided;
        } else if (i % 3 == 1) {
            (void)rig.deliver();
            rig.run->expire();
            (void)rig.ask();
        }
        rig.close();
    }
    over = true;
    decider.join();
    rig.deliver();
    CHECK(released == rounds);
    CHECK(decided == (rounds + 2) / 3);
}
