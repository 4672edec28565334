#include "ferrotunnel/listener.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/use_future.hpp>
#include <deque>
#include <thread>

#include "api/listener_core.hpp"
#include "unit/api/app.hpp"

namespace ferrotunnel::test {
namespace {

struct Accepted {
    int calls = 0;
    std::error_code error;
    Stream stream;
    auto handler() {
        return [this](std::error_code ec, Stream accepted) {
            ++calls;
            error = ec;
            stream = std::move(accepted);
        };
    }
};

template <typename Done>
void run_with_restarts_until(asio::io_context& io, Done done) {
    auto work = asio::make_work_guard(io);
    auto end = std::chrono::steady_clock::now() + deadline;
    while (!done() && std::chrono::steady_clock::now() < end) {
        io.restart();
        io.run_one_for(std::chrono::milliseconds(50));
    }
    REQUIRE(done());
}

struct ListenerFixture {
    asio::io_context io;  // outlives the pair's thread, which posts to it
    SessionPair pair;
    Listener listener = pair.make_listener(io.get_executor());
};

}  // namespace

TEST_CASE("a visitor that nobody has accepted is not told that it is connected", "[listener]") {
    ListenerFixture f;
    Accepted opened;
    f.pair.async_open(f.io.get_executor(), opened.handler());
    for (int i = 0; i < 5; ++i) {
        f.pair.call([] {});
        f.io.restart();
        f.io.poll();
    }
    CHECK(opened.calls == 0);
    Accepted accepted;
    f.listener.async_accept(accepted.handler());
    CHECK(accepted.calls == 0);  // the call is posted, although somebody was waiting
    run_with_restarts_until(f.io, [&] { return accepted.calls == 1 && opened.calls == 1; });
    CHECK_FALSE(opened.error);
    CHECK_FALSE(accepted.error);
}

TEST_CASE("accepts and visitors meet in order, whoever comes first", "[listener]") {
    ListenerFixture f;
    std::deque<Accepted> accepts(3);
    for (Accepted& accept : accepts) {
        f.listener.async_accept(accept.handler());
    }
    std::deque<Accepted> opens(3);
    for (Accepted& open : opens) {
        f.pair.async_open(f.io.get_executor(), open.handler());
    }
    auto all = [&] {
        return std::all_of(accepts.begin(), accepts.end(), [](auto& a) { return a.calls == 1; }) &&
               std::all_of(opens.begin(), opens.end(), [](auto& o) { return o.calls == 1; });
    };
    run_with_restarts_until(f.io, all);
    for (std::size_t i = 0; i < accepts.size(); ++i) {
        const char sent = static_cast<char>('a' + i);
        char got = 0;
        bool done = false;
        opens[i].stream.async_write_some(asio::buffer(&sent, 1), [](std::error_code, std::size_t) {});
        accepts[i].stream.async_read_some(asio::buffer(&got, 1), [&](std::error_code, std::size_t) { done = true; });
        run_with_restarts_until(f.io, [&] { return done; });
        CHECK(got == sent);
    }
}

TEST_CASE("a full backlog turns visitors away as busy, and a closed listener as refused", "[listener]") {
    ListenerFixture f;
    constexpr std::size_t count = detail::ListenerCore::backlog_max + 2;
    std::deque<Accepted> opens(count);
    for (Accepted& open : opens) {
        f.pair.async_open(f.io.get_executor(), open.handler());
    }
    auto answered = [&] { return std::count_if(opens.begin(), opens.end(), [](auto& o) { return o.calls == 1; }); };
    run_with_restarts_until(f.io, [&] { return answered() == 2; });
    CHECK(opens[count - 1].error == errc::busy);
    CHECK(opens[count - 2].error == errc::busy);

    Accepted one;
    f.listener.async_accept(one.handler());
    run_with_restarts_until(f.io, [&] { return one.calls == 1 && answered() == 3; });
    CHECK_FALSE(opens[0].error);

    f.listener.close();
    CHECK_FALSE(f.listener.is_open());
    run_with_restarts_until(f.io, [&] { return answered() == static_cast<std::ptrdiff_t>(count); });
    for (std::size_t i = 1; i < count - 2; ++i) {
        REQUIRE(opens[i].error == errc::refused);
    }
    Accepted late;
    f.pair.async_open(f.io.get_executor(), late.handler());
    Accepted closed;
    f.listener.async_accept(closed.handler());
    run_with_restarts_until(f.io, [&] { return late.calls == 1 && closed.calls == 1; });
    CHECK(late.error == errc::refused);
    CHECK(closed.error == asio::error::bad_descriptor);
    CHECK(one.stream.is_open());
}

TEST_CASE("waiting accepts are cancelled one by one, or ended all at once", "[listener]") {
    ListenerFixture f;
    asio::cancellation_signal signal;
    Accepted first;
    Accepted second;
    f.listener.async_accept(asio::bind_cancellation_slot(signal.slot(), first.handler()));
    f.listener.async_accept(second.handler());
    signal.emit(asio::cancellation_type::total);
    run_with_restarts_until(f.io, [&] { return first.calls == 1; });
    CHECK(first.error == asio::error::operation_aborted);
    CHECK(second.calls == 0);

    SECTION("by close") {
        f.listener.close();
        run_with_restarts_until(f.io, [&] { return second.calls == 1; });
        CHECK(second.error == asio::error::operation_aborted);
    }
    SECTION("by destruction") {
        f.listener = Listener();
        run_with_restarts_until(f.io, [&] { return second.calls == 1; });
        CHECK(second.error == asio::error::operation_aborted);
    }
    SECTION("by the end of the client") {
        f.pair.listener_core()->fail(errc::session_closed);
        Accepted later;
        f.listener.async_accept(later.handler());
        run_with_restarts_until(f.io, [&] { return second.calls == 1 && later.calls == 1; });
        CHECK(second.error == errc::session_closed);
        CHECK(later.error == errc::session_closed);
    }
    signal.emit(asio::cancellation_type::total);  // nothing is left to cancel
}

TEST_CASE("a visitor that has gone while it waited is not handed out", "[listener]") {
    ListenerFixture f;
    Accepted opened;
    f.pair.async_open(f.io.get_executor(), opened.handler());
    f.pair.call([] {});
    f.pair.call([] {});
    f.pair.lose();
    run_with_restarts_until(f.io, [&] { return opened.calls == 1; });
    CHECK(opened.error == errc::connection_lost);
    Accepted accepted;
    f.listener.async_accept(accepted.handler());
    f.io.restart();
    f.io.poll();
    CHECK(accepted.calls == 0);
    f.listener.close();
    run_with_restarts_until(f.io, [&] { return accepted.calls == 1; });
}

TEST_CASE("the stream belongs to the executor of the handler that receives it", "[listener]") {
    asio::io_context other;
    ListenerFixture f;
    Accepted opened;
    f.pair.async_open(f.io.get_executor(), opened.handler());
    Accepted accepted;
    f.listener.async_accept(asio::bind_executor(other, accepted.handler()));
    run_with_restarts_until(other, [&] { return accepted.calls == 1; });
    CHECK(accepted.stream.get_executor() == asio::any_io_executor(other.get_executor()));
    Accepted second;
    f.pair.async_open(f.io.get_executor(), opened.handler());
    f.listener.async_accept(second.handler());
    run_with_restarts_until(f.io, [&] { return second.calls == 1; });
    CHECK(second.stream.get_executor() == asio::any_io_executor(f.io.get_executor()));
}

TEST_CASE("an empty listener fails, and its handles say what they stand for", "[listener]") {
    ListenerFixture f;
    Listener empty;
    CHECK_FALSE(empty.is_open());
    CHECK(empty.endpoint().empty());
    CHECK(empty.port() == 0);
    empty.close();
    Accepted accepted;
    empty.async_accept(asio::bind_executor(f.io, accepted.handler()));
    run_with_restarts_until(f.io, [&] { return accepted.calls == 1; });
    CHECK(accepted.error == asio::error::bad_descriptor);
    CHECK(f.listener.name() == "test");
}

TEST_CASE("an open that fails says why", "[listener]") {
    ListenerFixture f;
    Accepted opened;
    f.pair.async_open(f.io.get_executor(), opened.handler());
    f.pair.call([] {});
    f.pair.lose();
    run_with_restarts_until(f.io, [&] { return opened.calls == 1; });
    CHECK(opened.error == errc::connection_lost);
    CHECK_FALSE(opened.stream.is_open());
}

TEST_CASE("a listener that was closed stays closed, whatever the server still says of it", "[listener]") {
    detail::ListenerCore core(std::make_shared<detail::ServiceState>("web", nullptr));
    core.set_refused(errc::port_taken);
    CHECK(core.is_open());
    core.close();
    core.set_refused(errc::port_taken);
    CHECK_FALSE(core.is_open());
    core.set_registered();
    CHECK_FALSE(core.is_open());
}

}  // namespace ferrotunnel::test
