// A stream of HTTP/2 between a session and an edge without services, on a worker that nobody runs: it answers by
// itself.
#include "ingress/http2_stream.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "support/recording_logger.hpp"
#include "unit/h2/frames.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::ingress;
using h2::test::frame;
using h2::test::Sent;

namespace {

struct StreamConnection final : h2::ServerUser, Http2StreamOwner {
    explicit StreamConnection(std::uint32_t linger_bytes = 1'000'000)
        : edge(std::make_shared<EdgeWorker>(worker, shared_with(log, linger_bytes))) {}
    ~StreamConnection() {
        for (const auto& stream : streams) {
            session.forget(*stream);
            stream->drop();
        }
    }
    static std::shared_ptr<const EdgeShared> shared_with(Logger& log, std::uint32_t linger_bytes) {
        auto shared = std::make_shared<EdgeShared>();
        shared->directory = std::make_shared<directory::HttpDirectory>();
        shared->log = &log;
        shared->settings.linger_bytes = linger_bytes;
        return shared;
    }

    h2::ServerStream* on_request(h2::RequestText& text, http::Fault fault, bool has_body) override {
        streams.push_back(std::make_unique<Http2Stream>(needs));
        streams.back()->begin(text, fault, has_body);
        return streams.back().get();
    }
    void on_end_acknowledged() noexcept override {}
    bool has_room() const noexcept override { return true; }

    void ready(Http2Stream& stream) noexcept override { stream.is_ready = true; }
    void request_yield() noexcept override {}
    buffer::Slice slice_input(std::string_view payload, bool& headroom) override {
        headroom = false;
        buffer::SlabPtr slab = buffer::make_slab(static_cast<std::uint32_t>(payload.size()));
        std::memcpy(slab->data(), payload.data(), payload.size());
        return {std::move(slab), 0, static_cast<std::uint32_t>(payload.size())};
    }
    void add(std::string_view frame_header, buffer::Slice data) override {
        sent.output.append(frame_header).append(as_text(data.bytes()));
    }

    /// Receives these bytes, moves what is ready, and returns the frames that are sent.
    std::vector<Sent> receive(const std::string& bytes) {
        CHECK(session.receive(bytes, worker.now()) == bytes.size());
        const auto is_ready = [](const auto& stream) { return stream->is_ready; };
        while (std::any_of(streams.begin(), streams.end(), is_ready)) {
            for (const auto& stream : streams) {
                if (std::exchange(stream->is_ready, false)) {
                    stream->move();
                }
            }
            for (std::string_view text = session.next_output(worker.now()); !text.empty();
                 text = session.next_output(worker.now())) {
                sent.output += text;
            }
        }
        return sent.frames();
    }
    Http2Stream& stream() { return *streams.front(); }

    ferrotunnel::test::RecordingLogger log;
    runtime::Worker worker;
    std::shared_ptr<EdgeWorker> edge;
    exchange::VisitorFacts visitor{};
    h2::ServerSession session{h2::ServerLimits{}, *this};
    const Http2Stream::Needs needs{*edge, visitor, session, *this};
    std::vector<std::unique_ptr<Http2Stream>> streams;
    h2::test::Rig sent;  // reads the frames
};

bool ends_stream(const std::vector<Sent>& frames) {
    return std::any_of(frames.begin(), frames.end(), [](const Sent& sent) {
        return (sent.type == h2::test::data || sent.type == h2::test::headers) &&
               (sent.flags & h2::test::end_stream) != 0;
    });
}

std::uint32_t reset_code(const std::vector<Sent>& frames) {
    const auto reset =
        std::find_if(frames.begin(), frames.end(), [](const Sent& sent) { return sent.type == h2::test::rst_stream; });
    REQUIRE(reset != frames.end());
    return static_cast<std::uint8_t>(reset->payload.back());
}

}  // namespace

TEST_CASE("A stream of HTTP/2 answers a request and is closed", "[http2_stream]") {
    StreamConnection connection;
    const auto frames = connection.receive(h2::test::hello() + h2::test::request(1));
    CHECK(ends_stream(frames));
    CHECK(connection.stream().is_closed());
    CHECK_FALSE(connection.stream().is_uploading());
}

TEST_CASE("A stream of HTTP/2 that is answered before its request has ended lingers until that ends",
          "[http2_stream]") {
    StreamConnection connection;
    CHECK(ends_stream(connection.receive(h2::test::hello() + h2::test::request(1, false))));
    CHECK(connection.stream().is_answered());
    CHECK_FALSE(connection.stream().is_closed());
    CHECK(connection.edge->lingering.size() == 1);

    (void)connection.receive(frame(h2::test::data, 0, 1, "discarded"));
    CHECK(connection.stream().is_answered());
    (void)connection.receive(frame(h2::test::data, h2::test::end_stream, 1));
    CHECK(connection.stream().is_closed());
    CHECK(connection.edge->lingering.size() == 0);
}

TEST_CASE("limit: a stream of HTTP/2 that lingers and sends too much is cut", "[http2_stream]") {
    StreamConnection connection(10'000);
    (void)connection.receive(h2::test::hello() + h2::test::request(1, false));
    (void)connection.receive(frame(h2::test::data, 0, 1, std::string(10'000, 'a')));
    CHECK_FALSE(connection.stream().is_closed());
    CHECK(reset_code(connection.receive(frame(h2::test::data, 0, 1, "a"))) == NGHTTP2_NO_ERROR);
    CHECK(connection.stream().is_closed());
    CHECK(connection.edge->lingering.size() == 0);
}

TEST_CASE("A stream of HTTP/2 that the visitor resets is closed at once", "[http2_stream]") {
    StreamConnection connection;
    (void)connection.receive(h2::test::hello() + h2::test::request(1, false) +
                             frame(h2::test::rst_stream, 0, 1, h2::test::number(NGHTTP2_CANCEL, 4)));
    CHECK(connection.stream().is_closed());
    CHECK(connection.edge->counters.visitors_lost == 1);
}
