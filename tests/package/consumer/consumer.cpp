// An application that uses the installed library: a server and a client in one process, a visitor, and error codes that
// must compare equal although the library's symbols are hidden.
#include <array>
#include <asio.hpp>
#include <chrono>
#include <cstdio>
#include <ferrotunnel/client.hpp>
#include <ferrotunnel/server.hpp>
#include <ferrotunnel/version.hpp>
#include <string>

using namespace std::chrono_literals;
using asio::ip::tcp;

namespace {

int failures = 0;

void expect(bool holds, const char* what) {
    std::printf("%s %s\n", holds ? "ok  " : "FAIL", what);
    failures += holds ? 0 : 1;
}

ferrotunnel::Server make_server(const ferrotunnel::Secret& token) {
    auto server = ferrotunnel::Server::builder()
                      .bind("127.0.0.1:0")
                      .tcp_bind("127.0.0.1")
                      .add_token(token.copy())
                      .workers(1)
                      .build();
    server.start();
    return server;
}

ferrotunnel::Client make_client(const ferrotunnel::Server& server, const ferrotunnel::Secret& token) {
    auto client =
        ferrotunnel::Client::builder().server(server.client_endpoint()).token(token.copy()).workers(1).build();
    client.start();
    return client;
}

tcp::socket visit(asio::io_context& context, std::uint16_t port) {
    tcp::socket visitor(context);
    visitor.connect({asio::ip::address_v4::loopback(), port});
    return visitor;
}

void reads_end_with_asios_own_eof(asio::io_context& context, ferrotunnel::Listener& listener) {
    auto accepted = listener.async_accept(asio::use_future);
    tcp::socket visitor = visit(context, listener.port());
    asio::write(visitor, asio::buffer(std::string("hello")));
    visitor.shutdown(tcp::socket::shutdown_send);

    ferrotunnel::Stream stream = accepted.get();
    std::array<char, 64> bytes{};
    std::error_code ec;
    auto read = asio::async_read(stream, asio::buffer(bytes), asio::redirect_error(asio::use_future, ec));
    expect(read.get() == 5, "the visitor's bytes arrive");
    expect(ec == asio::error::eof, "an orderly end equals asio::error::eof");

    asio::async_write(stream, asio::buffer(std::string("late answer")), asio::use_future).get();
    stream.shutdown_send();
    const std::size_t size = asio::read(visitor, asio::buffer(bytes), ec);
    expect(std::string(bytes.data(), size) == "late answer", "the answer after the half-close arrives");
    expect(ec == asio::error::eof, "and ends in order");
}

void errors_of_the_library_compare_equal(ferrotunnel::Listener& listener) {
    auto accepted = listener.async_accept(asio::use_future);
    listener.close();
    try {
        accepted.get();
        expect(false, "an accept on a closed listener fails");
    } catch (const std::system_error& error) {
        expect(error.code() == asio::error::operation_aborted, "a closed listener gives operation_aborted");
    }
    ferrotunnel::Client nothing;
    expect(nothing.wait_ready(1s) == ferrotunnel::errc::not_running, "an empty client is not running");
    try {
        (void)ferrotunnel::Client::builder().server("no address").build();
        expect(false, "a client without a token is refused");
    } catch (const ferrotunnel::config_error& error) {
        expect(!error.problems().empty(), "exceptions cross the library's border");
    }
}

}  // namespace

int main() {
    std::printf("ferrotunnel %s\n", ferrotunnel::version_string.data());
    asio::io_context context;
    const ferrotunnel::Secret token = ferrotunnel::Secret::generate();
    ferrotunnel::Server server = make_server(token);
    ferrotunnel::Client client = make_client(server, token);
    ferrotunnel::Listener listener = client.async_listen(ferrotunnel::Tcp(0, {}, "in-process"), asio::use_future).get();
    reads_end_with_asios_own_eof(context, listener);
    errors_of_the_library_compare_equal(listener);
    expect(!client.stop(10s), "the client drains");
    expect(!server.stop(10s), "the server drains");
    return failures == 0 ? 0 : 1;
}
