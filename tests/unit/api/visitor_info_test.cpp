// What an application that serves its visitors by itself is told of them, and how it turns one away.
#include "ferrotunnel/visitor_info.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_future.hpp>
#include <catch2/catch.hpp>

#include "ferrotunnel/client.hpp"
#include "unit/api/end_to_end.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;

namespace {

struct VisitorInfoFixture {
    Secret token = Secret::generate();
    Server server = server_builder(token).http_bind("127.0.0.1:0").workers(1).build();
    Client client;

    VisitorInfoFixture() {
        server.start();
        client = client_builder(token, server.client_endpoint()).workers(1).build();
        client.start();
    }
    Listener listen(Tcp service) { return client.async_listen(std::move(service), asio::use_future).get(); }
    Listener listen(Http service) { return client.async_listen(std::move(service), asio::use_future).get(); }
};

tcp::socket connect_to(asio::io_context& io, const std::string& endpoint) {
    tcp::socket socket(io);
    const auto port = static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
    socket.connect({asio::ip::make_address("127.0.0.1"), port});
    return socket;
}

void ask(tcp::socket& socket, const std::string& host) {
    asio::write(socket, asio::buffer("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"));
}

}  // namespace

TEST_CASE("a stream says who has come to which service", "[visitor]") {
    VisitorInfoFixture rig;
    asio::io_context io;
    Listener listener = rig.listen(Tcp(0, {}, "in"));
    std::future<Stream> accepted = listener.async_accept(asio::use_future);
    tcp::socket visitor = connect_to(io, listener.endpoint());
    const Stream stream = accepted.get();
    const VisitorInfo info = stream.visitor();
    CHECK(info.kind == VisitorInfo::Kind::tcp);
    CHECK(info.service == "in");
    CHECK(info.endpoint == listener.endpoint());
    CHECK(info.address == visitor.local_endpoint());
    CHECK(stream.remote_endpoint() == visitor.local_endpoint());
    CHECK(Stream().visitor().service.empty());
}

TEST_CASE("a stream that carries requests of several visitors has no address", "[visitor]") {
    VisitorInfoFixture rig;
    asio::io_context io;
    Listener listener = rig.listen(Http("app.example.com"));
    std::future<Stream> accepted = listener.async_accept(asio::use_future);
    tcp::socket visitor = connect_to(io, rig.server.http_endpoint());
    ask(visitor, "app.example.com");
    const Stream stream = accepted.get();
    std::error_code error;
    CHECK(stream.remote_endpoint(error) == tcp::endpoint());
    CHECK(error == std::errc::address_not_available);
    CHECK_THROWS_AS(stream.remote_endpoint(), std::system_error);
    const VisitorInfo info = stream.visitor();
    CHECK(info.kind == VisitorInfo::Kind::http);
    CHECK(info.service == "app.example.com");
    CHECK_FALSE(info.address);
}

TEST_CASE("with a stream for each visitor, each has its visitor's address", "[visitor]") {
    VisitorInfoFixture rig;
    asio::io_context io;
    Http service("app.example.com");
    service.per_visitor = true;
    Listener listener = rig.listen(service);
    std::vector<Stream> streams;  // kept open: one of them could be used again
    for (int i = 0; i < 2; ++i) {
        std::future<Stream> accepted = listener.async_accept(asio::use_future);
        tcp::socket visitor = connect_to(io, rig.server.http_endpoint());
        ask(visitor, "app.example.com");
        Stream stream = accepted.get();
        CHECK(stream.remote_endpoint() == visitor.local_endpoint());
        std::string head(4096, '\0');
        stream.async_read_some(asio::buffer(head), asio::use_future).get();
        asio::async_write(stream, asio::buffer(std::string("HTTP/1.1 204 No Content\r\n\r\n")), asio::use_future).get();
        std::string answer(12, '\0');
        asio::read(visitor, asio::buffer(answer));
        CHECK(answer == "HTTP/1.1 204");
        streams.push_back(std::move(stream));
    }
}

TEST_CASE("a visitor may be rejected before it is let in", "[visitor]") {
    VisitorInfoFixture rig;
    asio::io_context io;
    Listener listener = rig.listen(Tcp(0, {}, "guarded"));
    for (const bool drop : {false, true}) {
        std::future<Incoming> coming = listener.async_incoming(asio::use_future);
        Visitor visitor(listener.port());
        Incoming incoming = coming.get();
        REQUIRE(incoming);
        CHECK(incoming.visitor().service == "guarded");
        CHECK(incoming.visitor().address);
        if (drop) {
            incoming = Incoming();
        } else {
            incoming.refuse();
        }
        CHECK_FALSE(incoming);
        CHECK_FALSE(incoming.accept().is_open());
        CHECK(visitor.wait_for_end() == asio::error::connection_reset);
    }
    std::future<Incoming> coming = listener.async_incoming(asio::use_future);
    Visitor visitor(listener.port());
    Stream stream = coming.get().accept();
    CHECK(stream.is_open());
    stream.close();
    CHECK(visitor.wait_for_end() == asio::error::eof);
}

TEST_CASE("waiting for who comes can be cancelled, and ends with the listener", "[visitor]") {
    VisitorInfoFixture rig;
    Listener listener = rig.listen(Tcp(0, {}, "quiet"));
    asio::cancellation_signal signal;
    std::promise<std::error_code> ended;
    listener.async_incoming(
        asio::bind_cancellation_slot(signal.slot(), [&](std::error_code error, Incoming) { ended.set_value(error); }));
    signal.emit(asio::cancellation_type::all);
    CHECK(ended.get_future().get() == asio::error::operation_aborted);
    std::future<Incoming> coming = listener.async_incoming(asio::use_future);
    listener.close();
    CHECK_THROWS_AS(coming.get(), std::system_error);
}
