// Every bound of h2/limits.hpp is reached, and passed by one.
#include <catch2/catch.hpp>

#include "unit/h2/frames.hpp"

namespace ferrotunnel::h2::test {
namespace {

/// How many of these may come at once before the connection ends.
std::size_t burst(Rig& rig, const std::function<std::string(std::uint32_t)>& make, std::size_t most = 20'000) {
    for (std::uint32_t i = 0; i < most; ++i) {
        rig.send(make(i));
        if (rig.session->failed()) {
            const auto sent = rig.frames();
            REQUIRE(!sent.empty());
            CHECK(sent.back().type == goaway);
            CHECK(sent.back().payload.substr(4, 4) == number(NGHTTP2_ENHANCE_YOUR_CALM, 4));
            return i;
        }
    }
    return most;
}

/// Those that may come in a second more.
void comes_back(const RateLimit& pace, const std::function<std::string(std::uint32_t)>& make) {
    Rig rig;
    rig.send(hello());
    for (std::uint32_t i = 0; i < 3 * pace.burst; ++i) {
        rig.now += pace.each();
        rig.send(make(i));
    }
    CHECK_FALSE(rig.session->failed());
}

std::uint32_t id_of(std::uint32_t i) {
    return 2 * i + 1;
}

std::string cancelled(std::uint32_t i) {
    return request(id_of(i)) + frame(rst_stream, 0, id_of(i), number(NGHTTP2_CANCEL, 4));
}

}  // namespace

TEST_CASE("h2 floods: requests that are reset at once") {
    Rig rig;
    rig.send(hello());
    CHECK(burst(rig, cancelled) == resets_received.burst);
    CHECK(rig.streams.size() == resets_received.burst);
    comes_back(resets_received, cancelled);
}

TEST_CASE("h2 floods: requests that make us reset them") {
    const auto too_long = [](std::uint32_t i) {
        return request(id_of(i), false, field("content-length", "1")) + frame(data, 0, id_of(i), "ab");
    };
    const auto overflown = [](std::uint32_t i) {
        return request(id_of(i)) + frame(window_update, 0, id_of(i), number(0x7fff'ffff, 4));
    };
    const auto malformed = [](std::uint32_t i) { return request(id_of(i), true, field("connection", "close")); };
    for (const auto& make : std::vector<std::function<std::string(std::uint32_t)>>{too_long, overflown, malformed}) {
        Rig rig;
        rig.send(hello());
        CHECK(burst(rig, make) <= resets_sent.burst);
    }
    comes_back(resets_sent, malformed);
}

TEST_CASE("h2 floods: frames that cost their sender nothing") {
    struct Case {
        RateLimit pace;
        std::function<std::string(std::uint32_t)> make;
        std::size_t before;  // frames of that kind in the greeting
    };
    const std::vector<Case> cases{
        {pings, [](auto) { return frame(ping, 0, 0, "12345678"); }, 0},
        {settings_frames, [](auto) { return frame(settings, 0, 0); }, 1},
        {priorities, [](auto i) { return frame(priority, 0, id_of(i), number(0, 4) + 'a'); }, 0},
        {priorities, [](auto) { return frame(priority_update, 0, 0, number(1, 4) + "u=1"); }, 0},
        {window_updates, [](auto) { return frame(window_update, 0, 0, number(1, 4)); }, 0},
    };
    for (const Case& each : cases) {
        Rig rig;
        rig.send(hello());
        CHECK(burst(rig, each.make) == each.pace.burst - each.before);
        comes_back(each.pace, each.make);
    }
    Rig rig;
    rig.send(hello() + request(1, false));
    CHECK(burst(rig, [](auto) { return frame(data, 0, 1); }) == empty_data.burst);
}

TEST_CASE("h2 floods: windows that answer data may open as often as data is sent") {
    Rig rig;
    rig.send(hello() + request(1));
    rig.answer(*rig.streams[0], true);
    for (int i = 0; i < 2'000; ++i) {
        rig.streams[0]->answer = std::string(2 * data_per_answer, 'a');
        rig.session->resume(*rig.streams[0]);
        rig.take();
        rig.send(frame(window_update, 0, 0, number(2 * data_per_answer, 4)) +
                 frame(window_update, 0, 1, number(2 * data_per_answer, 4)));
    }
    CHECK_FALSE(rig.session->failed());
}

TEST_CASE("h2 floods: small messages may each be answered, and a window that is opened by a byte is a flood") {
    Rig rig;
    rig.send(hello() + request(1));
    rig.answer(*rig.streams[0], true);
    for (int i = 0; i < 2'000; ++i) {
        rig.streams[0]->answer = "hi";
        rig.session->resume(*rig.streams[0]);
        rig.take();
        rig.send(frame(window_update, 0, 0, number(2, 4)) + frame(window_update, 0, 1, number(2, 4)) +
                 frame(ping, 0, 0, "12345678"));
    }
    CHECK_FALSE(rig.session->failed());

    Rig slow;
    slow.send(hello() + frame(settings, 0, 0, number(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 2) + number(0, 4)) +
              request(1));
    slow.answer(*slow.streams[0], true);
    slow.streams[0]->answer = std::string(100'000, 'a');
    CHECK(burst(slow, [](auto) { return frame(window_update, 0, 1, number(1, 4)); }) == window_updates.burst);
}

TEST_CASE("h2 floods: a head in many pieces, and many such heads") {
    Rig one;
    one.send(hello() + frame(headers, end_stream, 1, request_fields()));
    for (int i = 0; i < 1'000 && !one.session->failed(); ++i) {
        one.send(frame(continuation, 0, 1));
        CHECK(i < 20);
    }
    CHECK(one.session->failed());
    CHECK(one.streams.empty());
    Rig many;
    many.send(hello());
    const std::size_t heads = burst(many, [](auto i) {
        return frame(headers, end_stream, id_of(i), request_fields()) + frame(continuation, 0, id_of(i)) +
               frame(continuation, end_headers, id_of(i)) + frame(rst_stream, 0, id_of(i), number(8, 4));
    });
    CHECK(heads == continuations.burst / 2);
}

TEST_CASE("h2 floods: a small block of HPACK that decodes into much") {
    Rig rig;
    rig.send(hello());
    // A field of 3,000 bytes goes into the table once, and is named 20,000 times by one byte each.
    const std::string indexed =
        std::string(1, '\x40') + hpack_length(1) + "x" + hpack_length(3'000) + std::string(3'000, 'v');
    std::string block = request_fields() + indexed + std::string(20'000, '\xbe');
    std::string bytes = frame(headers, end_stream, 1, block.substr(0, 16'384));
    bytes += frame(continuation, end_headers, 1, block.substr(16'384));
    rig.send(bytes);
    CHECK(rig.streams.empty());
    CHECK(rig.count(rst_stream) == 1);
    CHECK_FALSE(rig.session->failed());
    rig.send(request(3));
    CHECK(rig.streams.size() == 1);
}

TEST_CASE("h2 floods: one read begins so many requests") {
    Rig rig;
    rig.send(hello());
    std::string bytes;
    for (std::uint32_t i = 0; i < 50; ++i) {
        bytes += request(id_of(i));
    }
    const std::size_t taken = rig.session->receive(bytes, rig.now);
    CHECK(taken < bytes.size());
    CHECK(rig.streams.size() == requests_per_read_max);
    rig.send(bytes.substr(taken));
    CHECK(rig.streams.size() == 50);
}

TEST_CASE("h2 floods: more streams than there may be are refused, and those that are there continue") {
    ServerLimits limits;
    limits.streams = 3;
    Rig rig(limits);
    rig.send(hello() + frame(settings, ack, 0));
    for (std::uint32_t i = 0; i < 5; ++i) {
        rig.send(request(id_of(i)));
    }
    CHECK(rig.streams.size() == 3);
    CHECK_FALSE(rig.session->failed());
}

}  // namespace ferrotunnel::h2::test
