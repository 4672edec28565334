// The lines that a C++ developer types first, within coroutines, where g++ 12 breaks temporaries that are aggregates:
// they compile, and the sanitizers find nothing in what they do.
#include <array>
#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <asio/write.hpp>
#include <catch2/catch.hpp>
#include <thread>
#include <type_traits>

#include "ferrotunnel/client.hpp"
#include "unit/api/app.hpp"
#include "unit/api/end_to_end.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;

// All types that may stand in a co_await expression.
static_assert(!std::is_aggregate_v<Tcp>);
static_assert(!std::is_aggregate_v<Http>);
static_assert(!std::is_aggregate_v<Tls>);

namespace {

// Names that no short string optimisation keeps inside the object, and one name that it does keep there.
constexpr const char* long_host = "a-name-that-is-longer-than-a-short-string.example.com";

struct FirstLinesFixture {
    Secret token = Secret::generate();
    const std::string control = lasting_address();  // a server may come back there
    Server server =
        server_builder(token, control).http_bind("127.0.0.1:0").https_bind("127.0.0.1:0").workers(1).build();
    Client client;

    FirstLinesFixture() {
        server.start();
        client = client_builder(token, server.client_endpoint()).workers(1).build();
    }
};

asio::awaitable<std::string> listener_name(Listener listener) {
    co_return listener.name();
}

// As in docs/embedding.md: g++ evaluates the last argument of co_spawn first, so the executor is asked of a stream, or
// of a listener, that was moved from.
asio::awaitable<void> echo(Stream stream) {
    std::array<char, 64> bytes{};
    std::size_t size = co_await stream.async_read_some(asio::buffer(bytes), asio::use_awaitable);
    co_await asio::async_write(stream, asio::buffer(bytes, size), asio::use_awaitable);
    stream.close();
}

asio::awaitable<void> accept_two(Listener listener) {
    for (int i = 0; i < 2; ++i) {
        auto stream = co_await listener.async_accept(asio::use_awaitable);
        asio::co_spawn(stream.get_executor(), echo(std::move(stream)), asio::detached);
    }
}

}  // namespace

TEST_CASE("descriptions may be made within a co_await expression", "[client]") {
    asio::io_context io;
    FirstLinesFixture rig;
    rig.client.start();
    auto lines = [&]() -> asio::awaitable<void> {
        auto port = co_await rig.client.async_listen(Tcp{0}, asio::use_awaitable);
        CHECK(port.name() == "tcp:0");
        auto named =
            co_await rig.client.async_listen(Tcp(0, {}, "a name beyond a short string's"), asio::use_awaitable);
        CHECK(named.is_open());
    };
    CHECK_THROWS_AS(run_all(io, lines()), std::system_error);  // no such name is allowed
    auto hosts = [&]() -> asio::awaitable<void> {
        auto api = co_await rig.client.async_listen(Http{"api.example.com"}, asio::use_awaitable);
        CHECK_THAT(api.endpoint(), Catch::StartsWith("http://api.example.com:"));
        auto other = co_await rig.client.async_listen(Http(long_host, {}, "x"), asio::use_awaitable);
        CHECK_THAT(other.endpoint(), Catch::Contains(long_host));
        auto raw = co_await rig.client.async_listen(Tls(long_host), asio::use_awaitable);
        CHECK(raw.is_open());
        CHECK(co_await listener_name(rig.client.listen(Http{"other.example.com"})) == "other.example.com");
    };
    run_all(io, hosts());
}

TEST_CASE("a listener is there at once, and takes visitors when the server has registered it", "[client]") {
    FirstLinesFixture rig;
    Listener listener = rig.client.listen(Tcp(0, {}, "early"));
    CHECK(listener.is_open());
    CHECK(listener.endpoint().empty());
    CHECK(listener.service().state() == Service::State::pending);
    std::future<Stream> accepted = listener.async_accept(asio::use_future);
    rig.client.start();
    REQUIRE_FALSE(rig.client.wait_ready(patience));
    CHECK(listener.service().state() == Service::State::registered);
    Visitor visitor(listener.port());
    CHECK(accepted.get().is_open());
}

