// An application that has the server inside and dials its clients' services through their tunnels, without a public
// port in between: how a control plane reaches agents behind NAT.
//
//    FERROTUNNEL_TOKEN=ft1_... embed_server 127.0.0.1:7835
//
// Waits for the first service that a client offers, sends it a line, and prints what comes back.
#include <asio/connect.hpp>
#include <asio/read.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_future.hpp>
#include <asio/write.hpp>
#include <cstdio>
#include <ferrotunnel/server.hpp>
#include <future>
#include <string>
#include <utility>

namespace {

std::string ask(ferrotunnel::Server& server, const std::string& service, const std::string& question) {
    // Futures keep the example short; callbacks and coroutines work as well.
    ferrotunnel::Stream stream = server.async_open(service, asio::use_future).get();
    asio::async_write(stream, asio::buffer(question), asio::use_future).get();
    stream.shutdown_send();  // the service sees our end and can still answer

    std::string answer;
    std::error_code end;
    asio::async_read(stream, asio::dynamic_buffer(answer), asio::redirect_error(asio::use_future, end)).get();
    if (end != asio::error::eof) {
        throw std::system_error(end, "the answer is not whole");
    }
    return answer;
}

int run(const std::string& bind) {
    std::promise<std::string> first;
    bool has_first = false;  // events come one at a time
    auto server = ferrotunnel::Server::builder()
                      .bind(bind)
                      .tcp_bind("127.0.0.1")
                      .add_token(ferrotunnel::Secret::from_env("FERROTUNNEL_TOKEN"), "agents")
                      .on_event([&](const ferrotunnel::Event& event) {
                          if (event.kind == ferrotunnel::Event::Kind::registered && !std::exchange(has_first, true)) {
                              first.set_value(event.endpoint);
                          }
                      })
                      .log(ferrotunnel::stderr_log())
                      .build();
    server.start();
    std::printf("clients connect to %s\n", server.client_endpoint().c_str());
    std::fflush(stdout);

    const std::string service = first.get_future().get();
    std::printf("%s says: %s\n", service.c_str(), ask(server, service, "hello\n").c_str());
    return server.stop(std::chrono::seconds(5)) ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s BIND\n", argv[0]);
        return 2;
    }
    try {
        return run(argv[1]);
    } catch (const ferrotunnel::config_error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
