// WebSockets by HTTP/2 (RFC 8441) are the upgrades of HTTP/1.1 that http_upgrade_test.cpp has.
#include <catch2/catch.hpp>
#include <thread>

#include "ingress/websocket_key.hpp"
#include "unit/ingress/http2_visitor.hpp"

namespace ferrotunnel::ingress::test {
namespace {

exchange::EdgeSettings with_websockets() {
    exchange::EdgeSettings settings = with_h2c();
    settings.http2_websockets = true;
    return settings;
}

std::string connect_to(const std::string& path, std::uint32_t stream = 1) {
    return frame(h2::test::headers, h2::test::end_headers, stream,
                 h2::test::request_fields("CONNECT", path) + field(":protocol", "websocket") +
                     field("sec-websocket-version", "13"));
}

std::string data_frame(const std::string& text, bool ends = false, std::uint32_t stream = 1) {
    return frame(h2::test::data, ends ? h2::test::end_stream : 0, stream, text);
}

std::string agreed(const Message& request) {
    return "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " +
           websocket_accept_of(request.field("sec-websocket-key")) + "\r\n\r\n";
}

/// The status as HPACK has it: 0x88 is 200.
bool says_200(const Sent& head) {
    return head.type == h2::test::headers && !head.payload.empty() && head.payload.front() == '\x88';
}

/// What comes as DATA, up to the end of the stream or `size` bytes; the windows are opened for it.
std::string read_data(Peer& visitor, std::size_t size, Sent* last = nullptr) {
    std::string all;
    while (all.size() < size) {
        Sent sent = read_frame(visitor);
        const bool is_end = sent.type == 255 || sent.type == h2::test::rst_stream ||
                            (sent.type == h2::test::data && (sent.flags & h2::test::end_stream) != 0);
        if (sent.type == h2::test::data && !sent.payload.empty()) {
            all += sent.payload;
            if (!is_end) {
                visitor.send(frame(h2::test::window_update, 0, 0, number(sent.payload.size(), 4)) +
                             frame(h2::test::window_update, 0, sent.stream, number(sent.payload.size(), 4)));
            }
        }
        if (is_end) {
            if (last != nullptr) {
                *last = std::move(sent);
            }
            break;
        }
    }
    return all;
}

/// Sends DATA as far as the windows go.
void send_bulk(Peer& visitor, const std::string& bulk) {
    std::size_t room = 65'000;  // of 64 KiB, of which "early" has taken five; the connection has more
    for (std::size_t at = 0; at < bulk.size();) {
        const std::size_t n = std::min({bulk.size() - at, room, std::size_t{16'384}});
        if (n == 0) {
            const Sent opened = read_until(visitor, h2::test::window_update);
            REQUIRE(opened.type == h2::test::window_update);
            if (opened.stream == 1) {
                const auto byte_at = [&](std::size_t i) {
                    return static_cast<std::size_t>(static_cast<std::uint8_t>(opened.payload[i]));
                };
                room += byte_at(1) << 16U | byte_at(2) << 8U | byte_at(3);
            }
            continue;
        }
        visitor.send(data_frame(bulk.substr(at, n)));
        at += n;
        room -= n;
    }
}

}  // namespace

TEST_CASE("h2 websocket: after the backend's 101 both sides say what they like") {
    const bool foreign = GENERATE(false, true);
    EdgeRig rig(with_websockets(), foreign);
    Peer visitor = rig.visit(hello + connect_to("/chat?a") + data_frame("early"));
    Peer backend = rig.backend.accept();
    const Message request = backend.read_message();
    CHECK(request.start == "GET /chat?a HTTP/1.1");
    CHECK(request.field("upgrade") == "websocket");
    CHECK(request.field("connection").find("pgrade") != std::string::npos);
    CHECK(request.field("sec-websocket-version") == "13");
    CHECK_FALSE(request.has("transfer-encoding"));
    CHECK_FALSE(backend.stirs(20));  // not before the backend has agreed
    backend.send(agreed(request) + "hello");
    const Sent head = read_until(visitor, h2::test::headers);
    CHECK(says_200(head));
    CHECK((head.flags & h2::test::end_stream) == 0);
    CHECK(head.payload.find("upgrade") == std::string::npos);
    CHECK(read_data(visitor, 5) == "hello");
    CHECK(backend.read_exactly(5) == "early");
    CHECK(rig.counters().upgrades == 1);
    SECTION("in bulk from the backend") {
        const std::string bulk = random_text(1'000'000);
        std::thread sender([&] { backend.send(bulk); });
        CHECK(read_data(visitor, bulk.size()) == bulk);
        sender.join();
    }
    SECTION("in bulk from the visitor, as far as the backend takes it") {
        const std::string bulk = random_text(1'000'000);
        std::string got;
        std::thread reader([&] { got = backend.read_exactly(bulk.size()); });
        send_bulk(visitor, bulk);
        reader.join();
        CHECK(got == bulk);
    }
    SECTION("until the backend ends") {
        backend.send("bye");
        backend.close();
        Sent last;
        CHECK(read_data(visitor, 100, &last) == "bye");
        CHECK(last.type == h2::test::data);
        CHECK(read_until(visitor, h2::test::rst_stream).payload == number(NGHTTP2_NO_ERROR, 4));
    }
    SECTION("the visitor's end is passed on, and what the backend says after it too") {
        visitor.send(data_frame("bye", true));
        CHECK(backend.read_to_end() == "bye");
        CHECK_FALSE(backend.was_reset());
        backend.send("goodbye");
        backend.close();
        Sent last;
        CHECK(read_data(visitor, 100, &last) == "goodbye");
        CHECK(last.type == h2::test::data);
    }
    SECTION("a reset is passed on, and the connection continues") {
        visitor.send(frame(h2::test::rst_stream, 0, 1, number(NGHTTP2_CANCEL, 4)));
        CHECK(backend.read_to_end().empty());
        CHECK(backend.was_reset());
        visitor.send(h2::test::request(3));
        rig.backend.accept_request().send(answer("x"));
        CHECK(read_until(visitor, h2::test::data).payload == "x");
    }
    SECTION("so is the backend's") {
        backend.reset();
        const Sent reset = read_until(visitor, h2::test::rst_stream);
        CHECK(reset.stream == 1);
        CHECK(reset.payload == number(NGHTTP2_CANCEL, 4));
    }
    SECTION("fields behind what was said are none of it") {
        visitor.send(frame(h2::test::headers, h2::test::end_headers | h2::test::end_stream, 1, field("x", "y")));
        CHECK(read_until(visitor, h2::test::rst_stream).payload == number(NGHTTP2_PROTOCOL_ERROR, 4));
        CHECK(backend.read_to_end().empty());
        CHECK(backend.was_reset());
    }
    SECTION("a visitor who ends its connection ends all of it") {
        visitor.reset();
        CHECK(backend.read_to_end().empty());
        CHECK(backend.was_reset());
    }
}

TEST_CASE("h2 websocket: one that has ended with its head still hears what the backend says") {
    EdgeRig rig(with_websockets());
    Peer visitor = rig.visit(hello + frame(h2::test::headers, h2::test::end_headers | h2::test::end_stream, 1,
                                           h2::test::request_fields("CONNECT") + field(":protocol", "websocket")));
    Peer backend = rig.backend.accept();
    backend.send(agreed(backend.read_message()));
    CHECK(says_200(read_until(visitor, h2::test::headers)));
    CHECK(backend.read_to_end().empty());
    CHECK_FALSE(backend.was_reset());
    backend.send("bye");
    backend.close();
    CHECK(read_data(visitor, 100) == "bye");
}

TEST_CASE("h2 websocket: a refusal is an ordinary answer, and the backend's connection is used again") {
    EdgeRig rig(with_websockets());
    Peer visitor = rig.visit(hello + connect_to("/chat") + data_frame("early"));
    Peer backend = rig.backend.accept_request();
    backend.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    CHECK_FALSE(says_200(read_until(visitor, h2::test::headers)));
    CHECK(read_until(visitor, h2::test::data).payload == "no");
    CHECK(read_until(visitor, h2::test::rst_stream).payload == number(NGHTTP2_NO_ERROR, 4));
    visitor.send(h2::test::request(3));
    CHECK(backend.read_message().start == "GET / HTTP/1.1");
    backend.send(answer("after"));
    CHECK(read_until(visitor, h2::test::data).payload == "after");
}

TEST_CASE("h2 websocket: an answer that looks like one and is none is 502") {
    const std::string bad_accept =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    const std::string no_accept =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    const std::vector<std::string> answers{bad_accept, no_accept, answer("a page"), "HTTP/1.1 204 No Content\r\n\r\n"};
    const std::string text = answers[GENERATE(0U, 1U, 2U, 3U)];
    EdgeRig rig(with_websockets());
    Peer visitor = rig.visit(hello + connect_to("/chat"));
    Peer backend = rig.backend.accept_request();
    backend.send(text);
    CHECK_FALSE(says_200(read_until(visitor, h2::test::headers)));
    CHECK(read_until(visitor, h2::test::data).payload.find("not_websocket") != std::string::npos);
    CHECK(rig.log.count("a request was answered by the edge") == 1);
    CHECK(backend.read_to_end().empty());
    visitor.send(h2::test::request(3));
    rig.backend.accept_request().send(answer("x"));
    Sent sent = read_until(visitor, h2::test::data);
    while (sent.type == h2::test::data && sent.stream == 1) {
        sent = read_until(visitor, h2::test::data);
    }
    CHECK(sent.payload == "x");
}

TEST_CASE("h2 websocket: what a backend does not take waits in the stream's window, and holds up no other") {
    EdgeRig rig(with_websockets());
    Peer visitor = rig.visit(hello + connect_to("/chat"));
    Peer backend = rig.backend.accept();  // says nothing: nothing may go to it
    const Message request = backend.read_message();
    for (int i = 0; i < 3; ++i) {
        visitor.send(data_frame(std::string(16'384, 'a')));
    }
    visitor.send(data_frame(std::string(16'383, 'a')) + h2::test::request(3));
    rig.backend.accept_request().send(answer("live"));
    for (Sent sent = read_frame(visitor); sent.type != h2::test::data; sent = read_frame(visitor)) {
        CHECK((sent.type != h2::test::window_update || sent.stream != 1));
    }
    CHECK_FALSE(backend.stirs(20));
    backend.send(agreed(request));
    CHECK(backend.read_exactly(65'535) == std::string(65'535, 'a'));
    CHECK(read_until(visitor, h2::test::window_update).type == h2::test::window_update);
    visitor.send(data_frame("more", true));
    CHECK(backend.read_to_end() == "more");
}

TEST_CASE("h2 websocket: a drain lets it continue") {
    EdgeRig rig(with_websockets());
    Peer visitor = rig.visit(hello + connect_to("/chat"));
    Peer backend = rig.backend.accept();
    backend.send(agreed(backend.read_message()));
    CHECK(says_200(read_until(visitor, h2::test::headers)));
    on(rig.edge_worker(), [&] { rig.edge->at(0).drain(); });
    CHECK(read_until(visitor, h2::test::goaway).type == h2::test::goaway);
    visitor.send(data_frame("still here"));
    CHECK(backend.read_exactly(10) == "still here");
    backend.send("and so am I");
    CHECK(read_data(visitor, 11) == "and so am I");
    backend.close();
    CHECK(read_until(visitor, 255).type == 255);
}

TEST_CASE("h2 websocket: one on which nothing is said for too long is reset") {
    exchange::EdgeSettings settings = with_websockets();
    settings.upgraded_idle_timeout = 200ms;
    EdgeRig rig(settings);
    Peer visitor = rig.visit(hello + connect_to("/chat"));
    Peer backend = rig.backend.accept();
    backend.send(agreed(backend.read_message()));
    CHECK(read_until(visitor, h2::test::rst_stream).payload == number(NGHTTP2_CANCEL, 4));
    CHECK(backend.read_to_end().empty());
}

TEST_CASE("h2 websocket: where a service has no upgrades there are none") {
    exchange::EdgeSettings settings = with_websockets();
    settings.upgrades = false;
    EdgeRig rig(settings);
    Peer visitor = rig.visit(hello + connect_to("/chat"));
    Peer backend = rig.backend.accept();
    CHECK_FALSE(backend.read_message().has("upgrade"));
    backend.send(answer("plain"));
    CHECK(read_until(visitor, h2::test::data).payload.find("not_websocket") != std::string::npos);
}

}  // namespace ferrotunnel::ingress::test
