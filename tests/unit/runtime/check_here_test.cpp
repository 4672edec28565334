// The assertion of the worker. It is the canary of all contracts that say "on the worker": where a build checks them,
// what is called from elsewhere must fail; elsewhere it must cost nothing and say nothing.
#include <asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <thread>

#include "base/check.hpp"
#include "loop.hpp"
#include "runtime/turns.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::runtime {
namespace {

using test::on;

// A debug build that checked nothing would prove nothing.
#if !defined(NDEBUG) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static_assert(buffer::checks_threads);
#endif

// A bug throws while this lives.
struct BugsThrowHere {
    BugsThrowHere() { set_abort_on_bug(false); }
    ~BugsThrowHere() { set_abort_on_bug(buffer::checks_threads); }
};

template <typename Call>
bool is_rejected(Call call) {
    const BugsThrowHere bugs_throw;
    try {
        call();
        return false;
    } catch (const BugError& bug) {
        REQUIRE_THAT(bug.what(), Catch::Contains("this is called on its worker only"));
        return true;
    }
}

TEST_CASE("a call from elsewhere than its worker is reported where a build checks that", "[worker][check_here]") {
    Worker worker;
    worker.start();
    REQUIRE_FALSE(on(worker, [&] { return is_rejected([&] { check_here(worker); }); }));

    REQUIRE(is_rejected([&] { check_here(worker); }) == buffer::checks_threads);
    REQUIRE(is_rejected([&] { check_here(*worker.mailbox()); }) == buffer::checks_threads);
    if (buffer::checks_threads) {  // else the calls would be made
        REQUIRE(is_rejected([&] { (void)worker.turns(); }));
    }

    Worker other;
    other.start();
    REQUIRE(on(other, [&] { return is_rejected([&] { check_here(worker); }); }) == buffer::checks_threads);
    REQUIRE_FALSE(on(worker, [&] { return is_rejected([&] { check_here(worker); }); }));
}

TEST_CASE("the place of a report is the caller's", "[worker][check_here]") {
    if (!buffer::checks_threads) {
        return;
    }
    Worker worker;
    worker.start();
    on(worker, [] {});
    const BugsThrowHere bugs_throw;
    REQUIRE_THROWS_WITH(check_here(worker), Catch::Contains("check_here_test.cpp"));
}

TEST_CASE("before a worker has begun and after it has ended any thread may use it", "[worker][check_here]") {
    Worker worker;
    REQUIRE_FALSE(is_rejected([&] { check_here(worker); }));
    worker.start();
    on(worker, [] {});
    worker.stop();
    worker.join();
    REQUIRE_FALSE(is_rejected([&] { check_here(worker); }));
}

TEST_CASE("inside an application's loop the worker is on the thread that runs it", "[worker][check_here]") {
    asio::io_context io;
    Worker worker(io);
    io.poll();
    REQUIRE_FALSE(is_rejected([&] { check_here(worker); }));
    bool elsewhere = false;
    std::thread([&] { elsewhere = is_rejected([&] { check_here(worker); }); }).join();
    REQUIRE(elsewhere == buffer::checks_threads);
    worker.stop();
    std::thread([&] { elsewhere = is_rejected([&] { check_here(worker); }); }).join();
    REQUIRE_FALSE(elsewhere);
}

}  // namespace
}  // namespace ferrotunnel::runtime
