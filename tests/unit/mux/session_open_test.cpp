// Opening streams, running out of ids, draining.
#include <catch2/catch.hpp>

#include "unit/mux/session_fixture.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::mux;
using namespace ferrotunnel::mux::test;

TEST_CASE("OPEN carries what was asked for, and DATA may follow in the same batch") {
    SessionFixture fixture;
    Raw metadata{0xa0};
    Session::OpenRequest request;
    request.service = 77;
    request.kind = wire::ServiceKind::http;
    request.visitor.family = 4;
    request.visitor.port = 4'711;
    request.visitor.bytes = {192, 0, 2, 1};
    request.metadata = metadata;
    auto stream = fixture.session->open(request, fixture.stream_waker, false, fixture.now).value();
    fixture.send(*stream, 5);
    auto frames = fixture.produce();
    REQUIRE(frames.size() == 2);
    REQUIRE(frames[0].is(FrameType::open, 1));
    wire::Open open = frames[0].open();
    REQUIRE(open.service == 77);
    REQUIRE(open.kind == wire::ServiceKind::http);
    REQUIRE(open.visitor == request.visitor);
    REQUIRE(open.send_window == limits::first_window);
    REQUIRE(open.receive_window == limits::first_window);
    REQUIRE(Raw(open.metadata.begin(), open.metadata.end()) == metadata);
    REQUIRE(frames[1].is(FrameType::data, 1));
}

