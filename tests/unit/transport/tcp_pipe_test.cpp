#include "transport/tcp_pipe.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <vector>

#include "pipes.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::transport;
using namespace ferrotunnel::transport::test;

TEST_CASE("plain bytes go both ways") {
    auto [left, right] = tcp_pair();
    auto client = make_tcp_pipe(std::move(left), TcpPipeSide::client);
    auto server = make_tcp_pipe(std::move(right), TcpPipeSide::server);
    std::string why;
    CHECK(client->handshake(why) == IoStatus::ok);
    CHECK(server->handshake(why) == IoStatus::would_block);  // the client speaks first
    CHECK(write_text(*client, "hello").status == IoStatus::ok);
    wait_for(server->fd(), POLLIN);
    CHECK(server->handshake(why) == IoStatus::ok);
    CHECK(read_exactly(*server, 5) == "hello");

    std::vector<Bytes> pieces(200, as_bytes("abc"));  // more than one system call takes
    CHECK(server->write(pieces).bytes == 600);
    CHECK(server->counters().bytes_out == 600);
    CHECK(read_exactly(*client, 600).substr(597) == "abc");
    CHECK_FALSE(server->has_pending());
    CHECK(server->description() == "plain");
    std::uint8_t out[32];
    CHECK_FALSE(server->exporter(MutableBytes(out)));

    server->shutdown();
    CHECK(read_to_end(*client).status == IoStatus::eof);
    runtime::reset_close(client->release_fd());
    CHECK(read_to_end(*server).error == std::errc::connection_reset);
    CHECK_FALSE(server->error_text().empty());
}

TEST_CASE("bytes are read into several pieces, those before the first check too") {
    auto [left, right] = tcp_pair();
    auto pipe = make_tcp_pipe(std::move(right), TcpPipeSide::client);
    std::array<std::uint8_t, 4> first{};
    std::array<std::uint8_t, 4> second{};
    const std::array<MutableBytes, 2> pieces{MutableBytes(first), MutableBytes(second)};
    for (int i = 0; i < 2; ++i) {
        REQUIRE(runtime::write_some(left.get(), as_bytes("abcdefgh12")).bytes == 10);
        wait_for(pipe->fd(), POLLIN);
        const IoResult full = pipe->read_pieces(pieces);
        CHECK(full.bytes == 8);
        CHECK(full.status == IoStatus::ok);  // more may be there
        CHECK(as_text(first) == "abcd");
        CHECK(as_text(second) == "efgh");
        const IoResult rest = pipe->read_pieces(pieces);
        CHECK(rest.bytes == 2);
        CHECK(rest.status == IoStatus::would_block);
        CHECK(as_text(first).substr(0, 2) == "12");
    }
    left.reset();
    wait_for(pipe->fd(), POLLIN);
    CHECK(pipe->read_pieces(pieces).status == IoStatus::eof);
}

TEST_CASE("a peer that ends before it speaks") {
    auto [left, right] = tcp_pair();
    auto server = make_tcp_pipe(std::move(right), TcpPipeSide::server);
    left.reset();
    wait_for(server->fd(), POLLIN);
    std::string why;
    CHECK(server->handshake(why) == IoStatus::eof);
    CHECK_FALSE(why.empty());
}

TEST_CASE("the end of a peer is told from a reset, also where a write has been told of it") {
    {
        auto [left, right] = tcp_pair();
        auto pipe = make_tcp_pipe(std::move(right), TcpPipeSide::client);
        CHECK_FALSE(pipe->saw_end());
        left.reset();
        CHECK(read_to_end(*pipe).status == IoStatus::eof);
        CHECK(pipe->saw_end());
        IoResult result;
        for (int i = 0; i < 1000 && result.status != IoStatus::error; ++i) {
            result = write_text(*pipe, "x");
            ::poll(nullptr, 0, 1);
        }
        CHECK(result.error == std::errc::broken_pipe);
        CHECK(pipe->saw_end());
    }
    auto [left, right] = tcp_pair();
    auto pipe = make_tcp_pipe(std::move(right), TcpPipeSide::client);
    write_text(*pipe, "this is not read");
    wait_for(left.get(), POLLIN);
    runtime::reset_close(std::move(left));
    IoResult result;
    for (int i = 0; i < 1000 && result.status != IoStatus::error; ++i) {
        result = write_text(*pipe, "x");
        ::poll(nullptr, 0, 1);
    }
    CHECK(result.error == std::errc::connection_reset);
    CHECK(read_to_end(*pipe).status == IoStatus::eof);  // as the kernel tells it
    CHECK_FALSE(pipe->saw_end());
}

TEST_CASE("TLS is told from frames by the first three bytes, as they come") {
    auto [left, right] = tcp_pair();
    auto server = make_tcp_pipe(std::move(right), TcpPipeSide::server);
    std::string why;
    for (std::string_view byte : {"\x16", "\x03"}) {
        REQUIRE(runtime::write_some(left.get(), as_bytes(byte)).bytes == 1);
        wait_for(server->fd(), POLLIN);
        CHECK(server->handshake(why) == IoStatus::would_block);
    }
    REQUIRE(runtime::write_some(left.get(), as_bytes("\x01")).bytes == 1);
    IoStatus status = IoStatus::would_block;
    while (status == IoStatus::would_block) {
        status = server->handshake(why);
    }
    CHECK(status == IoStatus::error);

    // The TLS client gets an answer that is not a TLS record, and an orderly end instead of a reset.
    server.reset();
    std::array<std::uint8_t, 32> answer;
    wait_for(left.get(), POLLIN);
    IoResult read = runtime::read_some(left.get(), MutableBytes(answer));
    REQUIRE(read.bytes == 14);
    CHECK(answer[1] == 6);
    CHECK(answer[2] == 7);  // GOAWAY
    CHECK_FALSE(looks_like_tls(Bytes(answer.data(), read.bytes)));
    wait_for(left.get(), POLLIN);
    CHECK(runtime::read_some(left.get(), MutableBytes(answer)).status == IoStatus::eof);

    CHECK(looks_like_tls(as_bytes("\x16\x03\x01")));
    CHECK(looks_like_tls(as_bytes("\x15\x03\x03\x01")));
    CHECK_FALSE(looks_like_tls(as_bytes("\x16\x03\x08")));  // a control frame of 5,635 bytes
    CHECK_FALSE(looks_like_tls(as_bytes("\x17\x03\x03")));
    CHECK_FALSE(looks_like_tls(as_bytes("\x16\x02")));
}
