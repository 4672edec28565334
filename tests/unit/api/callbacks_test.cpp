// What the application's callbacks may do: throw, and wait for other threads that use the same Client or Server.
#include <asio/co_spawn.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <future>
#include <mutex>
#include <stdexcept>

#include "ferrotunnel/client.hpp"
#include "unit/api/end_to_end.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;

namespace {

class LoggedLines {
public:
    LogSink sink() {
        return [this](const LogRecord& record) {
            std::lock_guard lock(mutex_);
            text_ += std::string(record.message);
            for (const LogRecord::Field& field : record.fields) {
                text_ += ' ' + std::string(field.key) + '=' + std::string(field.value);
            }
            text_ += '\n';
        };
    }
    bool has(const std::string& part) const {
        std::lock_guard lock(mutex_);
        return text_.find(part) != std::string::npos;
    }

private:
    mutable std::mutex mutex_;
    std::string text_;
};

asio::awaitable<void> throw_after_read(Stream& stream) {
    char byte = 0;
    co_await stream.async_read_some(asio::buffer(&byte, 1), asio::use_awaitable);
    throw std::runtime_error("out of a coroutine");
}

}  // namespace

TEST_CASE("what a handler throws on a worker is logged, and the tunnel continues", "[threads][callbacks]") {
    LoggedLines lines;
    Echo echo;
    Secret token = Secret::generate();
    Server server = server_builder(token).log(lines.sink(), LogLevel::warn).build();
    server.start();
    Client client = client_builder(token, server.client_endpoint()).log(lines.sink(), LogLevel::warn).build();
    Service service = client.add(to(echo.address()));
    client.start();
    REQUIRE_FALSE(client.wait_ready(patience));
    Stream stream = server.async_open("service", asio::use_future).get();
    char byte = 0;
    SECTION("a completion handler without an executor") {
        stream.async_write_some(asio::buffer("x", 1), [](std::error_code, std::size_t) { throw 5; });
        CHECK(
            eventually([&] { return lines.has("a completion handler threw an exception what=not a std::exception"); }));
        stream.async_read_some(asio::buffer(&byte, 1),
                               [](std::error_code, std::size_t) { throw std::runtime_error("out of a read"); });
        CHECK(eventually([&] { return lines.has("a completion handler threw an exception what=out of a read"); }));
    }
    SECTION("a coroutine whose exception is thrown on") {  // asio::detached would drop it
        asio::co_spawn(stream.get_executor(), throw_after_read(stream), [](const std::exception_ptr& thrown) {
            if (thrown) {
                std::rethrow_exception(thrown);
            }
        });
        stream.async_write_some(asio::buffer("x", 1), [](std::error_code, std::size_t) {});
        CHECK(eventually([&] { return lines.has("a completion handler threw an exception what=out of a coroutine"); }));
    }
    SECTION("what the application posts to the client's executor") {
        asio::post(client.get_executor(), [] { throw std::runtime_error("out of a post"); });
        CHECK(eventually([&] { return lines.has("a completion handler threw an exception what=out of a post"); }));
    }
    CHECK(Visitor(service.port()).echoes("still here"));
}

TEST_CASE("what a handler throws in the application's io_context leaves run(), which may be called again",
          "[threads][callbacks]") {
    Echo echo;
    Secret token = Secret::generate();
    Server server = server_builder(token).build();
    server.start();
    asio::io_context io(1);
    Client client = client_builder(token, server.client_endpoint()).run_on(io).build();
    Listener listener = client.listen(to({}));
    client.start();
    listener.async_accept([](std::error_code, Stream) { throw std::runtime_error("out of an accept"); });
    while (listener.port() == 0) {
        io.run_one();
    }
    Visitor first(listener.port());
    CHECK_THROWS_WITH(io.run(), "out of an accept");
    bool accepted = false;
    listener.async_accept([&](std::error_code error, Stream) { accepted = !error; });
    Visitor second(listener.port());
    while (!accepted) {
        io.run_one();
    }
    CHECK(client.connected());
}

namespace {

/// Whether `look` returns on another thread while this one waits for it.
template <typename Look>
bool returns_elsewhere(Look look) {
    auto done = std::make_shared<std::promise<void>>();
    std::future<void> returned = done->get_future();
    std::thread([look, done] {
        look();
        done->set_value();
    }).detach();
    return returned.wait_for(patience) == std::future_status::ready;
}

}  // namespace

