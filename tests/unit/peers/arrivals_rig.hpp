// A server whose own clients serve what another member forwards: the link is a trunk in memory, the clients are bare
// sockets.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "peers/arrivals.hpp"
#include "support/eventually.hpp"
#include "support/recording_logger.hpp"
#include "trunk/loopback_trunk.hpp"
#include "unit/session/server_rig.hpp"
#include "unit/session/stub_udp_port.hpp"
#include "wire/cbor.hpp"

namespace ferrotunnel::peers::test {

using ferrotunnel::test::eventually;
using runtime::test::on;
using session::test::Caller;
using session::test::ReceivedFrame;
using session::test::ServerRig;
using session::test::WireClient;
using wire::Code;
using wire::FrameType;
using wire::ServiceKind;

inline net::Address arriving_address() {
    net::Address address;
    address.family = 4;
    address.port = 51'000;
    address.bytes = {192, 0, 2, 7};
    return address;
}

struct PolledEnd final : buffer::Waker {
    void wake() noexcept override {}
};

/// Remembers what it was given, and ends the streams.
class RecordingFront final : public ingress::HttpFront {
public:
    void listen(runtime::Fd, ingress::HttpListenerSettings) override {}
    void serve(IntrusivePtr<mux::Stream> stream, const directory::HttpVisitor& visitor) override {
        served.push_back(visitor);
        stream->abort(Code::going_away);
    }
    void close(const std::string&) override {}
    void drain() noexcept override {}
    void retire() noexcept override {}
    void stop() noexcept override {}
    void set_hooks(const exchange::HooksFactory&, const std::function<void()>&) override {}
    void set_rules(ingress::HttpFrontRules) override {}
    std::size_t connections() const noexcept override { return 0; }
    std::shared_ptr<const exchange::EdgeCounters> totals() const noexcept override { return nullptr; }

    std::vector<directory::HttpVisitor> served;
};

class ArrivalsRig {
public:
    explicit ArrivalsRig(ingress::HttpFront* front = nullptr) : arrivals_(server.shared, front, log) {
        server.shared->https_public = session::HttpPublic{"https", 8443};
        server.shared->open_udp = [](runtime::Worker&, runtime::Fd socket, const directory::DatagramTerms&,
                                     directory::DatagramHandler) {
            return std::make_unique<session::test::StubPort>(std::move(socket));
        };
        on(server.worker, [this] {
            link_ = make_intrusive<trunk::LoopbackTrunk>(
                server.worker, [this](IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
                    arrivals_.on_stream(server.worker, std::move(stream), open);
                });
        });
    }
    ~ArrivalsRig() {
        on(server.worker, [this] { std::exchange(link_, nullptr)->close(); });
        server.shared->ports->stop_holding();  // also ports that only other members have
        server.stop();
    }

    /// The other member forwards a visitor; the result is its end of the stream.
    IntrusivePtr<mux::Stream> forward(ServiceKind kind, std::uint32_t service, Bytes metadata = {}) {
        return on(server.worker, [&] { return forward_here(kind, service, metadata); });
    }
    IntrusivePtr<mux::Stream> forward_here(ServiceKind kind, std::uint32_t service, Bytes metadata) {
        mux::Session::OpenRequest request;
        request.kind = kind;
        request.service = service;
        request.visitor = arriving_address();
        request.metadata = metadata;
        IntrusivePtr<mux::Stream> stream = link_->open(request).value();
        stream->attach(make_intrusive<PolledEnd>(), false);
        return stream;
    }
    IntrusivePtr<mux::Stream> forward(ServiceKind kind, const VisitorHeader& header) {
        return forward(kind, 0, encode_visitor_header(header));
    }
    /// The code with which a stream ends that got no byte.
    Code end_of(const IntrusivePtr<mux::Stream>& stream) {
        REQUIRE(eventually([&] { return static_cast<bool>(stream->stream_end()); }));
        CHECK_FALSE(stream->accepted());
        CHECK(stream->stream_end().kind == mux::StreamEnd::Kind::aborted);
        return stream->stream_end().code;
    }

    /// The client accepts the visitor whose OPEN it receives, and bytes pass in both directions.
    void check_served(WireClient& client, const IntrusivePtr<mux::Stream>& visitor, std::uint32_t service,
                      ServiceKind kind) {
        const ReceivedFrame opened = client.next(FrameType::open);
        const auto open = wire::decode_open(opened.payload);
        REQUIRE(open);
        CHECK(open->service == service);
        CHECK(open->kind == kind);
        CHECK(open->visitor == arriving_address());
        CHECK_FALSE(visitor->accepted());  // only the client accepts
        client.send_opened(opened.header.stream);
        CHECK(eventually([&] { return visitor->accepted(); }));

        on(server.worker, [&] {
            visitor->send(buffer::Slice::copy_of(as_bytes(std::string_view("question"))), false);
            visitor->flush();
        });
        const ReceivedFrame data = client.next(FrameType::data);
        CHECK(as_text(Bytes(data.payload)) == "question");
        client.send(data_frame(FrameType::data, opened.header.stream, "answer"));
        std::string got;
        CHECK(eventually([&] {
            on(server.worker, [&] {
                while (visitor->front() != nullptr && visitor->front()->kind == mux::StreamItem::Kind::data) {
                    got += as_text(visitor->front()->slice.bytes());
                    visitor->drop_front();
                }
            });
            return got == "answer";
        }));
        client.send_abort(opened.header.stream);
        CHECK(eventually([&] { return static_cast<bool>(visitor->stream_end()); }));
    }
    static std::vector<std::uint8_t> data_frame(FrameType type, wire::StreamId stream, std::string_view text) {
        std::vector<std::uint8_t> frame(limits::frame_header_bytes);
        wire::encode_header({static_cast<std::uint16_t>(text.size()), type, 0, stream}, frame.data());
        frame.insert(frame.end(), text.begin(), text.end());
        return frame;
    }

    ServerRig server;
    ferrotunnel::test::RecordingLogger log;

private:
    Arrivals arrivals_;
    IntrusivePtr<trunk::LoopbackTrunk> link_;
};

}  // namespace ferrotunnel::peers::test
