// Streams among threads: what ThreadSanitizer and AddressSanitizer are to look at.
#include <asio/detached.hpp>
#include <atomic>
#include <memory>
#include <optional>
#include <thread>

#include "unit/api/app.hpp"

namespace ferrotunnel::test {
namespace {

using asio::use_awaitable;
using Bytes = std::vector<std::uint8_t>;

// Several application threads, each with its own io_context.
class Threads {
public:
    explicit Threads(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            contexts_.push_back(std::make_unique<asio::io_context>(1));
            guards_.push_back(asio::make_work_guard(*contexts_.back()));
            threads_.emplace_back([context = contexts_.back().get()] { context->run(); });
        }
    }
    ~Threads() { join(); }

    asio::io_context& at(std::size_t index) { return *contexts_[index % contexts_.size()]; }
    std::size_t size() const { return contexts_.size(); }

    /// Waits until nothing is outstanding.
    void join() {
        guards_.clear();
        for (std::thread& thread : threads_) {
            thread.join();
        }
        threads_.clear();
    }

private:
    std::vector<std::unique_ptr<asio::io_context>> contexts_;
    std::vector<asio::executor_work_guard<asio::io_context::executor_type>> guards_;
    std::vector<std::thread> threads_;
};

void wait_for(const std::atomic<int>& count, int wanted) {
    auto end = std::chrono::steady_clock::now() + deadline;
    while (count.load() < wanted && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    REQUIRE(count.load() == wanted);
}

// Writes until it notices that the other side has gone. Coroutines that outlive where they are spawned are functions:
// what a lambda captures would go with the lambda.
asio::awaitable<void> push_until_reset(Stream stream, const Bytes& bytes, std::atomic<int>& ended) {
    std::error_code ec;
    while (!ec) {
        co_await asio::async_write(stream, asio::buffer(bytes), asio::redirect_error(use_awaitable, ec));
    }
    ended += ec == asio::error::connection_reset ? 1 : 0;
}

// Reads a few pieces and then goes, in one of four ways.
asio::awaitable<void> take_some_and_go(Stream stream, int round) {
    std::array<std::uint8_t, 3'000> part{};
    for (int i = 0; i < round; ++i) {
        (void)co_await stream.async_read_some(asio::buffer(part), use_awaitable);
    }
    switch (round % 4) {
        case 0:
            stream.reset();
            break;
        case 1:
            stream.close();
            break;
        case 2:
            stream.shutdown_send();
            break;
        default:
            break;
    }
}

struct LossOutcome {
    std::atomic<int> ended = 0;
    std::atomic<int> wrong = 0;

    void see(std::error_code ec) {
        wrong += ec == errc::connection_lost || ec == errc::session_closed ? 0 : 1;
        ++ended;
    }
};

asio::awaitable<void> write_until_lost(std::shared_ptr<Stream> stream, const Bytes& bytes, LossOutcome& outcome) {
    std::error_code ec;
    while (!ec) {
        co_await asio::async_write(*stream, asio::buffer(bytes), asio::redirect_error(use_awaitable, ec));
    }
    outcome.see(ec);
}

asio::awaitable<void> read_until_lost(std::shared_ptr<Stream> stream, LossOutcome& outcome) {
    std::error_code ec;
    (void)co_await read_to_end(*stream, ec);
    outcome.see(ec);
}

}  // namespace

TEST_CASE("a stream moves from thread to thread between operations", "[stream][threads]") {
    asio::io_context io;  // outlives all threads, which post to it
    Threads writers(2);
    Threads readers(2);
    SessionPair pair;
    Listener listener = pair.make_listener(io.get_executor());
    Ends ends = connect(io, pair, listener);
    const Bytes bytes = pattern(2'000'000, 11);
    Bytes got;
    std::error_code end;

    auto roam = [](Threads& threads, auto step) -> asio::awaitable<void> {
        bool more = true;
        for (std::size_t turn = 0; more; ++turn) {
            more = co_await asio::co_spawn(threads.at(turn), step(), use_awaitable);
        }
    };
    std::size_t sent = 0;
    auto write_some = [&]() -> asio::awaitable<bool> {
        const std::size_t part = std::min<std::size_t>(30'000, bytes.size() - sent);
        Stream here = std::move(ends.near);
        sent += co_await here.async_write_some(asio::buffer(bytes.data() + sent, part), use_awaitable);
        if (sent == bytes.size()) {
            here.shutdown_send();
        }
        ends.near = std::move(here);
        co_return sent < bytes.size();
    };
    auto read_some = [&]() -> asio::awaitable<bool> {
        Bytes part(20'000);
        Stream here = std::move(ends.far);
        std::size_t n = co_await here.async_read_some(asio::buffer(part), asio::redirect_error(use_awaitable, end));
        ends.far = std::move(here);
        got.insert(got.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(n));
        co_return !end;
    };
    run_all(io, roam(writers, write_some), roam(readers, read_some));
    CHECK(end == asio::error::eof);
    CHECK(got == bytes);
}

TEST_CASE("reading and writing one stream on two threads", "[stream][threads]") {
    asio::io_context io;  // outlives all threads, which post to it
    Threads threads(4);
    SessionPair pair;
    Listener listener = pair.make_listener(io.get_executor());
    Ends ends = connect(io, pair, listener);
    const Bytes bytes = pattern(4'000'000, 12);
    std::vector<Bytes> got(2, Bytes(bytes.size()));
    std::atomic<int> done = 0;
    auto count = [&](std::exception_ptr error) { done += error ? 0 : 1; };
    auto send = [&](Stream& stream) -> asio::awaitable<void> {
        co_await asio::async_write(stream, asio::buffer(bytes), use_awaitable);
    };
    auto receive = [&](Stream& stream, Bytes& into) -> asio::awaitable<void> {
        co_await asio::async_read(stream, asio::buffer(into), use_awaitable);
    };
    asio::co_spawn(threads.at(0), send(ends.near), count);
    asio::co_spawn(threads.at(1), receive(ends.near, got[0]), count);
    asio::co_spawn(threads.at(2), send(ends.far), count);
    asio::co_spawn(threads.at(3), receive(ends.far, got[1]), count);
    wait_for(done, 4);
    CHECK(got[0] == bytes);
    CHECK(got[1] == bytes);
}

TEST_CASE("a stream is destroyed or closed while the other side pushes", "[stream][threads]") {
    asio::io_context io;  // outlives all threads, which post to it
    Threads threads(2);
    SessionPair pair;
    Listener listener = pair.make_listener(io.get_executor());
    constexpr int rounds = 60;
    const Bytes bytes = pattern(200'000, 13);
    std::atomic<int> ended = 0;
    for (int round = 0; round < rounds; ++round) {
        Ends ends = connect(io, pair, listener);
        asio::co_spawn(threads.at(0), push_until_reset(std::move(ends.near), bytes, ended), asio::detached);
        asio::co_spawn(threads.at(1), take_some_and_go(std::move(ends.far), round), asio::detached);
    }
    threads.join();
    CHECK(ended == rounds);
    pair.call([] {});  // the round that takes what the threads have posted last
    CHECK(pair.streams() == std::pair<std::uint32_t, std::uint32_t>(0, 0));
    CHECK(pair.bytes_held() == std::pair<std::uint64_t, std::uint64_t>(0, 0));
}

TEST_CASE("an outstanding operation is ended by close from its own thread while bytes arrive", "[stream][threads]") {
    asio::io_context io;  // outlives the pair's thread, which posts to it
    SessionPair pair;
    Listener listener = pair.make_listener(io.get_executor());
    for (int round = 0; round < 100; ++round) {
        Ends ends = connect(io, pair, listener);
        int calls = 0;
        std::error_code error;
        std::array<char, 16> room{};
        ends.far.async_read_some(asio::buffer(room), [&](std::error_code ec, std::size_t) {
            ++calls;
            error = ec;
        });
        ends.near.async_write_some(asio::buffer("x", 1), [](std::error_code, std::size_t) {});
        ends.far.close();  // races with the byte
        ends.near = Stream();
        io.restart();
        io.run_for(deadline);
        REQUIRE(calls == 1);
        REQUIRE((!error || error == asio::error::operation_aborted));
    }
}

TEST_CASE("a thousand streams on foreign threads when the session is lost", "[stream][threads]") {
    constexpr int count = 1'000;
    LossOutcome outcome;
    const Bytes bytes = pattern(20'000, 14);
    asio::io_context io;
    Threads threads(3);
    auto pair = std::make_unique<SessionPair>();
    {
        Listener listener = pair->make_listener(io.get_executor());
        std::size_t next = 0;
        int spawned = 0;
        auto spawn = [&](asio::awaitable<void> coroutine) {
            asio::co_spawn(threads.at(next++), std::move(coroutine), asio::detached);
            ++spawned;
        };
        for (int i = 0; i < count; ++i) {
            Ends ends = connect(io, *pair, listener);
            auto near = std::make_shared<Stream>(std::move(ends.near));
            auto far = std::make_shared<Stream>(std::move(ends.far));
            spawn(read_until_lost(near, outcome));
            if (i % 4 == 0) {  // reads nothing: what the near side writes fills up
                spawn(write_until_lost(far, bytes, outcome));
            } else {
                spawn(read_until_lost(far, outcome));
            }
            if (i % 10 < 2) {
                spawn(write_until_lost(near, bytes, outcome));
            }
        }
        SECTION("lost, and the streams outlive the sessions") {
            pair->lose();
            pair.reset();
        }
        SECTION("stopped") {
            pair->stop_client();
        }
        wait_for(outcome.ended, spawned);
    }
    CHECK(outcome.wrong == 0);
}

}  // namespace ferrotunnel::test
