#include "trunk/socket_pump.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "unit/trunk/pumped_visitor.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::trunk;
using namespace ferrotunnel::trunk::test;
using namespace std::chrono_literals;
using transport::test::wait_for;

namespace {

/// Streams that the client accepts and then leaves alone.
struct Shelf {
    explicit Shelf(TrunkPair& pair) : pair_(pair) {
        on(pair.worker, [&] {
            pair.client.on_stream = [this](IntrusivePtr<mux::Stream> stream, const wire::Open&) {
                stream->attach(make_intrusive<NullWaker>(), false);
                stream->accept();
                streams.push_back(std::move(stream));
                arrived.tell();
            };
        });
    }
    ~Shelf() {
        on(pair_.worker, [&] {
            pair_.client.on_stream = nullptr;
            streams.clear();
        });
    }
    std::vector<IntrusivePtr<mux::Stream>> streams;
    Signal arrived;
    TrunkPair& pair_;
};

/// A visitor as a public port accepts it.
struct AcceptedVisitor {
    AcceptedVisitor() {
        std::error_code error;
        set_pumped_socket_options(listener.get());
        visitor = runtime::start_connect(runtime::local_address(listener.get()), error);
        REQUIRE(visitor);
        REQUIRE(eventually([&] {
            runtime::SocketAddress peer;
            accepted = runtime::accept_from(listener.get(), peer, error);
            return static_cast<bool>(accepted);
        }));
    }
    const runtime::Fd listener = transport::test::listen_on_loopback();
    runtime::Fd visitor, accepted;
};

/// Wants to see what is read first, and nothing else.
struct FirstReadTap final : Tap {
    struct Seen {
        std::atomic<int> reads{0}, others{0};
        std::atomic<bool> gone{false};
    };
    explicit FirstReadTap(Seen& seen) : seen_(seen) {}
    ~FirstReadTap() override { seen_.gone = true; }

    void to_backend(Bytes, TimePoint) noexcept override { ++seen_.others; }
    void from_backend(Bytes, TimePoint) noexcept override { ++seen_.reads; }
    void backend_ended(bool, TimePoint) noexcept override { ++seen_.others; }
    bool is_done() const noexcept override { return seen_.reads > 0; }
    void over(TimePoint) noexcept override { ++seen_.others; }

    Seen& seen_;
};

mux::Settings server_with_patience(Duration patience) {
    mux::Settings settings = settings_of(mux::Role::server);
    settings.orphan_timeout = patience;
    return settings;
}

// Of a client that takes little of a stream that it does not read.
mux::Settings narrow_client() {
    mux::Settings settings = settings_of(mux::Role::client);
    settings.opened_window = settings.window_max = settings.first_window;
    return settings;
}

void send_on(TrunkPair& pair, mux::Stream& stream, std::size_t bytes) {
    on(pair.worker, [&] {
        for (std::size_t left = bytes; left > 0;) {
            auto n = static_cast<std::uint32_t>(std::min(left, limits::data_payload_max));
            stream.send({buffer::make_slab(n), 0, n}, false);
            left -= n;
        }
        stream.flush();
    });
}

}  // namespace

TEST_CASE("a tap that is done is dropped, and sees nothing more") {
    FirstReadTap::Seen seen;
    {
        TrunkPair pair;
        Shelf shelf(pair);
        auto traffic = make_intrusive<Traffic>();
        PumpedVisitor visitor(pair, traffic, {}, 0, nullptr, std::make_unique<FirstReadTap>(seen));
        CHECK_FALSE(seen.gone);
        visitor.send("first");
        CHECK(eventually([&] { return seen.gone.load(); }));
        visitor.send("second");
        CHECK(eventually([&] { return traffic->from_sockets.load() == 11; }));
    }
    CHECK(seen.reads == 1);
    CHECK(seen.others == 0);
}

