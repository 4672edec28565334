// A web server without any local port: visitors of a public port arrive as streams inside this process.
//
//    FERROTUNNEL_TOKEN=ft1_... serve_in_process tunnel.example.com:7835
//
// Prints the public address and answers until SIGINT or SIGTERM. The client runs inside the program's own io_context,
// so everything happens on one thread and needs no locks.
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/read_until.hpp>
#include <asio/redirect_error.hpp>
#include <asio/signal_set.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <cstdio>
#include <exception>
#include <ferrotunnel/client.hpp>
#include <string>
#include <utility>

namespace {

constexpr std::size_t request_bytes_max = 16 * 1024;

asio::awaitable<void> answer(ferrotunnel::Stream stream) {
    std::string request;
    std::error_code error;
    co_await asio::async_read_until(stream, asio::dynamic_buffer(request, request_bytes_max), "\r\n\r\n",
                                    asio::redirect_error(asio::use_awaitable, error));
    if (error) {
        co_return;  // the stream goes out of scope, and the visitor's connection is closed with a reset
    }
    std::error_code unknown;
    const std::string body = "Hello, " + stream.remote_endpoint(unknown).address().to_string() + "!\n";
    const std::string response =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body;
    co_await asio::async_write(stream, asio::buffer(response), asio::redirect_error(asio::use_awaitable, error));
    stream.close();  // in order: the visitor gets all of it and then the end
}

asio::awaitable<void> serve(ferrotunnel::Client& client) {
    // Unlike listen(), this waits until the server has said which port it is.
    auto listener = co_await client.async_listen(ferrotunnel::Tcp(0, {}, "hello"), asio::use_awaitable);
    std::printf("http://%s/\n", listener.endpoint().c_str());
    std::fflush(stdout);
    while (true) {
        auto stream = co_await listener.async_accept(asio::use_awaitable);
        asio::co_spawn(listener.get_executor(), answer(std::move(stream)), asio::detached);
    }
}

int run(const char* server) {
    asio::io_context context(1);
    auto client = ferrotunnel::Client::builder()
                      .server(server)
                      .token(ferrotunnel::Secret::from_env("FERROTUNNEL_TOKEN"))
                      .run_on(context)
                      .build();
    client.start();

    asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&](std::error_code, int) {
        client.stop();  // visitors that are there are cut
        context.stop();
    });

    int code = 0;
    asio::co_spawn(context, serve(client), [&](std::exception_ptr failure) {
        try {
            if (failure) {
                std::rethrow_exception(failure);
            }
        } catch (const std::exception& error) {  // for instance: the server does not accept the token
            std::fprintf(stderr, "%s\n", error.what());
            code = 1;
        }
        context.stop();
    });
    context.run();
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s SERVER\n", argv[0]);
        return 2;
    }
    try {
        return run(argv[1]);
    } catch (const ferrotunnel::config_error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    }
}