TEST_CASE("ids have the role's parity and rise by two") {
    SessionFixture server;
    REQUIRE(server.open()->id() == 1);
    REQUIRE(server.open()->id() == 3);
    SessionFixture client(client_settings());
    REQUIRE(client.open()->id() == 2);
    REQUIRE(client.open()->id() == 4);
    Settings settings = client_settings();
    settings.first_id = 1'000;
    SessionFixture later(settings);
    REQUIRE(later.open()->id() == 1'000);
}

TEST_CASE("a stream that is accepted says OPENED before its first data") {
    SessionFixture fixture(client_settings());
    fixture.feed(open_frame(1));
    Stream& stream = *fixture.events.opened.at(0);
    REQUIRE(fixture.events.opens[0].service == 0);
    stream.accept();
    fixture.send(stream, 10);
    auto frames = fixture.produce();
    REQUIRE(frames.size() == 2);
    REQUIRE(frames[0].is(FrameType::opened, 1));
    REQUIRE(frames[0].credit() == limits::opened_window - limits::first_window);
    REQUIRE(frames[1].is(FrameType::data, 1));
}

TEST_CASE("OPENED wakes the opener and adds its credit") {
    SessionFixture fixture;
    auto stream = fixture.open();
    REQUIRE_FALSE(stream->accepted());
    fixture.produce();
    fixture.feed(opened_frame(1, 5'000));
    REQUIRE(fixture.stream_waker->count == 1);
    REQUIRE(stream->accepted());
    for (int i = 0; i < 5; ++i) {
        fixture.send(*stream, limits::data_payload_max);
    }
    // The last frame is cut to the credit that is left.
    REQUIRE(payload_bytes(fixture.produce(), 1) == limits::first_window + 5'000 - 5 * limits::data_frame_cost);
}

TEST_CASE("an open that is not answered in time fails alone") {
    SessionFixture fixture;
    auto forgotten = fixture.open();
    fixture.now += 5s;
    auto answered = fixture.open();
    auto later = fixture.open();
    fixture.produce();
    fixture.feed(opened_frame(answered->id(), 0));
    fixture.answer_pings();
    REQUIRE(fixture.session->next_deadline() <= fixture.now + limits::open_answer_deadline - 5s);

    fixture.tick_after(limits::open_answer_deadline - 5s - 1ms);
    REQUIRE_FALSE(forgotten->stream_end());
    fixture.tick_after(1ms);
    REQUIRE(forgotten->stream_end().kind == StreamEnd::Kind::aborted);
    REQUIRE(forgotten->stream_end().code == Code::timeout);
    REQUIRE_FALSE(later->stream_end());
    auto resets = of_type(fixture.produce(), FrameType::reset);
    REQUIRE(resets.size() == 1);
    REQUIRE(resets[0].header.stream == forgotten->id());
    REQUIRE(resets[0].header.flags == wire::flag::abort);
    REQUIRE(resets[0].reset().code == Code::timeout);

    fixture.feed(ping_frame(99, false));  // the peer lives
    fixture.tick_after(5s);
    REQUIRE(later->stream_end().code == Code::timeout);
    REQUIRE_FALSE(answered->stream_end());
    REQUIRE(fixture.session->stats().streams == 1);

    SECTION("and an answer that comes too late is ignored") {
        fixture.feed(opened_frame(forgotten->id(), 0) + data_frame(forgotten->id(), 100));
        REQUIRE(fixture.failure_code() == Code::none);
        REQUIRE(fixture.session->stats().frames_ignored == 2);
    }
}

TEST_CASE("a stream that is aborted before its OPEN has left was never there") {
    SessionFixture fixture;
    auto stream = fixture.open();
    fixture.send(*stream, 100);
    stream->abort(Code::cancelled);
    REQUIRE(fixture.produce().empty());
    REQUIRE(fixture.session->stats().streams == 0);
    REQUIRE(stream->stream_end().code == Code::cancelled);
}

TEST_CASE("the OPEN of others arrives when streams were aborted before theirs had left") {
    SessionFixture fixture;
    std::vector<IntrusivePtr<Stream>> streams;
    for (int i = 0; i < 4; ++i) {
        streams.push_back(fixture.open());
    }
    streams[0]->abort(Code::cancelled);
    streams[2]->abort(Code::cancelled);
    const auto opened = [&] {
        std::vector<StreamId> ids;
        for (const Frame& frame : fixture.produce()) {
            REQUIRE(frame.header.type == FrameType::open);
            ids.push_back(frame.header.stream);
        }
        return ids;
    };
    CHECK(opened() == std::vector<StreamId>{streams[1]->id(), streams[3]->id()});
    const auto later = fixture.open();
    CHECK(opened() == std::vector<StreamId>{later->id()});
}

// --- the end of the id space ----------------------------------------------------------------------------------------

TEST_CASE("ids run out and are never used again") {
    Settings settings = server_settings();
    settings.first_id = 0x7fff'fffd;
    SessionFixture fixture(settings);
    REQUIRE(fixture.open()->id() == 0x7fff'fffd);
    auto last = fixture.open();
    REQUIRE(last->id() == 0x7fff'ffff);
    REQUIRE(fixture.try_open().error() == Code::rotated);
    last->abort(Code::cancelled);
    fixture.produce();
    REQUIRE(fixture.try_open().error() == Code::rotated);
}

TEST_CASE("a session says once that it should be replaced, at three quarters of its ids") {
    Settings settings = server_settings();
    settings.first_id = 1;
    settings.rotate_at = 5;
    SessionFixture fixture(settings);
    fixture.open();
    fixture.open();
    REQUIRE(fixture.events.rotate_due == 0);
    fixture.open();
    REQUIRE(fixture.events.rotate_due == 1);
    fixture.open();
    fixture.open();
    REQUIRE(fixture.events.rotate_due == 1);
}

// --- draining -------------------------------------------------------------------------------------------------------

TEST_CASE("a drain has two phases, and ends with the last stream") {
    SessionFixture fixture(client_settings());
    fixture.feed(open_frame(1));
    fixture.produce();
    fixture.session->drain(Code::going_away, "restart", fixture.now);
    REQUIRE(fixture.session->state() == SessionState::draining);

    // First phase: nobody should open any more, but opens that are under way are welcome.
    auto frames = fixture.produce();
    REQUIRE(frames.size() == 2);
    REQUIRE(frames[0].header.type == FrameType::goaway);
    REQUIRE(frames[0].goaway().last == limits::stream_id_max);
    REQUIRE(frames[0].goaway().code == Code::going_away);
    REQUIRE(as_text(frames[0].goaway().text) == "restart");
    REQUIRE(frames[1].header.type == FrameType::ping);
    REQUIRE(fixture.try_open().error() == Code::going_away);
    fixture.feed(open_frame(3));
    REQUIRE(fixture.events.opened.size() == 2);

    // Second phase: the ping has come back behind everything that was under way.
    fixture.feed(ping_frame(wire::decode_ping(frames[1].payload).value(), true));
    auto last = of_type(fixture.produce(), FrameType::goaway);
    REQUIRE(last.size() == 1);
    REQUIRE(last[0].goaway().last == 3);
    fixture.feed(open_frame(5));
    REQUIRE(fixture.events.opened.size() == 2);
    auto resets = of_type(fixture.produce(), FrameType::reset);
    REQUIRE(resets.at(0).header.stream == 5);
    REQUIRE(resets.at(0).reset().code == Code::going_away);

    // The streams that are there may finish.
    fixture.send(*fixture.events.opened[0], 10);
    fixture.events.opened[0]->finish();
    fixture.feed(data_frame(1, 10, wire::flag::fin));
    REQUIRE(payload_bytes(fixture.produce(), 1) == 10);
    REQUIRE(fixture.events.drained == 0);
    fixture.feed(reset_frame(3, Code::none, true));
    REQUIRE(fixture.events.drained == 1);
    fixture.tick_after(1s);
    REQUIRE(fixture.events.drained == 1);
}

TEST_CASE("a drain without streams is done when its ping is back") {
    SessionFixture fixture;
    fixture.session->drain(Code::going_away, "", fixture.now);
    REQUIRE(fixture.events.drained == 0);
    fixture.answer_pings();
    REQUIRE(fixture.events.drained == 1);
}

TEST_CASE("when the peer drains nothing is opened any more, and the present streams continue") {
    SessionFixture fixture;
    auto stream = fixture.open();
    fixture.produce();
    fixture.feed(goaway_frame(limits::stream_id_max, Code::going_away, "bye"));
    fixture.feed(goaway_frame(1, Code::going_away, "bye"));
    REQUIRE(fixture.events.goaways.size() == 2);
    REQUIRE(fixture.events.goaways[0].first == Code::going_away);
    REQUIRE(fixture.events.goaways[0].second == "bye");
    REQUIRE(fixture.try_open().error() == Code::going_away);
    REQUIRE(fixture.failure_code() == Code::none);
    fixture.feed(opened_frame(1, 0) + data_frame(1, 10));
    REQUIRE(SessionFixture::take_all(*stream) == 10);
}

TEST_CASE("a GOAWAY with an error ends the session and loses its streams") {
    SessionFixture fixture;
    auto stream = fixture.open();
    fixture.produce();
    fixture.feed(goaway_frame(0, Code::superseded, "another client"));
    REQUIRE(fixture.failure_code() == Code::superseded);
    REQUIRE(fixture.session->failure()->by_peer);
    REQUIRE(fixture.session->failure()->text == "another client");
    REQUIRE(stream->stream_end().kind == StreamEnd::Kind::lost);
    REQUIRE(fixture.stream_waker->count == 1);
    REQUIRE(fixture.produce().empty());
}

TEST_CASE("streams are lost with the trunk, and what their endpoints do then is harmless") {
    SessionFixture fixture;
    auto stream = fixture.open();
    fixture.produce();
    fixture.feed(data_frame(1, 100));
    fixture.session->lose();
    fixture.session->lose();
    REQUIRE(stream->stream_end().kind == StreamEnd::Kind::lost);
    REQUIRE(stream->send_is_dead());
    REQUIRE_FALSE(stream->can_send());
    REQUIRE_FALSE(stream->try_park_send());
    fixture.send(*stream, 10);
    stream->finish();
    stream->abort(Code::cancelled);
    SessionFixture::take_all(*stream);
    REQUIRE_FALSE(fixture.session->has_output());
    REQUIRE(fixture.produce().empty());
    fixture.session.reset();
    stream->flush();
    stream.reset();
    REQUIRE(fixture.pool.in_use() == 0);
    fixture.session = std::make_unique<Session>(fixture.settings, fixture.events, fixture.waker, fixture.pool,
                                                fixture.random, fixture.now);
}

TEST_CASE("what a session fails for is the last it says") {
    SessionFixture fixture;
    auto stream = fixture.open();
    fixture.send(*stream, 1'000);
    fixture.session->fail(Code::internal, "a bug");
    REQUIRE(stream->stream_end().kind == StreamEnd::Kind::lost);
    auto frames = fixture.produce();
    REQUIRE(frames.size() == 1);
    REQUIRE(frames[0].goaway().code == Code::internal);
    REQUIRE(as_text(frames[0].goaway().text) == "a bug");
    REQUIRE_FALSE(fixture.session->failure()->by_peer);
    fixture.feed(open_frame(2));  // a session that has failed listens to nothing any more
    REQUIRE(fixture.events.opened.empty());
}

TEST_CASE("who must wait for answers is told when one has come") {
    SessionFixture fixture;
    int told = 0;
    fixture.events.room = [&] { ++told; };
    for (std::uint32_t i = 0; i < limits::opens_unanswered_per_service_max; ++i) {
        REQUIRE_FALSE(fixture.session->must_wait(7));
        fixture.open(7);
    }
    fixture.produce();
    SECTION("and another service does not wait") {
        CHECK(fixture.session->must_wait(7));
        CHECK_FALSE(fixture.session->must_wait(8));
        CHECK(told == 0);
        fixture.feed(opened_frame(1, 0));
        CHECK(told == 1);
        CHECK_FALSE(fixture.session->must_wait(7));
        fixture.feed(opened_frame(3, 0));
        CHECK(told == 1);  // nobody has asked since
    }
    SECTION("also by a refusal, and by the end of the time for it") {
        CHECK(fixture.session->must_wait(7));
        fixture.feed(reset_frame(1, Code::refused, true));
        CHECK(told == 1);
        fixture.open(7);
        CHECK(fixture.session->must_wait(7));
        fixture.tick_after(limits::open_answer_deadline);
        CHECK(told == 2);
    }
    SECTION("and may open from within that") {
        CHECK(fixture.session->must_wait(7));
        std::vector<IntrusivePtr<Stream>> opened;
        fixture.events.room = [&] { opened.push_back(fixture.open(7)); };
        fixture.feed(opened_frame(1, 0));
        CHECK(opened.size() == 1);
        CHECK(of_type(fixture.produce(), FrameType::open).size() == 1);
    }
    SECTION("who was not refused is not told") {
        fixture.feed(opened_frame(1, 0));
        CHECK(told == 0);
    }
}
