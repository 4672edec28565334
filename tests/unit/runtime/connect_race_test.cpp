#include "runtime/connect_race.hpp"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/connector.hpp"
#include "runtime/limits.hpp"
#include "runtime/name_service.hpp"
#include "support/count_allocations.hpp"
#include "support/lasting_port.hpp"
#include "unit/runtime/deaf.hpp"
#include "unit/runtime/own_loop.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::runtime;
using namespace ferrotunnel::runtime::test;
using namespace std::chrono_literals;

namespace {

struct Owner final : ConnectRace::Owner {
    void on_race_changed() noexcept override { ++changes; }
    int changes = 0;
};

SocketAddress at(const std::string& ip, std::uint16_t port) {
    return *SocketAddress::from_ip(ip, port);
}

SocketAddress refusing() {
    return at("127.0.0.1", ferrotunnel::test::lasting_port());  // nobody listens there
}

// A worker whose names resolve to what a test says, with a clock that a test sets.
struct Names {
    Names() { loop.worker.names().share(cache); }
    // Connects to the name, and returns the address that it got to, or the error.
    std::string connect(std::uint16_t port, Duration deadline = 60s) {
        std::string got;
        Connector connector(loop.worker, net::HostPort{"app.test", port},
                            [&got](std::error_code error, Fd socket) {
                                got = error ? error.message() : peer_address(socket.get()).text();
                            },
                            {deadline});
        REQUIRE(loop.run_until([&] { return !got.empty(); }));
        return got;
    }

    const std::shared_ptr<std::vector<SocketAddress>> addresses = std::make_shared<std::vector<SocketAddress>>();
    const std::shared_ptr<std::atomic<int>> lookups = std::make_shared<std::atomic<int>>(0);
    const std::shared_ptr<std::atomic<Duration>> ahead = std::make_shared<std::atomic<Duration>>(Duration(0));
    const std::shared_ptr<NameCache> cache = std::make_shared<NameCache>(
        [addresses = addresses, lookups = lookups](const std::string&) {
            ++*lookups;
            return NameAnswer{{}, *addresses};
        },
        [ahead = ahead] { return TimePoint{} + 1h + ahead->load(); });
    OwnLoop loop;
};

}  // namespace

TEST_CASE("limit: sockets that one connect has at once; each address gets its turn", "[limits]") {
    OwnLoop loop;
    Owner owner;
    std::vector<Deaf> deaf(limits::connects_at_once_max + 2);
    std::vector<SocketAddress> addresses;
    for (const Deaf& one : deaf) {
        addresses.push_back(one.address);
    }
    Fd listener = listen_on_loopback(16);
    addresses.push_back(local_address(listener.get()));
    ConnectRace race(loop.worker, owner);
    race.add(addresses);
    std::size_t most = 0;
    const TimePoint began = Clock::now();
    REQUIRE(loop.run_until([&] {
        race.advance();
        most = std::max(most, race.under_way());
        return race.is_won();
    }));
    CHECK(most == limits::connects_at_once_max);
    CHECK(race.winner() == addresses.size() - 1);
    CHECK(race.take());
    CHECK(race.under_way() == 0);
    CHECK(loop.worker.poller().size() == 1);  // the doorbell
    CHECK(race.next_start() == never);
    // Nobody who had less than this long made room for another one.
    CHECK(Clock::now() - began >= limits::connect_room_after);
}

TEST_CASE("an address is tried a while after the one before it, or at once when that has failed") {
    OwnLoop loop;
    Owner owner;
    Deaf first;
    Deaf last;
    ConnectRace race(loop.worker, owner);
    race.add({first.address, refusing(), last.address});
    const TimePoint now = loop.worker.now();
    race.advance();
    CHECK(race.under_way() == 1);
    CHECK(race.next_start() >= now + limits::connect_attempt_every);
    REQUIRE(loop.run_until([&] {
        race.advance();
        return race.next_start() == never;
    }));
    CHECK(race.under_way() == 2);  // the one in between has refused
    CHECK_FALSE(race.is_lost());
    CHECK(race.error() == std::errc::connection_refused);
    race.add({last.address, first.address});  // known
    CHECK(race.next_start() == never);
    race.stop();
    CHECK(race.is_lost());
    CHECK(loop.worker.poller().size() == 1);
}

TEST_CASE("an address that this machine cannot try does not hide the refusal of another one") {
    OwnLoop loop;
    Owner owner;
    const SocketAddress beyond = at("255.255.255.255", 9);  // no connection leads there
    for (const bool refuses : {false, true}) {
        for (const bool first : {false, true}) {
            ConnectRace race(loop.worker, owner);
            std::vector<SocketAddress> addresses{beyond};
            if (refuses) {
                addresses.insert(first ? addresses.begin() : addresses.end(), refusing());
            }
            race.add(addresses);
            REQUIRE(loop.run_until([&] {
                race.advance();
                return race.is_lost();
            }));
            CHECK((race.error() == std::errc::connection_refused) == refuses);
        }
    }
}

