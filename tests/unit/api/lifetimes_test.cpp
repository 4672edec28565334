// What an application holds when its Client or Server has stopped, or is gone: operations fail, handlers are called;
// and what happens to those who destroy one where they should not.
#include <sys/wait.h>
#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <catch2/catch.hpp>
#include <csignal>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "ferrotunnel/client.hpp"
#include "unit/api/end_to_end.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;

namespace {

/// An application none of whose calls brings an executor: all of them run where the library chooses.
struct Bare {
    Secret token = Secret::generate();
    std::optional<Server> server{server_builder(token).build()};
    std::optional<Client> client;
    std::optional<Listener> listener;
    Stream accepted;
    Stream opened;

    Bare() {
        server->start();
        client = client_builder(token, server->client_endpoint()).build();
        client->start();
        listener = client->listen(Tcp(0, {}, "service"));
        REQUIRE_FALSE(client->wait_ready(patience));
        std::promise<Stream> coming;
        listener->async_accept([&](std::error_code, Stream stream) { coming.set_value(std::move(stream)); });
        std::promise<Stream> going;
        server->async_open("service", [&](std::error_code, Stream stream) { going.set_value(std::move(stream)); });
        accepted = coming.get_future().get();
        opened = going.get_future().get();
        REQUIRE(accepted.is_open());
        REQUIRE(opened.is_open());
    }
};

/// The error that a handler without an executor is called with; it must be called.
template <typename Start>
std::error_code handler_error(Start start) {
    auto promise = std::make_shared<std::promise<std::error_code>>();
    auto future = promise->get_future();
    start([promise](std::error_code error, auto&&...) { promise->set_value(error); });
    REQUIRE(future.wait_for(patience) == std::future_status::ready);
    return future.get();
}

std::error_code read(Stream& stream) {
    auto byte = std::make_shared<char>();
    return handler_error([&](auto handler) {
        stream.async_read_some(asio::buffer(byte.get(), 1),
                               [byte, handler](std::error_code error, std::size_t) { handler(error); });
    });
}

asio::awaitable<void> read_in_coroutine(Stream stream, std::shared_ptr<std::promise<std::error_code>> end) {
    char byte = 0;
    std::error_code error;
    co_await stream.async_read_some(asio::buffer(&byte, 1), asio::redirect_error(asio::use_awaitable, error));
    end->set_value(error);
}

}  // namespace

TEST_CASE("streams and listeners outlive their client and server, and their operations fail", "[threads]") {
    const bool gone = GENERATE(false, true);
    CAPTURE(gone);
    Bare bare;
    bare.client->stop();
    bare.server->stop();
    if (gone) {
        bare.client.reset();
        bare.server.reset();
    }
    SECTION("reads") {
        CHECK(read(bare.accepted) == errc::session_closed);
        CHECK(read(bare.opened) == errc::session_closed);
    }
    SECTION("writes") {
        CHECK(handler_error([&](auto handler) { asio::async_write(bare.accepted, asio::buffer("x", 1), handler); }) ==
              errc::session_closed);
    }
    SECTION("accepts") {
        CHECK(handler_error([&](auto handler) { bare.listener->async_accept(handler); }) == errc::session_closed);
        CHECK(handler_error([&](auto handler) { bare.listener->async_incoming(handler); }) == errc::session_closed);
    }
    SECTION("coroutines on their executor") {
        auto end = std::make_shared<std::promise<std::error_code>>();
        auto future = end->get_future();
        const auto executor = bare.accepted.get_executor();
        asio::co_spawn(executor, read_in_coroutine(std::move(bare.accepted), end), asio::detached);
        REQUIRE(future.wait_for(patience) == std::future_status::ready);
        CHECK(future.get() == errc::session_closed);
    }
}

TEST_CASE("what is outstanding when a client or server goes is told", "[threads]") {
    Bare bare;
    std::promise<std::error_code> of_read;
    std::promise<std::error_code> of_accept;
    auto byte = std::make_shared<char>();
    bare.accepted.async_read_some(asio::buffer(byte.get(), 1),
                                  [&, byte](std::error_code error, std::size_t) { of_read.set_value(error); });
    bare.listener->async_accept([&](std::error_code error, Stream) { of_accept.set_value(error); });
    bare.client.reset();
    CHECK(of_read.get_future().get() == errc::session_closed);
    CHECK(of_accept.get_future().get() == errc::session_closed);
}

TEST_CASE("a handler that throws where no client is left harms nobody") {
    Bare bare;
    bare.client.reset();
    std::promise<void> called;
    char byte = 0;
    bare.accepted.async_read_some(asio::buffer(&byte, 1), [&](std::error_code, std::size_t) {
        called.set_value();
        throw std::runtime_error("nobody hears this");
    });
    CHECK(called.get_future().wait_for(patience) == std::future_status::ready);
}

TEST_CASE("a time that has passed ends an open at once") {
    Bare bare;
    OpenTarget target("service");
    target.timeout = -1ms;
    CHECK(handler_error([&](auto handler) { bare.server->async_open(target, handler); }) == errc::timed_out);
}

namespace {

/// Runs `action` in a child process; what it wrote on standard error, and how it ended.
struct Child {
    std::string said;
    int status = 0;

    template <typename Action>
    explicit Child(Action action) {
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        const pid_t child = ::fork();
        if (child == 0) {
            ::dup2(ends[1], STDERR_FILENO);
            std::signal(SIGABRT, SIG_DFL);  // not Catch2's
            action();
            ::_exit(0);
        }
        ::close(ends[1]);
        char piece[512];
        for (ssize_t got = 0; (got = ::read(ends[0], piece, sizeof piece)) > 0;) {
            said.append(piece, static_cast<std::size_t>(got));
        }
        ::close(ends[0]);
        REQUIRE(::waitpid(child, &status, 0) == child);
    }
};

}  // namespace

TEST_CASE("a child of fork() that destroys its copies does nothing to the parent's") {
    Bare bare;
    const Child child([&bare] {
        const bool stops = !bare.client->stop(0ms);
        bare.client.reset();
        *bare.server = Server();
        if (!stops) {
            ::_exit(1);
        }
    });
    CHECK(child.said.empty());
    REQUIRE(WIFEXITED(child.status));
    CHECK(WEXITSTATUS(child.status) == 0);

    std::promise<Stream> coming;
    bare.listener->async_accept([&](std::error_code, Stream stream) { coming.set_value(std::move(stream)); });
    std::promise<std::error_code> opening;
    bare.server->async_open("service", [&](std::error_code error, Stream) { opening.set_value(error); });
    CHECK_FALSE(opening.get_future().get());
    CHECK(coming.get_future().get().is_open());
    CHECK(bare.client->connected());
}

#ifndef __SANITIZE_THREAD__  // which ends a child of fork() that starts threads
TEST_CASE("a Client that its own handler destroys says so before the process ends") {
    const Child child([] {
        const Secret token = Secret::generate();
        auto client = std::make_optional<Client>(client_builder(token, "127.0.0.1:9").build());
        asio::post(client->get_executor(), [&client] { client.reset(); });
        client->start();
        std::this_thread::sleep_for(patience);
    });
    CHECK(child.said.find("a Client was destroyed in one of its own handlers") != std::string::npos);
    CHECK(WIFSIGNALED(child.status));
}
#endif
