// Decisions that come later: from any thread, late, twice, never, and after everything has gone.
#include <atomic>
#include <cstring>
#include <mutex>
#include <thread>

#include "plugin/host.hpp"
#include "unit/plugin/run_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugin;
using namespace std::chrono_literals;
using ferrotunnel::test::PluginRig;
using hooks::Step;

namespace {

/// Owes each decision; the test has the handles.
class Owes final : public Plugin {
public:
    static constexpr Description description{.name = "owes", .version = "1", .guard = true};
    static inline std::vector<Later> owed;
    static inline std::chrono::nanoseconds timeout{0};

    Decision on_request(Exchange& exchange) override { return owe(exchange); }
    Decision on_response(Exchange& exchange) override { return answers ? owe(exchange) : Decision::go_on(); }
    static Decision owe(Exchange& exchange) {
        return exchange.later([](Later later) { owed.push_back(std::move(later)); }, timeout);
    }
    static inline bool answers = false;
};

/// Decides before its hook returns.
class Hasty final : public Plugin {
public:
    static constexpr Description description{.name = "hasty", .version = "1"};

    Decision on_request(Exchange& exchange) override {
        return exchange.later([](Later later) { std::move(later).decide(Decision::reject(403, "no")); });
    }
};

struct LaterExchangeFixture : PluginRig {
    explicit LaterExchangeFixture(InstanceOptions options = {"", true, false}) {
        Owes::owed.clear();
        Owes::timeout = 0ns;
        Owes::answers = false;
        add<Owes>(std::move(options));
    }
    ~LaterExchangeFixture() {
        Owes::owed.clear();
        (void)deliver();
    }
    /// Lets a request pass, and leaves the plugin with its answer.
    void hold_answer() {
        Owes::answers = true;
        begin();
        REQUIRE(ask() == Step::wait);
        take().decide(Decision::go_on());
        deliver();
        REQUIRE(ask() == Step::go_on);
        REQUIRE(answer() == Step::wait);
    }
    Later take() {
        Later later = std::move(Owes::owed.back());
        Owes::owed.pop_back();
        return later;
    }
};

/// A context whose end is counted.
struct CountedContext {
    static inline std::atomic<int> living{0};
    CountedContext() { ++living; }
    CountedContext(CountedContext&&) noexcept { ++living; }
    CountedContext(const CountedContext&) = delete;
    ~CountedContext() { --living; }
};

}  // namespace

TEST_CASE("later: a decision on another thread takes the exchange on", "[plugin][waiting]") {
    LaterExchangeFixture rig;
    rig.begin();
    REQUIRE(rig.ask() == Step::wait);
    CHECK(rig.ask() == Step::wait);  // nothing has come
    CHECK(rig.worker->waiting() == 1);
    std::thread([later = rig.take()]() mutable {
        std::move(later).resume([counted = CountedContext()](Exchange& exchange) {
            exchange.set(Side::request, "X-User", "ann");
            return Decision::go_on();
        });
    }).join();
    CHECK(rig.deliver() == 1);
    CHECK(rig.worker->waiting() == 0);
    CHECK(rig.ask() == Step::go_on);
    CHECK(CountedContext::living == 0);
    CHECK(rig.sent().find("X-User: ann\r\n") != std::string::npos);
    rig.end();
}

TEST_CASE("later: a decision that is made before the hook returns comes by mail as well", "[plugin][waiting]") {
    PluginRig rig;
    rig.add<Hasty>();
    rig.begin();
    CHECK(rig.ask() == Step::wait);
    CHECK(rig.ask() == Step::wait);
    CHECK(rig.deliver() == 1);
    CHECK(rig.ask() == Step::answer);
    CHECK(rig.run->take_reply().page == http::PageState::forbidden);
    rig.end();
}

TEST_CASE("later: a handle that is let go is a failure", "[plugin][waiting]") {
    for (const bool closes : {true, false}) {
        LaterExchangeFixture rig({"", closes, false});
        rig.begin();
        REQUIRE(rig.ask() == Step::wait);
        Owes::owed.clear();
        CHECK(rig.deliver() == 1);
        CHECK(rig.ask() == (closes ? Step::answer : Step::go_on));
        rig.end();
    }
}