TEST_CASE("no lock is held while a callback runs", "[threads][callbacks]") {
    Echo echo;
    Secret token = Secret::generate();
    std::atomic<int> calls{0};
    std::atomic<int> stuck{0};  // Catch2's assertions are for one thread
    std::mutex looking;
    bool all_there = false;
    std::function<void()> look_at_all;
    Server server;  // calls all that is above until it is destroyed
    Client client;
    look_at_all = [&] {
        ++calls;
        std::lock_guard lock(looking);
        if (!all_there) {
            return;
        }
        stuck += returns_elsewhere([&] {
            (void)server.client_endpoint();
            (void)server.http_endpoint();
            (void)server.tunnels();
            (void)server.stats();
            (void)client.connected();
            (void)client.stats();
        })
                     ? 0
                     : 1;
    };
    const LogSink sink = [&](const LogRecord&) { look_at_all(); };
    const EventHandler handler = [&](const Event&) { look_at_all(); };
    server = server_builder(token).http_bind("127.0.0.1:0").log(sink).on_event(handler).build();
    client = client_builder(token, "127.0.0.1:1").log(sink).on_event(handler).build();
    {
        std::lock_guard lock(looking);
        all_there = true;
    }
    server.start();
    CHECK(eventually([&] { return calls.load() >= 2; }));  // "listening", twice
    client.start();
    Service service = client.add(to(echo.address()));
    Client second = client_builder(token, server.client_endpoint()).build();
    second.start();
    CHECK_FALSE(second.wait_ready(patience));
    service.close();
    CHECK(eventually([&] { return calls.load() >= 6; }));
    CHECK_FALSE(second.stop());
    CHECK_FALSE(client.stop());
    CHECK_FALSE(server.stop());
    std::lock_guard lock(looking);
    all_there = false;  // the sinks are called until both are destroyed, one after the other
    CHECK(stuck.load() == 0);
}

TEST_CASE("a sink finds its server whole until the last line that was logged", "[threads][callbacks]") {
    std::promise<void> called;
    std::atomic<bool> ends{false};
    std::uint32_t clients = 1;
    auto server = std::make_unique<Server>();
    *server = server_builder(Secret::generate())
                  .log([&, at = server.get(), first = true](const LogRecord&) mutable {
                      if (std::exchange(first, false)) {
                          called.set_value();
                          (void)eventually([&] { return ends.load(); });
                          std::this_thread::sleep_for(20ms);  // whatever is destroyed without waiting is gone by then
                      }
                      clients = at->stats().clients;
                  })
                  .build();
    server->start();
    called.get_future().wait();
    ends = true;
    server.reset();
    CHECK(clients == 0);
}

TEST_CASE("callbacks that stop what waits for them are told so", "[threads][callbacks]") {
    std::promise<std::error_code> by_sink;
    std::promise<std::error_code> by_handler;
    bool sink_first = true;
    bool handler_first = true;
    Server server;
    Secret token = Secret::generate();
    server = server_builder(token)
                 .log([&](const LogRecord&) {
                     if (std::exchange(sink_first, false)) {
                         by_sink.set_value(server.stop());
                     }
                 })
                 .on_event([&](const Event&) {
                     if (std::exchange(handler_first, false)) {
                         by_handler.set_value(server.stop());
                     }
                 })
                 .build();
    server.start();
    CHECK(by_sink.get_future().get() == errc::would_deadlock);
    Client client = client_builder(token, server.client_endpoint()).build();
    client.start();
    CHECK(by_handler.get_future().get() == errc::would_deadlock);
    CHECK_FALSE(client.wait_ready(patience));
}

TEST_CASE("a handler and a sink that do not return hold up neither visitors nor clients", "[threads][callbacks]") {
    Echo echo;
    Secret token = Secret::generate();
    std::promise<void> released;
    const std::shared_future<void> release = released.get_future();
    std::atomic<int> held{0};
    auto hold = [&] {
        ++held;
        release.wait();
    };
    Server server;
    Client client;
    struct Release {
        std::promise<void>& promise;
        ~Release() { promise.set_value(); }
    } release_before_they_end{released};
    server = server_builder(token)
                 .log([&](const LogRecord&) { hold(); }, LogLevel::info)
                 .on_event([&](const Event&) { hold(); })
                 .build();
    server.start();
    client = client_builder(token, server.client_endpoint())
                 .log([&](const LogRecord&) { hold(); }, LogLevel::info)
                 .on_event([&](const Event&) { hold(); })
                 .build();
    Service service = client.add(to(echo.address()));
    client.start();
    CHECK_FALSE(client.wait_ready(patience));
    CHECK(eventually([&] { return held.load() == 4; }));
    for (int visitor = 0; visitor < 8; ++visitor) {  // on any of the workers
        CHECK(Visitor(service.port()).echoes("served"));
    }
    CHECK(held.load() == 4);
}