TEST_CASE("a visitor whose stream is not read cannot pin a slab with every few bytes") {
    TrunkPair pair;
    Shelf shelf(pair);
    auto traffic = make_intrusive<Traffic>();
    PumpedVisitor visitor(pair, traffic);
    REQUIRE(shelf.arrived.wait());
    // Sends until the window is used up and the pump's queue is full; each piece is read by itself.
    std::uint64_t sent = 0;
    while (visitor.stream->queued_bytes() < limits::send_queue_max) {
        visitor.send(5'000);
        sent += 5'000;
        REQUIRE(eventually([&] {
            return traffic->from_sockets.load() == sent || visitor.stream->queued_bytes() >= limits::send_queue_max;
        }));
    }
    // The slabs hold 64 KiB that wait for credit; what the client's side holds unread is counted too, and compacted.
    CHECK(on(pair.worker, [&] { return pair.worker.slabs().in_use(); }) <= 6);
}

TEST_CASE("idle visitors hold no slab and no timer") {
    TrunkPair pair;
    std::size_t timers_before = on(pair.worker, [&] { return pair.worker.timers_set(); });
    Shelf shelf(pair);
    std::vector<std::unique_ptr<PumpedVisitor>> visitors;
    for (std::size_t i = 0; i < 100; ++i) {
        visitors.push_back(std::make_unique<PumpedVisitor>(pair));
        visitors.back()->send(10);
    }
    // Each visitor has said something once, and the backend has taken it: from then on they are only there.
    std::uint64_t taken = 0;
    CHECK(eventually([&] {
        on(pair.worker, [&] {
            for (const auto& stream : shelf.streams) {
                while (mux::StreamItem* item = stream->front()) {
                    taken += item->slice.size();
                    stream->drop_front();
                }
                (void)stream->try_park_receive();
            }
        });
        return taken == 1'000;
    }));
    CHECK(eventually([&] { return on(pair.worker, [&] { return pair.worker.slabs().in_use(); }) == 0; }));
    CHECK(on(pair.worker, [&] { return pair.worker.timers_set(); }) <= timers_before);
}

TEST_CASE("a visitor that has vanished is found by the kernel's probes: what a listener accepts has its options") {
    const AcceptedVisitor visitor;
    const int fd = visitor.accepted.get();
    auto option = [&](int level, int name) {
        int value = 0;
        socklen_t size = sizeof value;
        REQUIRE(::getsockopt(fd, level, name, &value, &size) == 0);
        return value;
    };
    CHECK(option(SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(option(IPPROTO_TCP, TCP_KEEPIDLE) == 75);
    CHECK(option(IPPROTO_TCP, TCP_KEEPINTVL) == 30);
    CHECK(option(IPPROTO_TCP, TCP_KEEPCNT) == 4);
    CHECK(option(IPPROTO_TCP, TCP_NODELAY) == 1);
}

TEST_CASE("a visitor who never reads does not make the kernel hold megabytes for it") {
    const AcceptedVisitor visitor;
    const int little = 64 * 1024;  // else the machine's settings decide how much the visitor's own kernel takes
    REQUIRE(::setsockopt(visitor.visitor.get(), SOL_SOCKET, SO_RCVBUF, &little, sizeof little) == 0);
    const std::vector<char> block(64 * 1024, 'x');
    std::size_t taken = 0;
    pollfd writable{visitor.accepted.get(), POLLOUT, 0};
    while (::poll(&writable, 1, 300) == 1 && taken < 64_MiB) {
        const ssize_t n = ::send(visitor.accepted.get(), block.data(), block.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        taken += n > 0 ? static_cast<std::size_t>(n) : 0;
    }
    // What comes on top of the limit is what the visitor's own kernel takes at once.
    CHECK(taken >= limits::socket_unsent_max);
    CHECK(taken <= limits::socket_unsent_max + 512_KiB);
}

TEST_CASE(
    "a visitor that resets while bytes come for it ends its stream by a reset, also when a write hears of it first") {
    struct Later final : runtime::Deferred {
        explicit Later(std::function<void()> work_in) : work(std::move(work_in)) {}
        void run_deferred() noexcept override { work(); }
        std::function<void()> work;
    };
    TrunkPair pair;
    Shelf shelf(pair);
    PumpedVisitor visitor(pair);
    REQUIRE(shelf.arrived.wait());
    mux::Stream& backend = *shelf.streams.front();
    send_on(pair, backend, 100);
    wait_for(visitor.socket.get(), POLLIN);  // with unread bytes, closing resets
    // The reset comes after the trunk's flush and before the next poll: the bytes are ready before the reset is.
    Later reset([&] { visitor.socket.reset(); });
    on(pair.worker, [&] {
        std::uint32_t n = 100;
        backend.send({buffer::make_slab(n), 0, n}, false);
        backend.flush();
        pair.worker.defer(reset);
    });
    mux::StreamItem* item = nullptr;
    REQUIRE(eventually([&] { return on(pair.worker, [&] { return (item = backend.front()) != nullptr; }); }));
    CHECK(on(pair.worker, [&] { return item->kind; }) == mux::StreamItem::Kind::reset);
}

TEST_CASE("a long queue of tiny pieces is written in time that grows with its length") {
    TrunkPair pair;
    Shelf shelf(pair);
    PumpedVisitor visitor(pair);
    REQUIRE(shelf.arrived.wait());
    constexpr std::size_t count = 3'000;
    on(pair.worker, [&] {
        for (std::size_t i = 0; i < count; ++i) {
            shelf.streams[0]->send({buffer::make_slab(1), 0, 1}, false);
        }
        shelf.streams[0]->finish();
    });
    REQUIRE_FALSE(runtime::shutdown_send(visitor.socket.get()));
    CHECK(visitor.read_to_end() == std::pair<std::size_t, bool>(count, true));
}

TEST_CASE("bytes and then a reset: the visitor gets the bytes, then the reset") {
    TrunkPair pair;
    Shelf shelf(pair);
    PumpedVisitor visitor(pair);
    REQUIRE(shelf.arrived.wait());
    send_on(pair, *shelf.streams[0], 50'000);
    on(pair.worker, [&] { shelf.streams[0]->reset(wire::Code::connection_reset); });
    CHECK(visitor.read_to_end() == std::pair<std::size_t, bool>(50'000, false));
}

TEST_CASE("a slow visitor gets everything, also when stream and trunk have ended in order long before") {
    TrunkPair pair;
    Shelf shelf(pair);
    auto traffic = make_intrusive<Traffic>();
    PumpedVisitor visitor(pair, traffic);
    REQUIRE(shelf.arrived.wait());
    REQUIRE_FALSE(runtime::shutdown_send(visitor.socket.get()));
    constexpr std::size_t bytes = 60'000;
    send_on(pair, *shelf.streams[0], bytes);
    on(pair.worker, [&] { shelf.streams[0]->finish(); });
    REQUIRE(
        eventually([&] { return on(pair.worker, [&] { return pair.server.trunk->session().stats().streams; }) == 0; }));
    on(pair.worker, [&] { pair.client.trunk->end(wire::Code::none, "done"); });
    REQUIRE(pair.server.ended.wait());
    CHECK(visitor.read_to_end() == std::pair<std::size_t, bool>(bytes, true));
    CHECK(eventually([&] { return traffic->visitors_now.load() == 0; }));
}

TEST_CASE("limit: a visitor who takes nothing is reset when everybody else has been gone for the patience") {
    const bool fits_the_socket = GENERATE(false, true);
    TrunkPair pair(server_with_patience(200ms));
    Shelf shelf(pair);
    auto traffic = make_intrusive<Traffic>();
    PumpedVisitor visitor(pair, traffic, {}, 4'096);
    REQUIRE(shelf.arrived.wait());
    SECTION("of a stream that was reset") {
        send_on(pair, *shelf.streams[0], fits_the_socket ? 5'000 : 60'000);
        on(pair.worker, [&] { shelf.streams[0]->reset(wire::Code::connection_reset); });
    }
    SECTION("of a stream that has ended in order") {
        REQUIRE_FALSE(runtime::shutdown_send(visitor.socket.get()));
        send_on(pair, *shelf.streams[0], 60'000);
        on(pair.worker, [&] { shelf.streams[0]->finish(); });
    }
    CHECK(eventually([&] { return traffic->visitors_now.load() == 0; }));
}

TEST_CASE("limit: a visitor who was reset leaves nothing behind when its backend takes nothing") {
    TrunkPair pair(server_with_patience(200ms), narrow_client());
    Shelf shelf(pair);
    auto traffic = make_intrusive<Traffic>();
    PumpedVisitor visitor(pair, traffic);
    REQUIRE(shelf.arrived.wait());
    visitor.send(limits::first_window + limits::send_queue_max);
    // The bytes beyond the window wait for credit, and nobody will give it.
    REQUIRE(eventually([&] { return traffic->from_sockets.load() > limits::first_window; }));
    runtime::reset_close(std::move(visitor.socket));
    const auto streams = [&](TrunkOwner& side) {
        return on(pair.worker, [&] { return side.trunk->session().stats().streams; });
    };
    CHECK(eventually([&] { return streams(pair.server) == 0 && streams(pair.client) == 0; }));
    CHECK(on(pair.worker, [&] { return shelf.streams[0]->stream_end().code; }) == wire::Code::too_slow);
}

// As a backend that echoes does it: it takes nothing more until what it says is taken.
TEST_CASE("a visitor that is busy with sending gets everything that came before the reset, and soon") {
    TrunkPair pair(server_with_patience(24h), narrow_client());
    Shelf shelf(pair);
    auto traffic = make_intrusive<Traffic>();
    PumpedVisitor visitor(pair, traffic, {}, 4'096);
    REQUIRE(shelf.arrived.wait());
    constexpr std::size_t bytes = 60'000;
    std::atomic<bool> has_sent{false};
    std::thread busy([&] { has_sent = visitor.try_send(limits::first_window + limits::send_queue_max + 128_KiB); });
    const bool is_blocked = eventually([&] { return traffic->from_sockets.load() > limits::first_window; });
    send_on(pair, *shelf.streams[0], bytes);
    on(pair.worker, [&] { shelf.streams[0]->reset(wire::Code::connection_reset); });
    busy.join();
    REQUIRE(is_blocked);
    REQUIRE(has_sent);
    CHECK(visitor.read_to_end() == std::pair<std::size_t, bool>(bytes, false));
    CHECK(eventually([&] { return traffic->visitors_now.load() == 0; }));
}

TEST_CASE("limit: a visitor who sends for ever and takes nothing is reset all the same") {
    TrunkPair pair(server_with_patience(200ms), narrow_client());
    Shelf shelf(pair);
    auto traffic = make_intrusive<Traffic>();
    PumpedVisitor visitor(pair, traffic, {}, 4'096);
    REQUIRE(shelf.arrived.wait());
    std::thread sends([&] {
        while (visitor.try_send(64_KiB)) {
        }
    });
    send_on(pair, *shelf.streams[0], 60'000);
    on(pair.worker, [&] { shelf.streams[0]->reset(wire::Code::connection_reset); });
    CHECK(eventually([&] { return traffic->visitors_now.load() == 0; }));
    sends.join();
}

TEST_CASE("when the trunk is lost its visitors are reset") {
    TrunkPair pair;
    Shelf shelf(pair);
    PumpedVisitor visitor(pair);
    REQUIRE(shelf.arrived.wait());
    on(pair.worker, [&] { pair.client.trunk->abandon(); });
    CHECK(visitor.read_to_end() == std::pair<std::size_t, bool>(0, false));
}