TEST_CASE("later: who decides in time counts, who comes too late does nothing", "[plugin][waiting]") {
    LaterExchangeFixture rig;
    rig.begin();
    REQUIRE(rig.ask() == Step::wait);
    CHECK(rig.run->wait_until() == rig.now + 5s);
    rig.run->expire();
    CHECK(rig.worker->waiting() == 0);
    CHECK(rig.ask() == Step::answer);
    CHECK(rig.run->take_reply().page == http::PageState::plugin_failed);
    CHECK(rig.log.count("it did not decide in time") == 1);
    rig.take().resume([counted = CountedContext()](Exchange&) { return Decision::go_on(); });
    CHECK(CountedContext::living == 0);
    CHECK(rig.deliver() == 0);
    rig.end();
}

TEST_CASE("later: a decision that is on its way when the time has passed is not heard", "[plugin][waiting]") {
    LaterExchangeFixture rig;
    rig.begin();
    REQUIRE(rig.ask() == Step::wait);
    rig.take().resume([counted = CountedContext()](Exchange&) { return Decision::go_on(); });
    rig.run->expire();
    CHECK(rig.ask() == Step::answer);
    CHECK(rig.deliver() == 0);
    CHECK(CountedContext::living == 0);
    rig.end();
}

TEST_CASE("later: a time of the plugin's own may be shorter than the server's, and no longer", "[plugin][waiting]") {
    LaterExchangeFixture rig;
    for (const auto& [wanted, given] : {std::pair{0ns, Duration(5s)}, {1s, Duration(1s)}, {1h, Duration(5s)}}) {
        Owes::timeout = wanted;
        rig.begin();
        REQUIRE(rig.ask() == Step::wait);
        CHECK(rig.run->wait_until() == rig.now + given);
        rig.end();
    }
}

TEST_CASE("later: waits of one phase share its time", "[plugin][waiting]") {
    LaterExchangeFixture rig;
    rig.begin();
    REQUIRE(rig.ask() == Step::wait);
    const TimePoint until = rig.run->wait_until();
    rig.now += 3s;
    rig.take().resume([](Exchange& exchange) { return Owes::owe(exchange); });
    CHECK(rig.deliver() == 1);
    REQUIRE(rig.ask() == Step::wait);
    CHECK(rig.run->wait_until() == until);
    rig.end();
}

TEST_CASE("later: an instance that was passed over leaves the next one its time", "[plugin][waiting]") {
    LaterExchangeFixture rig({"one", false, false});
    rig.add<Owes>({"two", true, false});
    rig.begin();
    REQUIRE(rig.ask() == Step::wait);
    rig.now += 5s;
    rig.run->expire();
    REQUIRE(rig.ask() == Step::wait);  // the second one's
    CHECK(rig.run->wait_until() == rig.now + 5s);
    rig.take().decide(Decision::go_on());
    CHECK(rig.deliver() == 1);
    CHECK(rig.ask() == Step::go_on);
    rig.end();
}

TEST_CASE("later: the end of the exchange ends every wait", "[plugin][waiting]") {
    SECTION("before the decision") {
        LaterExchangeFixture rig;
        rig.begin();
        REQUIRE(rig.ask() == Step::wait);
        Later late = rig.take();
        rig.end();
        CHECK(rig.worker->waiting() == 0);
        std::move(late).resume([counted = CountedContext()](Exchange&) { return Decision::go_on(); });
        CHECK(rig.deliver() == 0);
    }
    SECTION("while it is on its way") {
        LaterExchangeFixture rig;
        rig.begin();
        REQUIRE(rig.ask() == Step::wait);
        rig.take().resume([counted = CountedContext()](Exchange&) { return Decision::go_on(); });
        rig.end();
        CHECK(rig.deliver() == 0);
    }
    SECTION("when it was delivered, and nobody has asked") {
        LaterExchangeFixture rig;
        rig.begin();
        REQUIRE(rig.ask() == Step::wait);
        rig.take().resume([counted = CountedContext()](Exchange&) { return Decision::go_on(); });
        CHECK(rig.deliver() == 1);
        rig.end();
    }
    SECTION("when the worker has gone") {
        LaterExchangeFixture rig;
        rig.begin();
        REQUIRE(rig.ask() == Step::wait);
        Later late = rig.take();
        rig.mailbox->close();
        std::move(late).resume([counted = CountedContext()](Exchange&) { return Decision::go_on(); });
        rig.end();
    }
    SECTION("when the worker goes with the decision in its mailbox") {
        LaterExchangeFixture rig;
        rig.begin();
        REQUIRE(rig.ask() == Step::wait);
        rig.take().resume([counted = CountedContext()](Exchange&) { return Decision::go_on(); });
        rig.mailbox->close();
        rig.end();
    }
    CHECK(CountedContext::living == 0);
}

