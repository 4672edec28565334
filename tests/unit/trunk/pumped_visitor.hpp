// A visitor whose socket is pumped into a stream of a pair of trunks.
#pragma once

#include <poll.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/eventually.hpp"
#include "trunk/socket_pump.hpp"
#include "unit/trunk/trunk_rig.hpp"

namespace ferrotunnel::trunk::test {

using ferrotunnel::test::eventually;
using transport::test::wait_for;

/// A visitor on the server's side; the test holds the visitor's end.
struct PumpedVisitor {
    explicit PumpedVisitor(TrunkPair& pair, IntrusivePtr<TrafficCounter> traffic = make_intrusive<Traffic>(),
                           net::Address from = {}, int buffer = 0,
                           const std::shared_ptr<shaping::ServiceShape>& shape = nullptr,
                           std::unique_ptr<Tap> tap = nullptr) {
        auto [near, far] = tcp_pair(buffer);
        socket = std::move(far);
        on(pair.worker, [&, fd = std::make_shared<runtime::Fd>(std::move(near))] {
            auto pump = make_intrusive<SocketPump>(pair.worker, traffic);
            auto opened = pair.server.trunk->session().open({1, wire::ServiceKind::tcp, from, {}}, pump, false,
                                                            pair.worker.now());
            REQUIRE(opened);
            stream = *opened;
            pair.server.trunk->session_changed();
            pump->set_shape(shape);
            pump->set_tap(std::move(tap));
            pump->set_stream(*opened);
            pump->set_socket(std::move(*fd));
        });
    }

    void send(std::size_t bytes) { REQUIRE(try_send(bytes)); }
    void send(std::string_view text) { REQUIRE(try_send(as_bytes(text))); }
    /// As send(), but for any thread: Catch's macros belong to the test's own.
    bool try_send(std::size_t bytes) { return try_send(std::vector<std::uint8_t>(bytes, 'x')); }
    bool try_send(Bytes left) {
        while (!left.empty()) {
            pollfd writable{socket.get(), POLLOUT, 0};
            if (::poll(&writable, 1, 10'000) == 0) {
                return false;
            }
            runtime::IoResult result = runtime::write_some(socket.get(), left);
            if (result.status == runtime::IoStatus::error) {
                return false;
            }
            left = left.subspan(result.bytes);
        }
        return true;
    }
    std::string read(std::size_t bytes) {
        std::string text(bytes, '\0');
        for (std::size_t have = 0; have < bytes;) {
            wait_for(socket.get(), POLLIN);
            auto* at = reinterpret_cast<std::uint8_t*>(text.data()) + have;
            runtime::IoResult result = runtime::read_some(socket.get(), MutableBytes(at, bytes - have));
            REQUIRE(result.status == runtime::IoStatus::ok);
            have += result.bytes;
        }
        return text;
    }
    /// Reads to the end: how many bytes came, and whether it ended in order.
    std::pair<std::size_t, bool> read_to_end() {
        std::vector<std::uint8_t> into(65'536);
        std::size_t total = 0;
        while (true) {
            wait_for(socket.get(), POLLIN);
            runtime::IoResult result = runtime::read_some(socket.get(), into);
            total += result.bytes;
            if (result.status == runtime::IoStatus::eof || result.status == runtime::IoStatus::error) {
                return {total, result.status == runtime::IoStatus::eof};
            }
        }
    }

    runtime::Fd socket;
    IntrusivePtr<mux::Stream> stream;
};

}  // namespace ferrotunnel::trunk::test
