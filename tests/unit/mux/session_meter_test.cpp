// Payload is counted for each stream's service in the place where it is counted for the session.
#include <catch2/catch.hpp>

#include "unit/mux/session_fixture.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::mux;
using namespace ferrotunnel::mux::test;
using metrics::Meter;

namespace {

struct Metered : SessionFixture {
    Metered() { session->count_in(rest); }
    std::uint64_t received() const { return rest->received.load() + web->received.load() + dns->received.load(); }
    std::uint64_t sent() const { return rest->sent.load() + web->sent.load() + dns->sent.load(); }

    const std::shared_ptr<Meter> rest = std::make_shared<Meter>();
    const std::shared_ptr<Meter> web = std::make_shared<Meter>();
    const std::shared_ptr<Meter> dns = std::make_shared<Meter>();
};

}  // namespace

TEST_CASE("meters: bytes move while a stream lives, and those of others are not among them") {
    Metered fixture;
    Session::OpenRequest request;
    request.meter = fixture.web;
    const IntrusivePtr<Stream> stream =
        fixture.session->open(request, fixture.stream_waker, false, fixture.now).value();
    const IntrusivePtr<Stream> other = fixture.open();
    fixture.produce();
    fixture.feed(opened_frame(1, 0) + opened_frame(3, 0));
    fixture.send(*stream, 1'000);
    fixture.send(*other, 7);
    CHECK(fixture.web->sent.load() == 0);  // they only wait
    fixture.produce();
    CHECK(fixture.web->sent.load() == 1'000);
    CHECK(fixture.rest->sent.load() == 7);
    fixture.feed(data_frame(1, 300) + data_frame(3, 20) + data_frame(1, 0, wire::flag::fin));
    CHECK(fixture.web->received.load() == 300);
    CHECK(fixture.rest->received.load() == 20);
}

TEST_CASE("meters: a stream that the peer opens counts from its first byte") {
    Metered fixture;
    fixture.events.take = [&](Stream& stream) { stream.count_in(fixture.web); };
    fixture.feed(open_frame(2, 1) + data_frame(2, 50));
    CHECK(fixture.web->received.load() == 50);
    CHECK(fixture.received() == fixture.session->stats().payload_received);
}

TEST_CASE("meters: together they have what the session has, whatever becomes of ten thousand streams") {
    Metered fixture;
    ferrotunnel::test::SeededRandom random(14);
    const auto meter = [&]() -> std::shared_ptr<Meter> {
        const std::uint64_t which = random.below(3);
        return which == 0 ? fixture.web : which == 1 ? fixture.dns : nullptr;
    };
    for (int i = 0; i < 10'000; ++i) {
        Session::OpenRequest request;
        const bool datagrams = random.below(4) == 0;
        request.kind = datagrams ? wire::ServiceKind::udp : wire::ServiceKind::tcp;
        request.meter = meter();
        const IntrusivePtr<Stream> stream =
            fixture.session->open(request, fixture.stream_waker, false, fixture.now).value();
        const StreamId id = stream->id();
        fixture.produce();
        if (random.below(8) == 0) {
            fixture.feed(reset_frame(id, Code::refused, true));
            continue;
        }
        fixture.feed(opened_frame(id, 0));
        const std::size_t bytes = 1 + random.below(3'000);
        if (datagrams) {
            (void)stream->send_datagram(buffer::Slice::copy_of(Raw(bytes, 'u')), 0);
            stream->flush();
            fixture.feed(datagram_frame(id, bytes));
        } else {
            fixture.send(*stream, bytes);
            fixture.feed(data_frame(id, bytes / 2 + 1));
        }
        if (random.below(2) == 0) {
            fixture.produce();
        }
        switch (random.below(4)) {
            case 0:
                stream->abort(Code::cancelled);
                fixture.feed(datagrams ? datagram_frame(id, 9) : data_frame(id, 9));  // on its way meanwhile
                break;
            case 1:
                stream->reset(Code::connection_reset);
                break;
            case 2:
                fixture.feed(reset_frame(id, Code::connection_reset, random.below(2) == 0));
                break;
            default:
                stream->finish();
                fixture.feed(fin_frame(id));
                break;
        }
        fixture.produce();
        (void)SessionFixture::take_all(*stream);
        fixture.produce();
        if (fixture.session->stream_count() != 0) {  // a reset of this side whose end the peer has not confirmed
            stream->abort(Code::cancelled);
            fixture.produce();
        }
        REQUIRE(fixture.received() == fixture.session->stats().payload_received);
        REQUIRE(fixture.sent() == fixture.session->stats().payload_sent);
    }
    CHECK(fixture.web->sent.load() > 0);
    CHECK(fixture.dns->received.load() > 0);
    CHECK(fixture.rest->received.load() > 0);
    CHECK(fixture.session->stats().resets > 1'000);
}
