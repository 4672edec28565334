// The deadlines and bounds of connections of HTTP/2, and what they hold. tests/unit/h2 has what needs no sockets,
// tests/e2e/http2.sh the foreign programs.
#include "ingress/http2_connection.hpp"

#include <catch2/catch.hpp>

#include "unit/ingress/http2_visitor.hpp"

namespace ferrotunnel::ingress::test {

TEST_CASE("h2 connection: its first bytes say so, however they are cut, where that is allowed") {
    EdgeRig rig(with_h2c());
    const std::string bytes = hello + h2::test::request(1);
    const std::size_t cut = GENERATE(1, 3, 16, 23, 24, 25, 33);
    Peer visitor = rig.visit(bytes.substr(0, cut));
    visitor.send(bytes.substr(cut));
    Peer backend = rig.backend.accept_request();
    backend.send(answer("body"));
    CHECK(read_until(visitor, h2::test::data).payload == "body");
    CHECK(rig.edge->connections() == 1);
}

TEST_CASE("h2 connection: without the setting its first bytes are no request") {
    EdgeRig rig;
    Peer visitor = rig.visit(hello);
    CHECK(visitor.read_message().status() >= 400);
    EdgeRig other(with_h2c());
    Peer almost = other.visit("PRI * HTTP/2.1\r\n\r\n");
    CHECK(almost.read_message().status() >= 400);
}

TEST_CASE("h2 connection: requests go side by side, and an idle connection holds no slab") {
    EdgeRig rig(with_h2c(), GENERATE(false, true));
    Peer visitor = rig.visit(hello + h2::test::request(1) + h2::test::request(3));
    Peer first = rig.backend.accept_request();
    Peer second = rig.backend.accept_request();
    second.send(answer("second"));
    CHECK(read_until(visitor, h2::test::data).payload == "second");
    first.send(answer("first"));
    CHECK(read_until(visitor, h2::test::data).payload == "first");
    CHECK(eventually([&] { return on(rig.edge_worker(), [&] { return rig.edge->at(0).idle(); }) == 1; }));
    CHECK(eventually([&] { return on(rig.edge_worker(), [&] { return rig.edge_worker().slabs().in_use(); }) == 0; }));
}

TEST_CASE("h2 connection: of more idle ones than there may be, the oldest ends") {
    exchange::EdgeSettings settings = with_h2c();
    settings.http2_idle_max = 2;
    EdgeRig rig(settings);
    std::vector<Peer> visitors;
    for (std::size_t i = 0; i < 3; ++i) {
        visitors.push_back(rig.visit(hello));
        const std::size_t idle = std::min<std::size_t>(i + 1, 2);
        CHECK(eventually([&] { return on(rig.edge_worker(), [&] { return rig.edge->at(0).idle(); }) == idle; }));
    }
    CHECK(read_until(visitors[0], h2::test::goaway).type == h2::test::goaway);
    CHECK(visitors[0].read_to_end().empty());
    CHECK_FALSE(visitors[0].was_reset());
    visitors[1].send(h2::test::request(1));
    rig.backend.accept_request().send(answer("x"));
    CHECK(read_until(visitors[1], h2::test::data).payload == "x");
}

TEST_CASE("h2 connection: idle ones make room for visitors when the last places are given out") {
    constexpr std::uint32_t places = 16;  // of which the last one is
    exchange::EdgeSettings settings = with_h2c();
    settings.connections = places;
    settings.connections_per_address = 100'000;
    settings.linger_timeout = 60s;
    EdgeRig rig(settings);
    Peer busy = rig.visit(hello + h2::test::request(1));
    Peer backend = rig.backend.accept_request();
    std::vector<Peer> idle;
    const auto add_idle = [&](std::size_t how_many) {
        idle.push_back(rig.visit(hello));
        CHECK(eventually([&] { return rig.edge->at(0).idle() == how_many; }));
    };
    for (std::uint32_t i = 1; i + 2 < places; ++i) {
        add_idle(i);
    }
    CHECK(rig.log.count("idle connections") == 0);
    add_idle(places - 3);  // the last but one: it has its place, and the first loses its own
    CHECK(read_until(idle[0], h2::test::goaway).type == h2::test::goaway);
    CHECK(idle[0].read_to_end().empty());
    CHECK_FALSE(idle[0].was_reset());
    idle[0].close();
    for (int i = 1; i < 5; ++i) {
        const auto at = static_cast<std::size_t>(i);
        CHECK(eventually([&] { return rig.edge->connections() == places - 2; }));
        add_idle(places - 3);
        CHECK(read_until(idle[at], h2::test::goaway).type == h2::test::goaway);
        idle[at].close();
    }
    backend.send(answer("still here"));
    CHECK(read_until(busy, h2::test::data).payload == "still here");
    CHECK(rig.counters().connections_refused.load() == 0);
}

TEST_CASE("h2 connection: a visitor who is refused since all places are taken makes room for the next") {
    exchange::EdgeSettings settings = with_h2c();
    const bool by_address = GENERATE(false, true);
    settings.connections = by_address ? 100 : 2;
    settings.connections_per_address = by_address ? 2 : 100'000;
    EdgeRig rig(settings);
    Peer busy = rig.visit(hello + h2::test::request(1));
    const Peer silent = rig.backend.accept_request();
    Peer idle = rig.visit(hello + h2::test::request(1));  // no place is left, and neither is idle
    rig.backend.accept_request().send(answer("x"));
    CHECK(eventually([&] { return rig.edge->at(0).idle() == 1; }));
    CHECK(rig.visit(get()).read_message().status() == 429);
    if (by_address) {
        CHECK(rig.log.count("idle connections") == 0);
        return;
    }
    CHECK(read_until(idle, h2::test::goaway).type == h2::test::goaway);
    idle.close();
    CHECK(eventually([&] { return rig.edge->connections() == 1; }));
    Peer next = rig.visit(get());
    rig.backend.accept_request().send(answer("x"));
    CHECK(next.read_message().body == "x");
}

TEST_CASE("h2 connection: a silent one ends, and so does one without a request") {
    exchange::EdgeSettings settings = with_h2c();
    settings.head_timeout = 200ms;
    settings.idle_timeout = 400ms;
    EdgeRig rig(settings);
    Peer silent = rig.visit_at_once("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    Peer idle = rig.visit_at_once(hello);
    CHECK(read_until(silent, h2::test::goaway).type == h2::test::goaway);
    CHECK(read_until(idle, h2::test::goaway).type == h2::test::goaway);
    CHECK(idle.read_to_end().empty());
    CHECK_FALSE(idle.was_reset());
}

TEST_CASE("h2 connection: a head that does not end in time ends the connection") {
    exchange::EdgeSettings settings = with_h2c();
    settings.head_timeout = 200ms;
    EdgeRig rig(settings);
    Peer visitor = rig.visit_at_once(hello + h2::test::request(1));
    Peer backend = rig.backend.accept_request();
    visitor.send(frame(h2::test::headers, h2::test::end_stream, 3, h2::test::request_fields()));
    CHECK(read_until(visitor, 255).type == 255);
    CHECK(eventually([&] { return rig.edge->connections() == 0; }));
}

TEST_CASE("h2 connection: behind an early answer the rest of the request is discarded, within the worker's bounds") {
    exchange::EdgeSettings settings = with_h2c();
    settings.linger_timeout = 60s;
    settings.body_max = 10'000;
    const std::string piece = frame(h2::test::data, 0, 1, std::string(10'001, 'x'));
    // What the visitor reads up to its answer's end, and up to this frame.
    const auto begin_upload = [&](EdgeRig& rig) {
        Peer visitor = rig.visit(hello + h2::test::request(1, false, field("content-length", "410041")) + piece);
        Sent sent = read_until(visitor, h2::test::headers);
        CHECK(sent.stream == 1);
        while ((sent.flags & h2::test::end_stream) == 0 && sent.type != 255) {
            sent = read_frame(visitor);
        }
        CHECK(sent.stream == 1);
        return visitor;
    };
    SECTION("until it ends, many windows later") {
        EdgeRig rig(settings);
        Peer visitor = begin_upload(rig);
        std::size_t window = 65'535 - 10'001;
        for (int i = 1; i < 41; ++i) {
            while (window < 10'001) {
                const Sent update = read_frame(visitor);
                REQUIRE(update.type == h2::test::window_update);
                for (std::size_t at = 0, more = 0; update.stream == 1 && at < 4; ++at) {
                    more = more << 8U | static_cast<std::uint8_t>(update.payload.at(at));
                    window += at == 3 ? more : 0;
                }
            }
            visitor.send(piece);
            window -= 10'001;
        }
        visitor.send(frame(h2::test::data, h2::test::end_stream, 1) + h2::test::request(3));
        rig.backend.accept_request().send(answer("the next"));
        CHECK(read_until(visitor, h2::test::data).payload == "the next");
    }
    SECTION("until it has sent nothing for too long") {
        settings.linger_timeout = 300ms;
        EdgeRig rig(settings);
        Peer visitor = begin_upload(rig);
        CHECK(read_until(visitor, h2::test::rst_stream).payload == number(NGHTTP2_NO_ERROR, 4));
        visitor.send(h2::test::request(3));
        rig.backend.accept_request().send(answer("the next"));
        CHECK(read_until(visitor, h2::test::data).payload == "the next");
    }
    SECTION("and an end of the visitor's direction loses nothing") {
        EdgeRig rig(settings);
        Peer visitor = begin_upload(rig);
        visitor.finish();
        while (read_frame(visitor).type != 255) {
        }
        CHECK_FALSE(visitor.was_reset());
        CHECK(rig.counters().visitors_lost == 0);
    }
    SECTION("until the bytes of the worker are spent, whatever waits to be sent") {
        settings.linger_bytes = 30'000;
        EdgeRig rig(settings);
        Peer stuck = begin_upload(rig);
        stuck.send(h2::test::request(3));
        Peer backend = rig.backend.accept_request();
        backend.send("HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n" + std::string(30'000, 'x'));
        Peer visitor = begin_upload(rig);
        visitor.send(piece + piece);  // the stuck one is cut for this
        CHECK(read_until(stuck, h2::test::rst_stream).payload == number(NGHTTP2_NO_ERROR, 4));
        visitor.send(piece + piece);  // and now this one
        CHECK(read_until(visitor, h2::test::rst_stream).payload == number(NGHTTP2_NO_ERROR, 4));
    }
    SECTION("until the bytes of the worker are spent") {
        settings.linger_bytes = 20'000;
        EdgeRig rig(settings);
        Peer visitor = begin_upload(rig);
        visitor.send(piece + piece);
        CHECK(read_until(visitor, h2::test::rst_stream).payload == number(NGHTTP2_NO_ERROR, 4));
    }
}

TEST_CASE("h2 connection: a body that comes too slowly is 408, and the connection continues") {
    exchange::EdgeSettings settings = with_h2c();
    settings.body_grace = 200ms;
    EdgeRig rig(settings);
    Peer visitor = rig.visit(hello + h2::test::request(1, false) + frame(h2::test::data, 0, 1, "a"));
    Peer backend = rig.backend.accept();
    const Sent reset = read_until(visitor, h2::test::rst_stream);
    CHECK(reset.stream == 1);
    CHECK(reset.payload == number(NGHTTP2_NO_ERROR, 4));  // behind the page
    CHECK(rig.log.count("body_too_slow") + rig.log.count("too slowly") >= 1);
    visitor.send(h2::test::request(3));
    rig.backend.accept_request().send(answer("x"));
    CHECK(read_until(visitor, h2::test::data).payload == "x");
}

TEST_CASE("h2 connection: a stream whose answer has begun may be silent in both directions") {
    exchange::EdgeSettings settings = with_h2c();
    settings.body_grace = 1s;  // in which the answer begins
    EdgeRig rig(settings);
    Peer visitor = rig.visit(hello + h2::test::request(1, false) + frame(h2::test::data, 0, 1, "first"));
    Peer backend = rig.backend.accept();
    backend.read_until("first");
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegun");
    CHECK(read_until(visitor, h2::test::data).payload == "begun");
    std::this_thread::sleep_for(2 * settings.body_grace);
    visitor.send(frame(h2::test::data, h2::test::end_stream, 1, "last"));
    backend.read_until("last");
    backend.send("ended");
    CHECK(read_until(visitor, h2::test::data).payload == "ended");
}

TEST_CASE("h2 connection: a stream whose window is closed is reset, and others continue") {
    exchange::EdgeSettings settings = with_h2c();
    settings.write_timeout = 300ms;
    EdgeRig rig(settings);
    Peer visitor = rig.visit(hello + settings_frame(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0) + h2::test::request(1));
    rig.backend.accept_request().send(answer("stalled"));
    const Sent reset = read_until(visitor, h2::test::rst_stream);
    CHECK(reset.stream == 1);
    CHECK(reset.payload == number(NGHTTP2_CANCEL, 4));
    visitor.send(h2::test::request(3) + frame(h2::test::window_update, 0, 3, number(100, 4)));
    rig.backend.accept_request().send(answer("live"));
    CHECK(read_until(visitor, h2::test::data).payload == "live");
}

TEST_CASE("h2 connection: a visitor that does not read its answer is given up") {
    exchange::EdgeSettings settings = with_h2c();
    settings.write_timeout = 300ms;
    EdgeRig rig(settings);
    constexpr std::uint32_t open_window = 0x7fff'ffff - 65'535;
    Peer visitor = rig.visit(hello + settings_frame(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0x7fff'ffff) +
                             frame(h2::test::window_update, 0, 0, number(open_window, 4)) + h2::test::request(1));
    Peer backend = rig.backend.accept_request();
    const std::string bulk(32'000'000, 'x');
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(bulk.size()) + "\r\n\r\n");
    backend.send_what_fits(bulk, 1'000);
    CHECK(eventually([&] { return rig.edge->connections() == 0; }));
    CHECK(rig.log.count("does not read") == 1);
}

TEST_CASE("h2 connection: it ends in order after as many requests as one may have") {
    exchange::EdgeSettings settings = with_h2c();
    settings.requests_per_connection = 2;
    EdgeRig rig(settings);
    Peer visitor = rig.visit(hello + h2::test::request(1));
    Peer backend = rig.backend.accept_request();
    backend.send(answer("first"));
    CHECK(read_until(visitor, h2::test::data).payload == "first");
    visitor.send(h2::test::request(3));
    serve_one(backend, "second");
    bool has_goaway = false;
    bool has_answer = false;
    for (Sent sent = read_frame(visitor); sent.type != 255; sent = read_frame(visitor)) {
        has_goaway = has_goaway || sent.type == h2::test::goaway;
        has_answer = has_answer || (sent.type == h2::test::data && sent.payload == "second");
    }
    CHECK(has_goaway);
    CHECK(has_answer);
    CHECK_FALSE(visitor.was_reset());
}

TEST_CASE("h2 connection: a visitor's reset aborts its request, and its end all of them") {
    EdgeRig rig(with_h2c());
    Peer visitor = rig.visit(hello + h2::test::request(1) + h2::test::request(3));
    Peer first = rig.backend.accept_request();
    Peer second = rig.backend.accept_request();
    visitor.send(frame(h2::test::rst_stream, 0, 1, number(NGHTTP2_CANCEL, 4)) +
                 frame(h2::test::rst_stream, 0, 3, number(NGHTTP2_CANCEL, 4)));
    (void)first.read_to_end();
    (void)second.read_to_end();
    visitor.send(h2::test::request(5));
    Peer third = rig.backend.accept_request();
    visitor.reset();
    (void)third.read_to_end();
    CHECK(eventually([&] { return rig.edge->connections() == 0; }));
    CHECK(rig.counters().visitors_lost.load() == 3);
}

// A backend would take its head for a whole request, before it has turned out not to be one.
TEST_CASE("h2 connection: a request with Content-Length: 0 reaches the backend when it has ended, and only then") {
    exchange::EdgeSettings settings = with_h2c();
    settings.head_timeout = 60s;
    EdgeRig rig(settings);
    const std::string empty = field("content-length", "0");
    Peer visitor = rig.visit(hello + h2::test::request(1, false, empty));
    visitor.send(h2::test::request(3));
    Peer backend = rig.backend.accept_request();  // the first that arrives is the second one
    backend.send(answer("second"));
    CHECK(read_until(visitor, h2::test::data).stream == 3);
    visitor.send(frame(h2::test::data, 0, 1, "GET / HTTP/1.1\r\n\r\n"));
    CHECK(read_until(visitor, h2::test::rst_stream).payload == number(NGHTTP2_PROTOCOL_ERROR, 4));

    visitor.send(h2::test::request(5, false, empty) + h2::test::request(7, false, empty));
    visitor.send(frame(h2::test::data, h2::test::end_stream, 5));
    CHECK(backend.read_message().field("content-length") == "0");
    backend.send(answer("third"));
    CHECK(read_until(visitor, h2::test::data).stream == 5);
    visitor.send(frame(h2::test::headers, h2::test::end_headers | h2::test::end_stream, 7, field("x-sum", "1")));
    CHECK(backend.read_message().field("content-length") == "0");
    backend.send(answer("fourth"));
    CHECK(read_until(visitor, h2::test::data).stream == 7);
    CHECK(rig.backend.accepted == 1);
}

TEST_CASE("h2 connection: a request with Content-Length: 0 that does not end in time is reset") {
    exchange::EdgeSettings settings = with_h2c();
    settings.head_timeout = 200ms;
    EdgeRig rig(settings);
    Peer visitor = rig.visit_at_once(hello + h2::test::request(1, false, field("content-length", "0")));
    CHECK(read_until(visitor, h2::test::rst_stream).payload == number(NGHTTP2_CANCEL, 4));
    visitor.send(h2::test::request(3));
    rig.backend.accept_request().send(answer("x"));
    CHECK(read_until(visitor, h2::test::data).stream == 3);
}

TEST_CASE("h2 connection: a stalled upload holds up no other, and nothing of the connection's window is lost") {
    EdgeRig rig(with_h2c());
    Peer visitor = rig.visit(hello);
    // Each backend reads nothing beyond the head: all of the stream's window waits, then the visitor gives up.
    for (std::uint32_t i = 0; i < 40; ++i) {
        const std::uint32_t id = 2 * i + 1;
        visitor.send(h2::test::request(id, false));
        Peer backend = rig.backend.accept();
        CHECK(backend.read_until("\r\n\r\n").starts_with("POST"));
        for (int piece = 0; piece < 4; ++piece) {
            visitor.send(frame(h2::test::data, 0, id, std::string(16'000, 'a')));
        }
        visitor.send(frame(h2::test::rst_stream, 0, id, number(NGHTTP2_CANCEL, 4)));
    }
    visitor.send(h2::test::request(101));
    rig.backend.accept_request().send(answer("live"));
    CHECK(read_until(visitor, h2::test::data).payload == "live");
}

}  // namespace ferrotunnel::ingress::test
