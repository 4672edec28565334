#include "runtime/socket_state.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel::runtime;

namespace {

IoResult read_of(std::size_t bytes, IoStatus status) {
    return {bytes, status, {}};
}

}  // namespace

TEST_CASE("A new socket is tried, and waits for an event once it would block", "[runtime][socket_state]") {
    SocketState socket;
    CHECK(socket.can_read());
    CHECK(socket.can_write());
    socket.note_read(read_of(10, IoStatus::ok));
    CHECK(socket.can_read());
    socket.note_read(read_of(10, IoStatus::would_block));
    socket.note_write(IoStatus::would_block);
    CHECK_FALSE(socket.can_read());
    CHECK_FALSE(socket.can_write());

    socket.note_events(EPOLLOUT);
    CHECK(socket.can_write());
    CHECK_FALSE(socket.can_read());
    socket.note_events(EPOLLIN);
    CHECK(socket.can_read());
}

TEST_CASE("An end that was announced with the bytes before it is read", "[runtime][socket_state]") {
    SocketState socket;
    socket.note_events(EPOLLIN | EPOLLRDHUP);
    socket.note_read(read_of(10, IoStatus::would_block));
    CHECK(socket.can_read());
    socket.note_read(read_of(0, IoStatus::would_block));
    CHECK_FALSE(socket.can_read());

    socket.note_events(EPOLLIN);
    socket.note_read(read_of(0, IoStatus::eof));
    CHECK(socket.peer_has_ended());
    CHECK_FALSE(socket.peer_sends());
}

TEST_CASE("Nothing is read of a peer that has ended, whatever events follow", "[runtime][socket_state]") {
    SocketState socket;
    socket.note_read(read_of(0, IoStatus::eof));
    socket.note_events(EPOLLIN | EPOLLHUP);
    CHECK_FALSE(socket.can_read());
    CHECK(socket.can_write());
    CHECK(socket.peer_has_ended());

    socket.note_lost();
    CHECK(socket.peer_is_lost());
    CHECK_FALSE(socket.peer_has_ended());
    socket.note_read(read_of(0, IoStatus::eof));
    CHECK(socket.peer_is_lost());
}

TEST_CASE("What a peer sent before a write to it failed is read to its end", "[runtime][socket_state]") {
    SocketState socket;
    socket.note_read(read_of(0, IoStatus::would_block));
    socket.note_failed_write();
    CHECK_FALSE(socket.can_write());
    CHECK(socket.can_read());
    socket.note_read(read_of(10, IoStatus::would_block));
    CHECK(socket.can_read());
    socket.note_read(read_of(0, IoStatus::error));
    CHECK(socket.peer_is_lost());
    CHECK_FALSE(socket.can_read());
}