TEST_CASE("a coroutine is spawned on the executor of the stream that it is given", "[client]") {
    FirstLinesFixture rig;
    asio::io_context io;
    rig.client.start();
    const auto work = asio::make_work_guard(io);
    std::thread runner([&] { io.run(); });
    Listener listener = rig.client.async_listen(Tcp(0, {}, "echo"), asio::bind_executor(io, asio::use_future)).get();
    const std::uint16_t port = listener.port();
    asio::co_spawn(listener.get_executor(), accept_two(std::move(listener)), asio::detached);
    for (int i = 0; i < 2; ++i) {
        CHECK(Visitor(port).echoes("hello"));
    }
    io.stop();
    runner.join();
}

TEST_CASE("what was moved from is empty and keeps its executor", "[client]") {
    asio::io_context io;
    Stream stream({}, io.get_executor());
    Stream second = std::move(stream);
    CHECK(stream.get_executor() == io.get_executor());
    CHECK_FALSE(stream.is_open());
    Stream third;
    third = std::move(second);
    CHECK(second.get_executor() == io.get_executor());
    CHECK(third.get_executor() == io.get_executor());

    Listener listener({}, io.get_executor());
    Listener other = std::move(listener);
    CHECK(listener.get_executor() == io.get_executor());
    CHECK_FALSE(listener.is_open());
    listener = std::move(other);
    CHECK(other.get_executor() == io.get_executor());
}

TEST_CASE("a listener whose service is refused says why, and works once it is registered after all", "[client]") {
    FirstLinesFixture rig;
    asio::io_context io;
    const std::uint16_t port = lasting_port();
    tcp::acceptor holder(io, {asio::ip::make_address("127.0.0.1"), port});
    Listener listener = rig.client.listen(Tcp(port, {}, "late"));
    rig.client.start();
    CHECK(rig.client.wait_ready(patience) == errc::port_taken);
    CHECK_THROWS_AS(listener.async_accept(asio::use_future).get(), std::system_error);
    CHECK(listener.service().error() == errc::port_taken);
    CHECK_THAT(listener.service().error_text(), Catch::Contains(std::to_string(port)));
    CHECK(listener.is_open());

    // Registering is tried again with the next connection: the server goes and comes back.
    holder.close();
    rig.server = Server();
    REQUIRE(eventually([&] { return !rig.client.connected(); }));
    rig.server = server_builder(rig.token, rig.control).workers(1).build();
    rig.server.start();
    REQUIRE(eventually([&] { return listener.service().state() == Service::State::registered; }));
    std::future<Stream> accepted = listener.async_accept(asio::use_future);
    Visitor visitor(listener.port());
    CHECK(accepted.get().is_open());
}

TEST_CASE("who starts again what has stopped is told that it takes a new one", "[client]") {
    FirstLinesFixture rig;
    rig.client.start();
    REQUIRE_FALSE(rig.client.stop());
    REQUIRE_FALSE(rig.server.stop());
    CHECK_THROWS_WITH(rig.client.start(), Catch::Contains("create a new one"));
    CHECK_THROWS_WITH(rig.server.start(), Catch::Contains("create a new one"));
}

TEST_CASE("what cannot be offered is thrown by listen, and told in words where async_listen has a code", "[client]") {
    const Secret token = Secret::generate();
    std::promise<Event> told;
    Client client = client_builder(token, "127.0.0.1:1")
                        .on_event([&](const Event& event) {
                            if (event.kind == Event::Kind::refused) {
                                told.set_value(event);
                            }
                        })
                        .build();
    CHECK_THROWS_WITH(client.listen(Tls("not a host")), Catch::Contains("not a host"));
    client.start();
    std::future<Listener> listening = client.async_listen(Tls("not a host"), asio::use_future);
    CHECK_THROWS_AS(listening.get(), std::system_error);
    auto event = told.get_future();
    REQUIRE(event.wait_for(patience) == std::future_status::ready);
    const Event refused = event.get();
    CHECK(refused.error == errc::invalid_argument);
    CHECK_THAT(refused.text, Catch::Contains("not a host"));
}