TEST_CASE("later: a handle that is used twice does nothing the second time", "[plugin][waiting]") {
    LaterExchangeFixture rig;
    ft_later handle{};
    rig.begin();
    REQUIRE(rig.ask() == Step::wait);
    static_assert(sizeof(Later) == sizeof(ft_later));
    std::memcpy(&handle, &Owes::owed.back(), sizeof(handle));  // as a plugin in C could
    rig.take().decide(Decision::go_on());
    int released = 0;
    const auto release = [](void* count) { ++*static_cast<int*>(count); };
    http_table().resume(handle, nullptr, &released, release);
    CHECK(released == 1);
    CHECK(rig.deliver() == 1);
    CHECK(rig.ask() == Step::go_on);
    rig.end();

    rig.begin();  // the ticket serves another exchange now
    REQUIRE(rig.ask() == Step::wait);
    http_table().resume(handle, nullptr, &released, release);
    http_table().drop(handle);
    CHECK(released == 2);
    CHECK(rig.deliver() == 0);
    CHECK(rig.ask() == Step::wait);
    rig.end();
}

TEST_CASE("later: an answer may be held as well", "[plugin][waiting]") {
    LaterExchangeFixture rig;
    rig.hold_answer();
    rig.take().resume([](Exchange& exchange) {
        CHECK(exchange.status() == 200);
        CHECK(exchange.field(Side::response, "X-A") == "1");
        exchange.set(Side::response, "X-B", "2");
        return Decision::go_on();
    });
    CHECK(rig.deliver() == 1);
    REQUIRE(rig.answer(200, "X-A: 1\r\n") == Step::go_on);
    CHECK(rig.shown().find("X-B: 2") != std::string::npos);
    rig.end();
}

TEST_CASE("later: an answer that goes takes the wait for it along", "[plugin][waiting]") {
    LaterExchangeFixture rig;
    rig.hold_answer();
    rig.run->drop_answer();
    CHECK(rig.worker->waiting() == 0);
    CHECK(rig.answer(502) == Step::wait);  // asked again, for the answer that took its place
    rig.end();
}

TEST_CASE("later: an observing instance is waited for, for as long as it has, and stops nobody", "[plugin][waiting]") {
    LaterExchangeFixture rig({"", true, true});
    rig.begin();
    CHECK(rig.ask() == Step::wait);
    CHECK(rig.worker->waiting() == 1);
    rig.run->expire();
    CHECK(rig.ask() == Step::go_on);
    CHECK(rig.worker->waiting() == 0);
    rig.take().resume([counted = CountedContext()](Exchange&) { return Decision::reject(403, "no"); });
    CHECK(CountedContext::living == 0);
    CHECK(rig.deliver() == 0);
    rig.end();
}

TEST_CASE("later: so many wait, half of them for one instance, and the next one fails at once", "[plugin][waiting]") {
    PluginRig rig;
    Owes::owed.clear();
    rig.add<Owes>({"one", true, false});
    rig.waits.waiting_max = 6;
    rig.begin();
    std::vector<std::unique_ptr<hooks::HttpRun>> waiting;
    for (int i = 0; i < 3; ++i) {
        rig.begin();
        CHECK(rig.ask() == Step::wait);
        waiting.push_back(std::move(rig.run));
    }
    rig.begin();
    CHECK(rig.ask() == Step::answer);
    rig.end();
    waiting.pop_back();
    rig.begin();
    CHECK(rig.ask() == Step::wait);
    rig.end();
    waiting.clear();
    CHECK(rig.worker->waiting() == 0);
    Owes::owed.clear();
}

