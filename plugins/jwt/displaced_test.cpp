// Tests that whatever a queue displaces is notified, even when memory runs out in the middle.
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <new>
#include <utility>

#include <catch2/catch.hpp>

#include "common/http_client.hpp"
#include "common/service_for_tests.hpp"
#include "common/work_pool.hpp"
#include "jwt/key_source.hpp"
#include "support/count_allocations.hpp"

using namespace std::chrono_literals;
using namespace ferrotunnel;
using namespace ferrotunnel::plugins;

namespace {

/// An owed answer: destroyed without one, it counts as lost.
class Owed {
public:
    explicit Owed(std::atomic<int>& lost) : lost_(lost) {}
    Owed(const Owed&) = delete;
    Owed& operator=(const Owed&) = delete;
    ~Owed() { lost_ += is_told_ ? 0 : 1; }
    void tell() { is_told_ = true; }

private:
    std::atomic<int>& lost_;
    std::atomic<bool> is_told_{false};
};

/// Calls it with each of its allocations failing in turn, until none does.
void with_each_failure(const std::function<void(std::uint64_t)>& once) {
    for (std::uint64_t nth = 1;; ++nth) {
        REQUIRE(nth < 1'000);
        once(nth);
        if (!test::fail_allocation(0)) {
            return;
        }
    }
}

template <typename Call>
void failing(std::uint64_t nth, Call call) {
    test::fail_allocation(nth);
    try {
        call();
    } catch (const std::bad_alloc&) {
        // The new one may be refused; only the displaced one matters here.
    }
}

}  // namespace

TEST_CASE("pool: what gives way is told so where there is no memory for what comes", "[plugins][pool][memory]") {
    constexpr std::size_t places = 4;
    with_each_failure([](std::uint64_t nth) {
        std::promise<void> opens;
        std::shared_future<void> open = opens.get_future().share();
        std::promise<void> begins;
        std::atomic<int> lost{0};
        std::atomic<int> late{0};
        WorkPool pool(1, places);
        REQUIRE(pool.submit([&begins, open] {
            begins.set_value();
            open.wait();
        }));
        begins.get_future().wait();
        for (std::size_t i = 0; i < places; ++i) {
            const auto owed = std::make_shared<Owed>(lost);
            const auto tell = [owed] { owed->tell(); };
            REQUIRE(pool.submit({1, i}, {tell, tell}).is_taken);
        }
        const auto owed = std::make_shared<Owed>(late);
        WorkPool::Work work{[owed] { owed->tell(); }, [owed] { owed->tell(); }};
        failing(nth, [&] {
            const WorkPool::Outcome outcome = pool.submit({2, 0}, std::move(work));
            if (outcome.displaced) {
                outcome.displaced();
            }
        });
        CHECK(lost == 0);
        opens.set_value();
    });
}

TEST_CASE("http client: a question that gives way is told so where there is no memory", "[plugins][http][memory]") {
    constexpr std::size_t places = 4;
    test::SilentListener server;
    with_each_failure([&server](std::uint64_t nth) {
        std::atomic<int> lost{0};
        HttpClient client(1, places, 1h);
        HttpRequest question;
        question.url = server.url;
        for (std::size_t i = 0; i <= places; ++i) {
            const auto owed = std::make_shared<Owed>(lost);
            REQUIRE(client.ask({1, i}, question, [owed](const HttpResponse&) { owed->tell(); }));
        }
        failing(nth, [&] { (void)client.ask({2, 0}, question, [](const HttpResponse&) {}); });
        CHECK(lost == 0);
    });
}

TEST_CASE("jwt: who waits for a key is told of giving way where there is no memory", "[jwt][memory]") {
    test::SilentListener server;
    with_each_failure([&server](std::uint64_t nth) {
        std::atomic<int> lost{0};
        KeySource::Options options;
        options.url = server.url;
        options.refresh = 1h;
        KeySource source(std::move(options), [](const std::string&) {});
        const auto now = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < KeySource::waiters_max; ++i) {
            const auto owed = std::make_shared<Owed>(lost);
            (void)source.wait_for_unknown(
                {1, i}, [owed](KeySource::WaitResult) { owed->tell(); }, now);
        }
        failing(nth, [&] {
            (void)source.wait_for_unknown(
                {2, 0}, [](KeySource::WaitResult) {}, now);
        });
        CHECK(lost == 0);
    });
}
