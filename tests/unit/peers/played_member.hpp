// The other end of a link, which a test plays itself.
#pragma once

#include <poll.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "peers/link_hello.hpp"
#include "transport/link_context.hpp"
#include "unit/peers/peers_rig.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::peers::test {

/// A member, usually "a", that the test plays itself: a TLS connection to `port`, with everything done up to the proof.
inline std::unique_ptr<transport::Pipe> played_member(std::uint16_t port, const char* name = "a",
                                                      const char* to = "b") {
    auto pipe = transport::make_tls_pipe(transport::test::connect_to(transport::test::loopback(port)),
                                         transport::make_link_dialler(*keys_of(1), name, to));
    std::string why;
    while (pipe->handshake(why) == transport::IoStatus::would_block) {
        transport::test::wait_for(pipe->fd(), POLLIN);
    }
    INFO(why);
    REQUIRE(why.empty());
    return pipe;
}

inline void send_frame(transport::Pipe& pipe, wire::FrameType type, wire::StreamId stream, Bytes payload) {
    std::vector<std::uint8_t> frame(limits::frame_header_bytes + payload.size());
    wire::encode_header({static_cast<std::uint16_t>(payload.size()), type, 0, stream}, frame.data());
    std::copy(payload.begin(), payload.end(), frame.begin() + limits::frame_header_bytes);
    const Bytes piece(frame);
    REQUIRE(pipe.write({&piece, 1}).status == transport::IoStatus::ok);
}

inline void send_control(transport::Pipe& pipe, Bytes message) {
    send_frame(pipe, wire::FrameType::control, 0, message);
}

inline void open_stream(transport::Pipe& pipe, wire::StreamId stream) {
    std::uint8_t frame[wire::open_frame_max];
    wire::Open open;
    open.send_window = limits::first_window;
    open.receive_window = limits::first_window;
    const Bytes piece(frame, wire::encode_open(stream, open, frame));
    REQUIRE(pipe.write({&piece, 1}).status == transport::IoStatus::ok);
}

inline void send_hello(transport::Pipe& pipe, LinkKind kind) {
    LinkHello hello;
    hello.kind = kind;
    send_control(pipe, encode_link_hello(hello));
}

inline std::unique_ptr<transport::Pipe> played_link(std::uint16_t port, LinkKind kind, const char* name = "a",
                                                    const char* to = "b") {
    auto pipe = played_member(port, name, to);
    send_hello(*pipe, kind);
    return pipe;
}

}  // namespace ferrotunnel::peers::test