namespace {

/// Waits of several tokens, by their names; with what a plugin owes to each.
struct WaitsOfTokens : LaterExchangeFixture {
    std::vector<std::unique_ptr<hooks::HttpRun>> waiting;

    ~WaitsOfTokens() { waiting.clear(); }
    /// Whether one more waits.
    bool add_one(const char* token, const std::string& fields = "") {
        info.token = token;
        begin("GET /", fields);
        const bool is_waiting = ask() == Step::wait;
        waiting.push_back(std::move(run));
        return is_waiting;
    }
    /// Adds until one is refused; how many there are.
    std::size_t flood(const char* token, const std::string& fields = "") {
        std::size_t count = 0;
        while (add_one(token, fields)) {
            ++count;
        }
        return count;
    }
};

}  // namespace

TEST_CASE("later: a token's flood of waits leaves places to others", "[plugin][waiting]") {
    WaitsOfTokens rig;
    rig.waits.waiting_max = 40;
    CHECK(rig.flood("noisy") == 15);  // of 20 for the instance
    for (int i = 0; i < 3; ++i) {
        CHECK(rig.add_one("quiet"));
    }
    CHECK_FALSE(rig.add_one("noisy"));
    CHECK(rig.flood("quiet") == 1);
    CHECK(rig.add_one("third"));  // the last one
    CHECK_FALSE(rig.add_one("fourth"));
    rig.waiting.clear();
    CHECK(rig.worker->waiting() == 0);
    CHECK(rig.flood("quiet") == 15);
}

TEST_CASE("later: a token's flood of large heads leaves memory to others", "[plugin][waiting]") {
    WaitsOfTokens rig;
    rig.waits.waiting_max = 65'536;
    const std::string value(15'000, 'x');  // a line has up to 16 KiB
    const std::string large = "X-Large: " + value + "\r\nX-Larger: " + value + "\r\n";
    const std::size_t noisy = rig.flood("noisy", large);
    CHECK(noisy >= limits::plugin_waiting_heads_max * 3 / 4 / 31'000);
    CHECK(noisy <= limits::plugin_waiting_heads_max * 3 / 4 / 30'000 + 1);
    CHECK(rig.add_one("quiet", large));
    CHECK_FALSE(rig.add_one("noisy", large));
    CHECK(rig.flood("quiet", large) > 50);
}

TEST_CASE("later: threads that decide meet deadlines and ends of exchanges", "[plugin][waiting][threads]") {
    LaterExchangeFixture rig;
    const auto made_before = Ticket::made();
    constexpr int rounds = 2'000;
    std::atomic<int> released{0};
    std::vector<Later> given;
    std::mutex mutex;
    std::atomic<bool> over{false};
    std::thread decider([&] {
        while (!over || !given.empty()) {
            std::vector<Later> some;
            {
                const std::lock_guard lock(mutex);
                some.swap(given);
            }
            for (Later& later : some) {
                std::move(later).resume([](Exchange&) { return Decision::go_on(); });
                ++released;
            }
        }
    });
    int decided = 0;
    for (int i = 0; i < rounds; ++i) {
        rig.begin();
        REQUIRE(rig.ask() == Step::wait);
        {
            const std::lock_guard lock(mutex);
            given.push_back(rig.take());
        }
        switch (i % 3) {
            case 0:
                while (rig.deliver() == 0) {
                    std::this_thread::yield();
                }
                CHECK(rig.ask() == Step::go_on);
                ++decided;
                break;
            case 1:
                (void)rig.deliver();
                rig.run->expire();
                (void)rig.ask();
                break;
            default:
                break;
        }
        rig.end();
    }
    over = true;
    decider.join();
    rig.deliver();
    CHECK(released == rounds);
    CHECK(decided == (rounds + 2) / 3);
    CHECK(rig.worker->waiting() == 0);
    CHECK(Ticket::made() - made_before < 64);  // used again
}
