// Visitors who wait for the client of their TLS host, on a worker that nobody runs.
#include "ingress/held_tls.hpp"

#include <array>
#include <catch2/catch.hpp>

#include "runtime/socket.hpp"
#include "support/recording_logger.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::ingress;
using namespace std::chrono_literals;

namespace {

struct Edge final : exchange::ExchangeWorker {
    using ExchangeWorker::ExchangeWorker;
    void drain() noexcept { draining_ = true; }
};

struct Held {
    directory::TlsVisitor visitor(runtime::Fd socket) {
        return {std::move(socket), net::Address{}, "app.example.com", nullptr, nullptr};
    }
    static std::shared_ptr<const exchange::ExchangeShared> shared_with(Logger& log) {
        auto shared = std::make_shared<exchange::ExchangeShared>();
        shared->directory = std::make_shared<directory::HttpDirectory>();
        shared->log = &log;
        return shared;
    }

    ferrotunnel::test::RecordingLogger log;
    runtime::Worker worker;
    Edge edge{worker, shared_with(log)};
    HeldTls held{edge};
};

std::string read_all(const runtime::Fd& socket) {
    std::array<std::uint8_t, 64> room{};
    return std::string(as_text({room.data(), runtime::read_some(socket.get(), MutableBytes(room)).bytes}));
}

}  // namespace

TEST_CASE("A visitor of a TLS host waits untouched, and gets an alert when nobody waits any more", "[held_tls]") {
    Held held;
    auto [ours, visitor] = runtime::socket_pair();
    directory::TlsVisitor waits = held.visitor(std::move(ours));
    REQUIRE(held.held.hold(waits, held.worker.now() + 1h));
    CHECK_FALSE(waits.socket);
    CHECK(held.edge.hold.waiting() == 1);
    CHECK(held.edge.counters.held == 1);
    CHECK(read_all(visitor).empty());

    held.held.clear();
    CHECK(held.edge.hold.waiting() == 0);
    CHECK(read_all(visitor) == std::string("\x15\x03\x03\x00\x02\x02\x50", 7));
    CHECK(held.log.count("the client of this TLS host is not connected") == 1);
}

TEST_CASE("A visitor of a TLS host stays with the caller where there is no room, or the edge drains", "[held_tls]") {
    Held held;
    auto [ours, visitor] = runtime::socket_pair();
    directory::TlsVisitor waits = held.visitor(std::move(ours));
    SECTION("the edge drains") {
        held.edge.drain();
    }
    SECTION("the line is closed") {
        held.edge.hold.close();
    }
    CHECK_FALSE(held.held.hold(waits, held.worker.now() + 1h));
    CHECK(waits.socket);
    CHECK(held.edge.hold.waiting() == 0);
    CHECK(held.edge.counters.held == 0);
}

TEST_CASE("A visitor whose TLS host nobody has any more is turned away when that is found out", "[held_tls]") {
    Held held;
    auto [ours, visitor] = runtime::socket_pair();
    directory::TlsVisitor waits = held.visitor(std::move(ours));
    REQUIRE(held.held.hold(waits, held.worker.now() + 1h));
    held.edge.hold.close();  // asks those in line a last time
    CHECK(held.edge.hold.waiting() == 0);
    CHECK(held.log.count("the client of this TLS host is not connected") == 1);
    CHECK_FALSE(read_all(visitor).empty());
}