TEST_CASE("the address that answered when the first one did not comes first from then on", "[names]") {
    Names names;
    Deaf deaf;
    const std::uint16_t port = deaf.address.port();
    std::error_code error;
    Fd listener = listen_on(at("127.0.0.2", port), error);
    REQUIRE(listener);
    *names.addresses = {at("127.0.0.1", 0), at("127.0.0.2", 0)};
    const auto first = [&] { return names.cache->find("app.test", nullptr)->addresses.front().ip(); };
    CHECK(names.connect(port) == "127.0.0.2:" + std::to_string(port));
    CHECK(first() == "127.0.0.2");
    CHECK(names.connect(port) == "127.0.0.2:" + std::to_string(port));
    CHECK(*names.lookups == 1);
    *names.ahead = limits::name_preference - 1ns;  // also when the name is resolved again
    CHECK(names.connect(port) == "127.0.0.2:" + std::to_string(port));
    CHECK(*names.lookups == 2);
    CHECK(first() == "127.0.0.2");
    *names.ahead = limits::name_preference + limits::name_fresh;
    CHECK(names.connect(port) == "127.0.0.2:" + std::to_string(port));
    CHECK(*names.lookups == 3);
}

TEST_CASE("a name that has moved is resolved again within one attempt", "[names]") {
    Names names;
    Fd listener = listen_on_loopback(16);
    const std::uint16_t port = local_address(listener.get()).port();
    Deaf deaf;
    const bool refuses = GENERATE(true, false);
    std::error_code error;
    Fd old;
    std::vector<Fd> fillers;
    if (!refuses) {
        old = listen_on(at("127.0.0.3", port), error, 0);
        for (int i = 0; i < 4; ++i) {
            fillers.push_back(start_connect(at("127.0.0.3", port), error));
        }
    }
    *names.addresses = {at("127.0.0.3", 0)};
    CHECK(names.connect(port, 1s) == (refuses ? "Connection refused" : "Connection timed out"));
    const int before = *names.lookups;
    *names.addresses = {at("127.0.0.1", 0)};
    SECTION("its old answer is a second old") {
        *names.ahead = limits::name_fresh - 1ns;
        names.cache->find("app.test", nullptr);
        CHECK(names.connect(port) == "127.0.0.1:" + std::to_string(port));
        CHECK(*names.lookups == before + 1);
    }
    SECTION("its old answer is younger: who resolves it would hear the same") {
        CHECK(names.connect(port, 1s) == (refuses ? "Connection refused" : "Connection timed out"));
        CHECK(*names.lookups == before);
    }
}

TEST_CASE("localhost, in any case, is both loopback addresses, and needs no resolver", "[names]") {
    const std::string host = GENERATE("localhost", "LOCALHOST", "LocalHost.", "");
    const auto known = known_addresses({host, 80});
    REQUIRE(known.size() == 2);
    CHECK(known[0].text() == "127.0.0.1:80");
    CHECK(known[1].text() == "[::1]:80");
    CHECK(is_loopback(net::HostPort{host, 80}));
    CHECK(known_addresses({"localhost.example", 80}).empty());
    CHECK_FALSE(is_loopback(net::HostPort{"localhost.example", 80}));

    std::error_code error;
    Fd listener = listen_on(at("::1", 0), error);
    if (!listener) {
        WARN("no IPv6 here: " << error.message());
        return;
    }
    Names names;
    std::string got;
    Connector connector(names.loop.worker, net::HostPort{host, local_address(listener.get()).port()},
                        [&got](std::error_code failure, Fd socket) {
                            got = failure ? failure.message() : peer_address(socket.get()).ip();
                        },
                        {60s});
    REQUIRE(names.loop.run_until([&] { return !got.empty(); }));
    CHECK(got == "::1");
    CHECK(*names.lookups == 0);
}

TEST_CASE("a connect within this machine allocates the attempt and its addresses, and nothing else") {
    OwnLoop loop;
    Fd listener = listen_on_loopback(64);
    const std::uint16_t port = local_address(listener.get()).port();
    for (const char* host : {"127.0.0.1", "127.0.0.1", "localhost"}) {  // the first one makes what lasts
        CAPTURE(host);
        static bool is_first = true;
        const net::HostPort place{host, port};
        int calls = 0;
        const std::uint64_t before = ferrotunnel::test::allocations_so_far();
        Connector connector(loop.worker, place, [&calls](std::error_code, Fd) { ++calls; });
        const std::uint64_t allocated = ferrotunnel::test::allocations_so_far() - before;
        (void)connector.take_connected();
        CHECK((std::exchange(is_first, false) || allocated <= 2));
    }
}
