#include <array>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <atomic>
#include <memory>
#include <numeric>
#include <optional>
#include <thread>

#include "unit/api/app.hpp"

namespace ferrotunnel::test {
namespace {

using asio::use_awaitable;
using Bytes = std::vector<std::uint8_t>;

struct StreamFixture {
    asio::io_context io;  // outlives the pair's thread, which posts to it
    SessionPair pair;
    Listener listener = pair.make_listener(io.get_executor());
    Ends ends = connect(io, pair, listener);
};

// What a call that completes by callback was answered.
struct Answer {
    int calls = 0;
    std::error_code error;
    std::size_t bytes = 0;
    auto handler() {
        return [this](std::error_code ec, std::size_t n) {
            ++calls;
            error = ec;
            bytes = n;
        };
    }
};

template <typename Done>
void run_until(asio::io_context& io, Done done) {
    io.restart();
    auto work = asio::make_work_guard(io);
    auto end = std::chrono::steady_clock::now() + deadline;
    while (!done() && std::chrono::steady_clock::now() < end) {
        io.run_one_for(std::chrono::milliseconds(50));
    }
    REQUIRE(done());
}

// Writes until nothing more is taken, and leaves one write outstanding.
void fill(asio::io_context& io, SessionPair& pair, Stream& stream, const Bytes& bytes, Answer& last) {
    while (true) {
        last = {};
        stream.async_write_some(asio::buffer(bytes), last.handler());
        for (int rounds = 0; rounds < 3 && last.calls == 0; ++rounds) {
            io.restart();
            io.poll();
            pair.call([] {});
        }
        io.restart();
        io.poll();
        if (last.calls == 0) {
            return;
        }
        REQUIRE_FALSE(last.error);
    }
}

}  // namespace

TEST_CASE("bytes cross a stream in both directions", "[stream]") {
    StreamFixture f;
    const Bytes there = pattern(3'000'000, 1);
    const Bytes back = pattern(2'000'000, 2);
    Bytes got_there(there.size());
    Bytes got_back(back.size());
    auto send = [](Stream& stream, const Bytes& bytes) -> asio::awaitable<void> {
        co_await asio::async_write(stream, asio::buffer(bytes), use_awaitable);
    };
    auto receive = [](Stream& stream, Bytes& bytes) -> asio::awaitable<void> {
        co_await asio::async_read(stream, asio::buffer(bytes), use_awaitable);
    };
    run_all(f.io, send(f.ends.near, there), receive(f.ends.far, got_there), send(f.ends.far, back),
            receive(f.ends.near, got_back));
    CHECK(got_there == there);
    CHECK(got_back == back);
}

TEST_CASE("a direction ends on its own, and a late answer still comes", "[stream]") {
    StreamFixture f;
    const Bytes question = pattern(100'000, 3);
    const Bytes answer = pattern(1'000'000, 4);
    auto ask = [&]() -> asio::awaitable<void> {
        co_await asio::async_write(f.ends.near, asio::buffer(question), use_awaitable);
        f.ends.near.shutdown_send();
        std::error_code end;
        Bytes got = co_await read_to_end(f.ends.near, end);
        CHECK(got == answer);
        CHECK(end == asio::error::eof);
    };
    auto reply = [&]() -> asio::awaitable<void> {
        std::error_code end;
        Bytes got = co_await read_to_end(f.ends.far, end);
        CHECK(got == question);
        CHECK(end == asio::error::eof);
        co_await asio::async_write(f.ends.far, asio::buffer(answer), use_awaitable);
        f.ends.far.shutdown_send();
    };
    run_all(f.io, ask(), reply());
    CHECK(f.pair.streams() == std::pair<std::uint32_t, std::uint32_t>(0, 0));
    std::error_code ec;
    f.ends.far.shutdown_send(ec);
    CHECK(ec == asio::error::broken_pipe);
    Answer late;
    f.ends.far.async_write_some(asio::buffer(question), late.handler());
    run_until(f.io, [&] { return late.calls == 1; });
    CHECK(late.error == asio::error::broken_pipe);
}

TEST_CASE("a stream that ends by destruction without shutdown_send is a reset, after its data", "[stream]") {
    StreamFixture f;
    const Bytes half = pattern(30'000, 5);
    auto send = [&]() -> asio::awaitable<void> {
        co_await asio::async_write(f.ends.far, asio::buffer(half), use_awaitable);
        f.ends.far = Stream();
    };
    auto receive = [&]() -> asio::awaitable<void> {
        std::error_code end;
        Bytes got = co_await read_to_end(f.ends.near, end);
        CHECK(got == half);
        CHECK(end == asio::error::connection_reset);
    };
    run_all(f.io, send(), receive());
    Answer write;
    f.ends.near.async_write_some(asio::buffer(half), write.handler());
    run_until(f.io, [&] { return write.calls == 1; });
    CHECK(write.error == asio::error::connection_reset);
}

TEST_CASE("a stream that ends by destruction after shutdown_send, or by close, is an orderly end", "[stream]") {
    StreamFixture f;
    const Bytes whole = pattern(200'000, 6);
    bool by_close = GENERATE(false, true);
    auto send = [&]() -> asio::awaitable<void> {
        co_await asio::async_write(f.ends.far, asio::buffer(whole), use_awaitable);
        if (by_close) {
            f.ends.far.close();
            CHECK_FALSE(f.ends.far.is_open());
        } else {
            f.ends.far.shutdown_send();
            f.ends.far = Stream();
        }
    };
    auto receive = [&]() -> asio::awaitable<void> {
        std::error_code end;
        Bytes got = co_await read_to_end(f.ends.near, end);
        CHECK(got == whole);
        CHECK(end == asio::error::eof);
    };
    run_all(f.io, send(), receive());
    f.ends.near.shutdown_send();
    f.pair.call([] {});
    CHECK(f.pair.streams() == std::pair<std::uint32_t, std::uint32_t>(0, 0));
}

TEST_CASE("reset after shutdown_send still resets, and the other side's data after close is thrown away", "[stream]") {
    StreamFixture f;
    SECTION("reset") {
        f.ends.far.shutdown_send();
        f.ends.far.reset();
        auto receive = [&]() -> asio::awaitable<void> {
            std::error_code end;
            Bytes got = co_await read_to_end(f.ends.near, end);
            CHECK(got.empty());
        };
        run_all(f.io, receive());
        run_until(f.io, [&] { return f.pair.streams().first == 0 && f.pair.streams().second == 0; });
    }
    SECTION("a little") {
        f.ends.far.close();
        const Bytes little = pattern(detail::StreamCore::linger_bytes_max / 2);
        auto send = [&]() -> asio::awaitable<void> {
            co_await asio::async_write(f.ends.near, asio::buffer(little), use_awaitable);
            f.ends.near.shutdown_send();
        };
        run_all(f.io, send());
        run_until(f.io, [&] { return f.pair.streams().second == 0; });
        CHECK(f.pair.bytes_held().second == 0);
    }
    SECTION("too much, and what was written before close arrives all the same") {
        const Bytes last_words = pattern(100'000);
        auto say = [&]() -> asio::awaitable<void> {
            co_await asio::async_write(f.ends.far, asio::buffer(last_words), use_awaitable);
            f.ends.far.close();
        };
        const Bytes much = pattern(4 * detail::StreamCore::linger_bytes_max);
        std::vector<std::uint8_t> heard(last_words.size());
        auto send = [&]() -> asio::awaitable<void> {
            std::error_code ec;
            while (!ec) {
                co_await asio::async_write(f.ends.near, asio::buffer(much), asio::redirect_error(use_awaitable, ec));
            }
            CHECK(ec == asio::error::connection_reset);
            co_await asio::async_read(f.ends.near, asio::buffer(heard), asio::redirect_error(use_awaitable, ec));
            CHECK_FALSE(ec);
        };
        run_all(f.io, say(), send());
        CHECK(std::equal(heard.begin(), heard.end(), last_words.begin(), last_words.end()));
    }
    SECTION("too much") {
        f.ends.far.close();
        const Bytes much = pattern(4 * detail::StreamCore::linger_bytes_max);
        auto send = [&]() -> asio::awaitable<void> {
            std::error_code ec;
            while (!ec) {
                co_await asio::async_write(f.ends.near, asio::buffer(much), asio::redirect_error(use_awaitable, ec));
            }
            CHECK(ec == asio::error::connection_reset);
        };
        run_all(f.io, send());
    }
}

TEST_CASE("an application that has gone leaves no stream behind, whatever the other side does", "[stream]") {
    StreamFixture f;
    const Duration orphan_wait = limits::orphan_timeout;
    bool in_order = true;  // the application's end has left
    const auto is_left = [&] { return f.pair.streams() == std::pair<std::uint32_t, std::uint32_t>(1, 1); };
    SECTION("and has said nothing more") {
        SECTION("it closed") {
            f.ends.far.close();
        }
        SECTION("it shut down, and was destroyed") {
            f.ends.far.shutdown_send();
            f.ends.far = Stream();
        }
    }
    SECTION("what it has written is not taken") {
        in_order = false;
        Answer blocked;
        const Bytes bytes = pattern(100'000);
        fill(f.io, f.pair, f.ends.far, bytes, blocked);
        SECTION("it closed") {
            f.ends.far.close();
        }
        SECTION("it reset") {
            f.ends.far.reset();
        }
        SECTION("it was destroyed") {
            f.ends.far = Stream();
        }
        run_until(f.io, [&] { return blocked.calls == 1; });
    }
    f.pair.call([] {});
    f.pair.pass(orphan_wait - std::chrono::seconds(10));
    CHECK(is_left());
    f.pair.pass(std::chrono::seconds(20));
    run_until(f.io, [&] { return f.pair.streams() == std::pair<std::uint32_t, std::uint32_t>(0, 0); });
    std::error_code end;
    auto receive = [&]() -> asio::awaitable<void> { co_await read_to_end(f.ends.near, end); };
    run_all(f.io, receive());
    CHECK(end == (in_order ? std::error_code(asio::error::eof) : std::error_code(asio::error::connection_reset)));
}

TEST_CASE("what an application has written is read however long that takes, also when it has gone", "[stream]") {
    StreamFixture f;
    const Bytes whole = pattern(30'000);
    auto send = [&]() -> asio::awaitable<void> {
        co_await asio::async_write(f.ends.far, asio::buffer(whole), use_awaitable);
    };
    run_all(f.io, send());
    f.ends.far.close();
    f.pair.pass(3 * limits::orphan_timeout);
    std::error_code end;
    Bytes got;
    auto receive = [&]() -> asio::awaitable<void> { got = co_await read_to_end(f.ends.near, end); };
    run_all(f.io, receive());
    CHECK(got == whole);
    CHECK(end == asio::error::eof);
}

TEST_CASE("a lost trunk is not an orderly end, and what came before it is still read", "[stream]") {
    StreamFixture f;
    const Bytes some = pattern(20'000, 7);
    auto send = [&]() -> asio::awaitable<void> {
        co_await asio::async_write(f.ends.near, asio::buffer(some), use_awaitable);
    };
    run_all(f.io, send());
    f.pair.call([] {});
    f.pair.call([] {});
    bool stopped = GENERATE(false, true);
    if (stopped) {
        f.pair.stop_client();
    } else {
        f.pair.lose();
    }
    auto receive = [&]() -> asio::awaitable<void> {
        std::error_code end;
        Bytes got = co_await read_to_end(f.ends.far, end);
        CHECK(got == some);
        CHECK(end == (stopped ? errc::session_closed : errc::connection_lost));
        end.clear();
        co_await f.ends.far.async_write_some(asio::buffer(some), asio::redirect_error(use_awaitable, end));
        CHECK(end == (stopped ? errc::session_closed : errc::connection_lost));
        end.clear();
        got = co_await read_to_end(f.ends.near, end);
        CHECK(end == errc::connection_lost);
        f.ends.far.shutdown_send(end);
        CHECK(end == (stopped ? errc::session_closed : errc::connection_lost));
    };
    run_all(f.io, receive());
}

TEST_CASE("the visitor's address is known, and an opened stream has none", "[stream]") {
    StreamFixture f;
    CHECK(f.ends.far.remote_endpoint() == asio::ip::tcp::endpoint(asio::ip::make_address("192.0.2.7"), 40'000));
    std::error_code ec;
    (void)f.ends.near.remote_endpoint(ec);
    CHECK(ec == std::errc::address_not_available);
    CHECK_THROWS_AS(f.ends.near.remote_endpoint(), std::system_error);
}

TEST_CASE("an outstanding read is cancelled, and the next one works", "[stream][cancel]") {
    StreamFixture f;
    std::array<std::uint8_t, 10> room{};
    asio::cancellation_signal signal;
    auto type =
        GENERATE(asio::cancellation_type::terminal, asio::cancellation_type::partial, asio::cancellation_type::total);
    Answer read;
    f.ends.far.async_read_some(asio::buffer(room), asio::bind_cancellation_slot(signal.slot(), read.handler()));
    f.io.poll();
    CHECK(read.calls == 0);
    signal.emit(type);
    run_until(f.io, [&] { return read.calls == 1; });
    CHECK(read.error == asio::error::operation_aborted);
    signal.emit(type);  // nothing is outstanding any more

    Answer again;
    f.ends.far.async_read_some(asio::buffer(room), again.handler());
    signal.emit(type);  // by now the signal names the operation that has ended
    Answer write;
    f.ends.near.async_write_some(asio::buffer("abc", 3), write.handler());
    run_until(f.io, [&] { return again.calls == 1 && write.calls == 1; });
    CHECK_FALSE(again.error);
    CHECK(again.bytes == 3);
    CHECK(read.calls == 1);
}

TEST_CASE("an outstanding write is cancelled, and nothing of it is sent", "[stream][cancel]") {
    StreamFixture f;
    const Bytes bytes(10'000, 0xaa);
    Answer blocked;
    fill(f.io, f.pair, f.ends.near, bytes, blocked);
    f.ends.near.close();
    run_until(f.io, [&] { return blocked.calls == 1; });
    CHECK(blocked.error == asio::error::operation_aborted);

    Ends ends = connect(f.io, f.pair, f.listener);
    asio::cancellation_signal signal;
    Answer filler;
    fill(f.io, f.pair, ends.near, bytes, filler);
    std::error_code end;
    Answer second;
    ends.near.async_write_some(asio::buffer(bytes), second.handler());
    run_until(f.io, [&] { return second.calls == 1; });
    CHECK(second.error == asio::error::already_started);
    ends.near.shutdown_send();
    run_until(f.io, [&] { return filler.calls == 1; });
    CHECK(filler.error == asio::error::broken_pipe);
}

TEST_CASE("a write that waits is cancelled by its slot, and the stream continues", "[stream][cancel]") {
    StreamFixture f;
    const Bytes filling(16'000, 1);
    std::size_t sent = 0;
    asio::cancellation_signal signal;
    Answer last;
    while (true) {  // as in fill(), but with a slot
        last = {};
        f.ends.near.async_write_some(asio::buffer(filling),
                                     asio::bind_cancellation_slot(signal.slot(), last.handler()));
        for (int rounds = 0; rounds < 3; ++rounds) {
            f.pair.call([] {});
            f.io.restart();
            f.io.poll();
        }
        if (last.calls == 0) {
            break;
        }
        sent += last.bytes;
    }
    signal.emit(asio::cancellation_type::total);
    run_until(f.io, [&] { return last.calls == 1; });
    CHECK(last.error == asio::error::operation_aborted);
    CHECK(last.bytes == 0);
    f.ends.near.shutdown_send();
    auto receive = [&]() -> asio::awaitable<void> {
        std::error_code end;
        Bytes got = co_await read_to_end(f.ends.far, end);
        CHECK(got.size() == sent);
        CHECK(end == asio::error::eof);
    };
    run_all(f.io, receive());
}

TEST_CASE("misuse has definite answers", "[stream]") {
    StreamFixture f;
    std::array<std::uint8_t, 4> room{};
    Answer first;
    Answer second;
    f.ends.far.async_read_some(asio::buffer(room), first.handler());
    f.ends.far.async_read_some(asio::buffer(room), second.handler());
    run_until(f.io, [&] { return second.calls == 1; });
    CHECK(second.error == asio::error::already_started);
    CHECK(first.calls == 0);

    Answer nothing;
    f.ends.near.async_read_some(asio::mutable_buffer(), nothing.handler());
    CHECK(nothing.calls == 0);
    run_until(f.io, [&] { return nothing.calls == 1; });
    CHECK_FALSE(nothing.error);

    f.ends.far.close();
    run_until(f.io, [&] { return first.calls == 1; });
    CHECK(first.error == asio::error::operation_aborted);

    for (Stream* stream : {&f.ends.far}) {
        Answer closed;
        stream->async_read_some(asio::buffer(room), closed.handler());
        run_until(f.io, [&] { return closed.calls == 1; });
        CHECK(closed.error == asio::error::bad_descriptor);
    }
    Stream empty;
    std::error_code ec;
    Answer on_empty;
    empty.async_write_some(asio::buffer(room), asio::bind_executor(f.io, on_empty.handler()));
    run_until(f.io, [&] { return on_empty.calls == 1; });
    CHECK(on_empty.error == asio::error::bad_descriptor);
    empty.shutdown_send(ec);
    CHECK(ec == asio::error::bad_descriptor);
    CHECK_THROWS_AS(empty.shutdown_send(), std::system_error);
    empty.close();
    empty.reset();
    CHECK_FALSE(empty.is_open());
}

TEST_CASE("buffer sequences are filled and sent in order", "[stream]") {
    StreamFixture f;
    std::string a = "one ";
    std::string b;
    std::string c = "two ";
    std::string d = "three";
    const std::array<asio::const_buffer, 4> pieces{asio::buffer(a), asio::buffer(b), asio::buffer(c), asio::buffer(d)};
    std::string left(3, '.');
    std::string middle(7, '.');
    std::string right(10, '.');
    const std::array<asio::mutable_buffer, 3> rooms{asio::buffer(left), asio::buffer(middle), asio::buffer(right)};
    Answer write;
    Answer read;
    f.ends.near.async_write_some(pieces, write.handler());
    run_until(f.io, [&] { return write.calls == 1; });
    f.ends.far.async_read_some(rooms, read.handler());
    run_until(f.io, [&] { return read.calls == 1; });
    CHECK(write.bytes == 13);
    CHECK(read.bytes == 13);
    CHECK(left + middle + right == "one two three.......");

    // Sequences that are longer than what one call takes.
    std::array<std::array<char, 3>, 40> many{};
    std::vector<asio::const_buffer> long_sequence;
    for (std::size_t i = 0; i < many.size(); ++i) {
        many[i].fill(static_cast<char>('a' + i % 26));
        long_sequence.push_back(asio::buffer(many[i]));
    }
    Answer all;
    asio::async_write(f.ends.near, long_sequence, all.handler());
    std::string got(120, '.');
    Answer got_all;
    asio::async_read(f.ends.far, asio::buffer(got), got_all.handler());
    run_until(f.io, [&] { return all.calls == 1 && got_all.calls == 1; });
    CHECK(all.bytes == 120);
    for (std::size_t i = 0; i < got.size(); ++i) {
        REQUIRE(got[i] == static_cast<char>('a' + i / 3 % 26));
    }
}

namespace {

// An allocator that counts, to see that the handler's own is used.
template <typename T>
struct CountingAllocator {
    using value_type = T;
    std::atomic<int>* alive;
    explicit CountingAllocator(std::atomic<int>* alive_in) : alive(alive_in) {}
    template <typename U>
    CountingAllocator(const CountingAllocator<U>& other) : alive(other.alive) {}  // NOLINT
    T* allocate(std::size_t n) {
        ++*alive;
        return std::allocator<T>().allocate(n);
    }
    void deallocate(T* at, std::size_t n) {
        --*alive;
        std::allocator<T>().deallocate(at, n);
    }
    template <typename U>
    bool operator==(const CountingAllocator<U>& other) const {
        return alive == other.alive;
    }
};

struct AllocatingHandler {
    using allocator_type = CountingAllocator<void>;
    using executor_type = asio::io_context::executor_type;
    std::atomic<int>* alive;
    asio::io_context* io;
    std::thread::id* ran_on;
    int* alive_when_called;
    allocator_type get_allocator() const { return allocator_type(alive); }
    executor_type get_executor() const { return io->get_executor(); }
    void operator()(std::error_code, std::size_t) const {
        *ran_on = std::this_thread::get_id();
        *alive_when_called = *alive;
    }
};

}  // namespace

TEST_CASE("a handler runs on its own executor, never inside the call, and its allocator is used", "[stream]") {
    asio::io_context other;
    StreamFixture f;
    std::atomic<int> alive = 0;
    std::thread::id ran_on;
    int alive_when_called = -1;
    f.ends.near.async_write_some(asio::buffer("x", 1), AllocatingHandler{&alive, &other, &ran_on, &alive_when_called});
    CHECK(ran_on == std::thread::id());  // although it could complete at once
    CHECK(alive == 1);                   // what was posted
    f.io.restart();
    f.io.poll();
    CHECK(ran_on == std::thread::id());
    other.run();
    CHECK(ran_on == std::this_thread::get_id());
    CHECK(alive_when_called == 0);  // memory goes back before the handler runs

    std::array<char, 4> room{};
    ran_on = {};
    Answer first;
    f.ends.far.async_read_some(asio::buffer(room), first.handler());
    run_until(f.io, [&] { return first.calls == 1; });
    f.ends.far.async_read_some(asio::buffer(room), AllocatingHandler{&alive, &other, &ran_on, &alive_when_called});
    CHECK(alive == 1);
    f.ends.near.async_write_some(asio::buffer("x", 1), [](std::error_code, std::size_t) {});
    other.restart();
    other.run();  // an outstanding operation counts as work
    CHECK(ran_on == std::this_thread::get_id());
    CHECK(alive == 0);
}

TEST_CASE("an idle stream holds no payload memory", "[stream]") {
    StreamFixture f;
    const Bytes bytes = pattern(500'000);
    Bytes got(bytes.size());
    auto send = [&]() -> asio::awaitable<void> {
        co_await asio::async_write(f.ends.near, asio::buffer(bytes), use_awaitable);
    };
    auto receive = [&]() -> asio::awaitable<void> {
        co_await asio::async_read(f.ends.far, asio::buffer(got), use_awaitable);
    };
    run_all(f.io, send(), receive());
    f.pair.call([] {});
    CHECK(f.pair.bytes_held() == std::pair<std::uint64_t, std::uint64_t>(0, 0));
}

}  // namespace ferrotunnel::test
