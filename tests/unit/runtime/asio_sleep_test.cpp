#include "runtime/asio_sleep.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <memory>

#include "runtime/socket.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::runtime;
using namespace std::chrono_literals;
using Cause = AsioSleep::Cause;

namespace {

// Counts what has woken it; `sleep` is called from handlers, as by a worker.
struct Sleeper final : AsioSleep::Sleeper {
    explicit Sleeper(asio::io_context& io_in) : io(io_in), events(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
    ~Sleeper() { sleep.close(); }

    void on_wake(Cause cause) noexcept override {
        sleep.woken_by(cause);
        ++wakes[static_cast<std::size_t>(cause)];
    }
    int count(Cause cause) const { return wakes[static_cast<std::size_t>(cause)]; }
    void make_readable() const {
        const std::uint64_t one = 1;
        REQUIRE(::write(events.get(), &one, sizeof one) == sizeof one);
    }

    asio::io_context& io;
    Fd events;
    AsioSleep sleep{io, events.get()};
    std::array<int, 3> wakes{};
};

// Runs every handler that is ready, or becomes ready within a moment.
void run(asio::io_context& io, std::chrono::milliseconds time = 20ms) {
    io.restart();
    io.run_for(time);
}

}  // namespace

TEST_CASE("A posted turn wakes the sleeper each time", "[runtime][asio_sleep]") {
    asio::io_context io;
    const auto sleeper = std::make_shared<Sleeper>(io);
    sleeper->sleep.post(*sleeper);
    sleeper->sleep.post(*sleeper);
    CHECK(sleeper->count(Cause::posted) == 0);
    run(io);
    CHECK(sleeper->count(Cause::posted) == 2);
}

TEST_CASE("Events end a watch, which is one wait until then", "[runtime][asio_sleep]") {
    asio::io_context io;
    const auto sleeper = std::make_shared<Sleeper>(io);
    sleeper->sleep.watch(*sleeper);
    sleeper->sleep.watch(*sleeper);
    run(io);
    CHECK(sleeper->count(Cause::events) == 0);
    sleeper->make_readable();
    run(io);
    CHECK(sleeper->count(Cause::events) == 1);
    sleeper->sleep.watch(*sleeper);  // what nobody has read is seen again
    run(io);
    CHECK(sleeper->count(Cause::events) == 2);
}

TEST_CASE("An alarm is set to an earlier time only", "[runtime][asio_sleep]") {
    asio::io_context io;
    const auto sleeper = std::make_shared<Sleeper>(io);
    const TimePoint now = Clock::now();
    CHECK(sleeper->sleep.set_alarm(*sleeper, now + 1h));
    CHECK_FALSE(sleeper->sleep.set_alarm(*sleeper, now + 2h));
    CHECK_FALSE(sleeper->sleep.set_alarm(*sleeper, never));
    CHECK(sleeper->sleep.set_alarm(*sleeper, now));
    run(io);
    CHECK(sleeper->count(Cause::alarm) == 1);
    CHECK(sleeper->sleep.set_alarm(*sleeper, now + 2h));  // the next one counts from nothing
    run(io);
    CHECK(sleeper->count(Cause::alarm) == 1);
}

TEST_CASE("A handler keeps its sleeper, and a closed sleep lets go of it", "[runtime][asio_sleep]") {
    asio::io_context io;
    auto sleeper = std::make_shared<Sleeper>(io);
    const std::weak_ptr<Sleeper> watched = sleeper;
    sleeper->sleep.watch(*sleeper);
    CHECK(sleeper->sleep.set_alarm(*sleeper, Clock::now() + 1h));
    sleeper->sleep.post(*sleeper);
    const int events = sleeper->events.get();
    sleeper.reset();
    REQUIRE_FALSE(watched.expired());
    {
        const auto kept = watched.lock();
        kept->make_readable();
        kept->sleep.close();
        kept->sleep.close();
        CHECK(::write(events, "", 0) == -1);  // it is open still: too short, not closed
        CHECK(errno == EINVAL);
    }
    run(io);
    CHECK(watched.expired());
}
