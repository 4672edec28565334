#include "h2/server_session.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "unit/h2/frames.hpp"

namespace ferrotunnel::h2::test {

TEST_CASE("h2 session: a request and its answer") {
    Rig rig;
    rig.send(hello() + request(1), 1);
    REQUIRE(rig.streams.size() == 1);
    KeptStream& stream = *rig.streams[0];
    CHECK(stream.head == "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
    CHECK_FALSE(stream.has_body);
    CHECK(rig.session->is_greeted());
    CHECK_FALSE(rig.session->is_reading_head());
    rig.frames();
    rig.answer(stream, true);
    stream.answer = std::string(40'000, 'a');
    stream.answer_ends = true;
    rig.take();
    std::size_t bytes = 0;
    for (const Sent& sent : rig.frames()) {
        bytes += sent.type == data ? sent.payload.size() : 0;
    }
    CHECK(bytes == 40'000);
    CHECK(stream.closed);
    CHECK(stream.close_code == NGHTTP2_NO_ERROR);
}

TEST_CASE("h2 session: an answer that is not there is waited for, and one that breaks does not look complete") {
    Rig rig;
    rig.send(hello() + request(1) + request(3));
    rig.frames();
    KeptStream& first = *rig.streams[0];
    rig.answer(first, true);
    rig.take();
    CHECK(first.asked == 1);
    rig.take();
    CHECK(first.asked == 1);
    first.answer = "abc";
    rig.session->resume(first);
    rig.take();
    const auto sent = rig.frames();
    REQUIRE(sent.size() == 2);
    CHECK(sent[1].payload == "abc");
    CHECK((sent[1].flags & end_stream) == 0);
    first.breaks = true;
    rig.session->resume(first);
    rig.take();
    CHECK(rig.count(rst_stream) == 1);
    CHECK(first.closed);
    CHECK(first.close_code == NGHTTP2_INTERNAL_ERROR);
    CHECK_FALSE(rig.streams[1]->closed);
}

TEST_CASE("h2 session: answers take turns where the visitor says nothing of priorities, and else as it says") {
    enum Kind { silent, header_field, frame_behind, frame_ahead };
    const Kind kind = GENERATE(silent, header_field, frame_behind, frame_ahead);
    Rig rig;
    const std::string one_by_one = kind == header_field ? field("priority", "u=3") : std::string();
    const auto urgency_of = [](std::uint32_t stream) {
        return frame(priority_update, 0, 0, number(stream, 4) + "u=3");
    };
    rig.send(hello() + frame(settings, 0, 0, number(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 2) + number(1 << 20, 4)) +
             frame(window_update, 0, 0, number(1 << 20, 4)));
    for (const std::uint32_t stream : {1U, 3U}) {
        rig.send((kind == frame_ahead ? urgency_of(stream) : "") + request(stream, true, one_by_one) +
                 (kind == frame_behind ? urgency_of(stream) : ""));
    }
    rig.frames();
    for (const auto& stream : rig.streams) {
        stream->answer = std::string(100'000, 'a');
        stream->answer_ends = true;
        rig.answer(*stream, true);
    }
    rig.take();
    std::vector<std::uint32_t> order;
    for (const Sent& sent : rig.frames()) {
        if (sent.type == data && (order.empty() || order.back() != sent.stream)) {
            order.push_back(sent.stream);
        }
    }
    CHECK(rig.streams[0]->closed);
    CHECK(rig.streams[1]->closed);
    CHECK((order.size() > 2) == (kind == silent));
}

TEST_CASE("h2 session: ids of requests push nothing out of the table of fields") {
    Rig rig;
    rig.send(hello());
    std::vector<std::size_t> sizes;
    for (std::uint32_t i = 0; i < 200; ++i) {
        rig.send(request(2 * i + 1));
        rig.frames();
        std::string head = "HTTP/1.1 200 OK\r\nX-Same: " + std::string(50, 's') +
                           "\r\nX-Request-Id: " + std::to_string(100'000 + i) + "\r\n\r\n";
        FieldList fields;
        read_answer({head.data(), head.size()}, fields);
        rig.session->answer(*rig.streams.back(), fields, false);
        rig.take();
        sizes.push_back(rig.output.size());
        rig.frames();
    }
    CHECK(sizes[1] < sizes[0]);
    CHECK(std::all_of(sizes.begin() + 1, sizes.end(), [&](std::size_t size) { return size == sizes[1]; }));
}

TEST_CASE("h2 session: WebSockets are announced and taken where they are wanted, and only there") {
    const bool wanted = GENERATE(false, true);
    ServerLimits limits;
    limits.websockets = wanted;
    Rig rig(limits);
    const auto connect = [](std::uint32_t stream, const std::string& protocol, std::uint8_t flags = end_headers) {
        return frame(headers, flags, stream, request_fields("CONNECT", "/chat") + field(":protocol", protocol));
    };
    rig.send(hello() + connect(1, "websocket") + frame(data, 0, 1, "early"));
    const auto sent = rig.frames();
    REQUIRE_FALSE(sent.empty());
    CHECK((sent[0].payload.find(number(NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 2) + number(1, 4)) !=
           std::string::npos) == wanted);
    CHECK((std::count_if(sent.begin(), sent.end(), [](const Sent& one) { return one.type == rst_stream; }) == 1) !=
          wanted);
    REQUIRE(rig.streams.size() == (wanted ? 1 : 0));
    if (wanted) {
        KeptStream& stream = *rig.streams[0];
        CHECK(stream.head ==
              "GET /chat HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        CHECK(stream.has_body);
        CHECK(stream.body == "early");
        rig.send(connect(3, "other") +
                 frame(headers, end_headers, 5, request_fields("GET", "/") + field(":protocol", "websocket")));
        REQUIRE(rig.streams.size() == 2);
        CHECK(rig.streams[1]->head == "fault");
        CHECK(rig.count(rst_stream) == 1);
    }
}

TEST_CASE("h2 session: a broken answer is reset with its own code") {
    Rig rig;
    rig.send(hello() + request(1));
    rig.frames();
    rig.streams[0]->breaks = true;
    rig.streams[0]->break_code = NGHTTP2_CANCEL;
    rig.answer(*rig.streams[0], true);
    rig.take();
    const auto sent = rig.frames();
    REQUIRE_FALSE(sent.empty());
    CHECK(sent.back().type == rst_stream);
    CHECK(sent.back().payload == number(NGHTTP2_CANCEL, 4));
    CHECK(rig.streams[0]->closed);
}

TEST_CASE("h2 session: trailers go both ways") {
    Rig rig;
    rig.send(hello() + request(1, false) + frame(data, 0, 1, "body") +
             frame(headers, end_headers | end_stream, 1, field("x-sum", "1")));
    KeptStream& stream = *rig.streams[0];
    CHECK(stream.has_body);
    CHECK(stream.body == "body");
    CHECK(stream.ended);
    CHECK(stream.trailers == "0\r\nx-sum: 1\r\n\r\n");
    rig.frames();
    rig.answer(stream, true);
    stream.answer = "ok";
    stream.answer_ends = true;
    stream.answer_trailers = "0\r\nGrpc-Status: 0\r\n\r\n";
    rig.take();
    const auto sent = rig.frames();
    REQUIRE(sent.size() == 3);
    CHECK(sent[1].payload == "ok");
    CHECK((sent[1].flags & end_stream) == 0);
    CHECK(sent[2].type == headers);
    CHECK((sent[2].flags & end_stream) != 0);
    CHECK(stream.closed);
}

TEST_CASE("h2 session: what is not consumed closes a stream's window alone, and is given back when it closes") {
    ServerLimits limits;
    limits.connection_window = 1'000'000;
    Rig rig(limits);
    rig.send(hello());
    rig.frames();
    // Each leaves a whole window behind, fifty times what the connection's window has in all.
    for (std::uint32_t i = 0; i < 800; ++i) {
        const std::uint32_t id = 2 * i + 1;
        rig.now += std::chrono::milliseconds(100);  // resets are counted too
        rig.send(request(id, false));
        for (int piece = 0; piece < 4; ++piece) {
            rig.send(frame(data, 0, id, std::string(16'384, 'a')));
        }
        REQUIRE(rig.streams.back()->body.size() == 65'536);
        rig.send(frame(rst_stream, 0, id, number(NGHTTP2_CANCEL, 4)));
        REQUIRE(rig.streams.back()->closed);
        REQUIRE_FALSE(rig.session->failed());
        rig.streams.clear();
    }
    CHECK(rig.count(window_update) > 50);
}

namespace {

/// A visitor who uploads on many streams, which end in any way and order; it counts its credit from frames alone.
struct Uploads {
    explicit Uploads(std::uint32_t seed) : random(seed) {
        rig.send(hello());
        count_updates();
    }

    std::uint32_t below(std::size_t bound) { return static_cast<std::uint32_t>(random() % bound); }

    void count_updates() {
        for (const Sent& sent : rig.frames()) {
            if (sent.type == window_update && sent.stream == 0) {
                window += as_number(sent.payload);
            } else if (sent.type == window_update && live.contains(sent.stream)) {
                live[sent.stream].window += as_number(sent.payload);
            }
        }
    }
    void open() {
        rig.send(request(next_id, false));
        live[next_id] = {rig.streams.back().get(), ServerLimits().stream_window, 0};
        next_id += 2;
    }
    void upload(std::uint32_t id, bool ends) {
        Live& one = live[id];
        const std::int64_t size = std::min<std::int64_t>({1 + below(16'000), one.window, window});
        rig.send(frame(data, ends ? end_stream : 0, id, std::string(static_cast<std::size_t>(size), 'x')));
        one.window -= size;
        one.unconsumed += static_cast<std::size_t>(size);
        window -= size;
        uploaded += size;
    }
    void consume(std::uint32_t id) {
        Live& one = live[id];
        const std::size_t bytes = below(one.unconsumed + 1);
        rig.session->consumed(*one.stream, bytes);
        one.unconsumed -= bytes;
        rig.take();
    }
    void end(std::uint32_t id) {
        switch (below(4)) {
            case 0:
                rig.send(frame(rst_stream, 0, id, number(NGHTTP2_CANCEL, 4)));
                break;
            case 1:
                rig.session->reset(*live[id].stream, NGHTTP2_CANCEL);
                break;
            case 2:  // an answer that comes before the end of its request
                rig.answer(*live[id].stream, false);
                rig.take();
                if (below(2) == 0) {
                    rig.session->reset(*live[id].stream, NGHTTP2_NO_ERROR);
                } else {
                    rig.session->consume_all(*live[id].stream);
                    live[id].unconsumed = 0;
                    rig.take();
                    count_updates();
                    upload(id, true);
                }
                break;
            default:
                upload(id, true);
                rig.answer(*live[id].stream, false);
        }
        rig.take();
        live.erase(id);
        rig.now += std::chrono::milliseconds(20);  // as slowly as no flood is
    }
    void step() {
        if (live.size() < 2 || (live.size() < 40 && below(4) == 0)) {
            open();
        } else {
            auto at = live.begin();
            std::advance(at, below(live.size()));
            const std::uint32_t id = at->first;
            const std::uint32_t what = below(10);
            what == 0 ? end(id) : what < 5 ? consume(id) : upload(id, false);
        }
        count_updates();
    }
    static std::int64_t as_number(const std::string& text) {
        std::int64_t value = 0;
        for (const char byte : text) {
            value = value << 8 | static_cast<std::uint8_t>(byte);
        }
        return value;
    }

    struct Live {
        KeptStream* stream = nullptr;
        std::int64_t window = 0;
        std::size_t unconsumed = 0;
    };
    std::mt19937 random;
    Rig rig;
    std::map<std::uint32_t, Live> live;
    std::int64_t window = 65'535;
    std::int64_t uploaded = 0;
    std::uint32_t next_id = 1;
};

}  // namespace

TEST_CASE("h2 session: no credit of the connection is lost, in whatever order and way streams end") {
    for (std::uint32_t seed = 0; seed < 40; ++seed) {
        CAPTURE(seed);
        Uploads uploads(seed);
        REQUIRE(uploads.window == connection_window_usual);
        while (uploads.uploaded < 4 * std::int64_t{connection_window_usual}) {
            uploads.step();
            REQUIRE_FALSE(uploads.rig.session->failed());
        }
        while (!uploads.live.empty()) {
            uploads.end(uploads.live.begin()->first);
        }
        uploads.count_updates();
        // The library gives back in halves.
        CHECK(uploads.window > connection_window_usual / 2);
        CHECK(uploads.window <= connection_window_usual);
    }
}

TEST_CASE("h2 session: the window opens by what was consumed") {
    Rig rig;
    rig.send(hello() + request(1, false));
    rig.send(frame(data, 0, 1, std::string(16'384, 'a')) + frame(data, 0, 1, std::string(16'384, 'a')) +
             frame(data, 0, 1, std::string(16'384, 'a')));
    rig.frames();
    rig.take();
    CHECK(rig.count(window_update) == 0);
    rig.session->consumed(*rig.streams[0], 40'000);
    rig.take();
    CHECK(rig.count(window_update) == 1);
    rig.send(frame(data, 0, 1, std::string(16'384, 'a')) + frame(data, 0, 1, std::string(16'384, 'a')) +
             frame(data, 0, 1, std::string(16'384, 'a')));
    CHECK_FALSE(rig.streams[0]->closed);
    // 58,304 wait, and the window has 65,536: beyond it the stream ends, or the connection.
    rig.send(frame(data, 0, 1, std::string(16'384, 'a')));
    CHECK((rig.streams[0]->closed || rig.session->failed()));
}

TEST_CASE("h2 session: an answer before the end of its request leaves the end to the user") {
    Rig rig;
    rig.send(hello() + request(1, false) + frame(data, 0, 1, std::string(16'384, 'a')));
    rig.frames();
    rig.answer(*rig.streams[0], false);
    rig.take();
    CHECK(rig.frames().size() == 1);
    CHECK(rig.streams[0]->answer_sent);
    CHECK_FALSE(rig.streams[0]->closed);
    SECTION("which reads on") {
        CHECK(rig.session->consume_all(*rig.streams[0]) == 16'384);
        CHECK(rig.session->consume_all(*rig.streams[0]) == 0);
        rig.send(frame(data, end_stream, 1, "b"));
        CHECK(rig.streams[0]->closed);
        CHECK(rig.streams[0]->close_code == NGHTTP2_NO_ERROR);
    }
    SECTION("or wants no more") {
        rig.session->reset(*rig.streams[0], NGHTTP2_NO_ERROR);
        rig.take();
        const auto sent = rig.frames();
        REQUIRE(sent.size() == 1);
        CHECK(sent[0].type == rst_stream);
        CHECK(sent[0].payload == number(NGHTTP2_NO_ERROR, 4));
        CHECK(rig.streams[0]->closed);
    }
}

TEST_CASE("h2 session: requests that are none, or lie, arrive as none") {
    const auto refused = [](const std::string& bytes) {
        Rig rig;
        rig.send(hello() + bytes);
        bool is_refused = false;
        for (const Sent& sent : rig.frames()) {
            is_refused = is_refused || sent.type == rst_stream || sent.type == goaway;
        }
        for (const auto& stream : rig.streams) {
            is_refused = is_refused && stream->closed;
        }
        return is_refused;
    };
    CHECK_FALSE(refused(request(1)));
    CHECK(refused(request(1, true, field("connection", "close"))));
    CHECK(refused(request(1, true, field("transfer-encoding", "chunked"))));
    CHECK(refused(request(1, true, field("Upper", "case"))));
    CHECK(refused(request(1, true, field("x", "a\r\nb: c"))));
    CHECK(refused(request(1, true, field("x", std::string("a\0b", 3)))));
    CHECK(refused(request(1, true, field("content-length", "3"))));
    CHECK(refused(request(1, false, field("content-length", "3")) + frame(data, end_stream, 1, "ab")));
    CHECK(refused(request(1, false, field("content-length", "3")) + frame(data, end_stream, 1, "abcd")));
    CHECK(refused(request(1, true, field(":path", "/again"))));
    CHECK(refused(frame(data, 0, 1, "before its head")));
    CHECK(refused(frame(push_promise, end_headers, 1, number(2, 4) + request_fields())));
}

TEST_CASE("h2 session: it ends in steps") {
    Rig rig;
    rig.send(hello() + request(1));
    rig.frames();
    rig.session->announce_end();
    rig.take();
    const auto sent = rig.frames();
    REQUIRE(sent.size() == 2);
    CHECK(sent[0].type == goaway);
    CHECK(sent[1].type == ping);
    rig.send(request(3));
    CHECK(rig.streams.size() == 2);  // was on its way
    CHECK_FALSE(rig.end_seen);
    rig.send(frame(ping, ack, 0, sent[1].payload));
    CHECK(rig.end_seen);
    rig.session->go_away();
    rig.take();
    rig.send(request(5));
    CHECK(rig.streams.size() == 2);
    CHECK_FALSE(rig.session->is_over());
    for (const auto& stream : rig.streams) {
        rig.answer(*stream, false);
    }
    rig.take();
    CHECK(rig.session->is_over());
}

TEST_CASE("h2 session: no answer is asked for without room") {
    Rig rig;
    rig.send(hello() + request(1));
    rig.frames();
    KeptStream& stream = *rig.streams[0];
    rig.answer(stream, true);
    stream.answer = std::string(60'000, 'a');
    stream.answer_ends = true;
    rig.room = 20'000;
    rig.take();
    CHECK(rig.output.size() <= 20'000 + 16'384 + 9);
    CHECK_FALSE(stream.closed);
    rig.frames();
    rig.room = SIZE_MAX;
    rig.take();
    CHECK(stream.closed);
}

}  // namespace ferrotunnel::h2::test
