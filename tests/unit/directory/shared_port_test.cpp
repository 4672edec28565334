#include "directory/shared_port.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <memory>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include "support/count_allocations.hpp"
#include "support/descriptors.hpp"
#include "support/eventually.hpp"
#include "unit/directory/plain_port.hpp"
#include "unit/runtime/loop.hpp"
#include "unit/transport/pipes.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace ferrotunnel::trunk;
using namespace ferrotunnel::directory::test;
using ferrotunnel::test::eventually;
using runtime::test::on;
using runtime::test::Signal;

namespace {

/// A trunk that keeps the visitors it gets.
class PortTrunk final : public VisitorCarrier {
public:
    std::uint64_t load() const noexcept override { return load_; }
    void take(Visitor visitor, std::uint32_t service) override {
        if (gone) {
            ++refusals;
            const std::shared_ptr<SharedPort> port = visitor.port;
            port->pass_on(visitor, *this);
            return;
        }
        if (no_memory) {
            throw std::bad_alloc();
        }
        std::lock_guard lock(mutex_);
        ++load_;
        visitors_.push_back(std::move(visitor));
        services_.push_back(service);
        taken.tell();
    }
    void dropped(const std::shared_ptr<SharedPort>&) noexcept override { ++drops; }

    void set_load(std::uint64_t load) { load_ = load; }
    std::vector<std::uint32_t> services() {
        std::lock_guard lock(mutex_);
        return services_;
    }

    Signal taken;
    std::atomic<bool> gone{false};  // or full
    std::atomic<bool> no_memory{false};
    std::atomic<int> refusals{0};
    std::atomic<int> drops{0};

private:
    std::atomic<std::uint64_t> load_{0};
    std::mutex mutex_;
    std::vector<Visitor> visitors_;
    std::vector<std::uint32_t> services_;
};

constexpr ClientId port_client{{1}, {1}};
constexpr ClientId other_port_client{{1}, {2}};

struct SharedPortFixture {
    SharedPortFixture() { worker.start(); }
    ~SharedPortFixture() {
        worker.stop();
        worker.join();
        for (auto& [port, trunk] : joined) {
            table->leave(*port, *trunk);
        }
        table->end();
    }

    std::shared_ptr<SharedPort> join(const std::shared_ptr<PortTrunk>& trunk, std::uint16_t port,
                                     std::uint32_t service = 1, const ClientId& client = port_client,
                                     const char* ip = "127.0.0.1") {
        const auto at = *runtime::SocketAddress::from_ip(ip, port);
        auto got =
            on(worker, [&] { return table->join(client, at, trunk, service, worker, PlainPort::open, error).port; });
        if (got) {
            joined.emplace_back(got, trunk);
        }
        return got;
    }

    runtime::Worker worker;
    std::shared_ptr<PortTable> table = std::make_shared<PortTable>();
    std::vector<std::pair<std::shared_ptr<SharedPort>, std::shared_ptr<PortTrunk>>> joined;
    std::error_code error;
};

std::uint16_t port_of(const std::shared_ptr<SharedPort>& port) {
    REQUIRE(port);
    return port->address().port();
}

Visitor hand_made(const std::shared_ptr<SharedPort>& port, runtime::Fd& far) {
    auto [near, other] = transport::test::tcp_pair();
    far = std::move(other);
    return {std::move(near), runtime::SocketAddress(), port};
}

}  // namespace

TEST_CASE("ten visitors are spread evenly over the trunks of a port", "[threads]") {
    SharedPortFixture rig;
    std::vector<std::shared_ptr<PortTrunk>> trunks;
    std::uint16_t port = 0;
    for (std::uint32_t i = 0; i < 4; ++i) {
        trunks.push_back(std::make_shared<PortTrunk>());
        port = port_of(rig.join(trunks.back(), port, 10));
    }
    std::vector<runtime::Fd> visitors;
    for (int i = 0; i < 10; ++i) {
        visitors.push_back(visit(port));
        REQUIRE(visitors.back());
    }
    std::size_t taken = 0;
    REQUIRE(trunks[0]->taken.wait(2));
    REQUIRE(trunks[1]->taken.wait(2));
    REQUIRE(trunks[2]->taken.wait(2));
    REQUIRE(trunks[3]->taken.wait(2));
    while (taken < 10) {
        taken = 0;
        for (auto& trunk : trunks) {
            taken += trunk->services().size();
        }
    }
    for (std::uint32_t i = 0; i < 4; ++i) {
        CHECK(trunks[i]->services().size() <= 3);
        for (std::uint32_t service : trunks[i]->services()) {
            CHECK(service == 10);
        }
    }
}

TEST_CASE("a visitor goes to the trunk with the fewest, and in turn among equals") {
    SharedPortFixture rig;
    auto busy = std::make_shared<PortTrunk>();
    auto idle = std::make_shared<PortTrunk>();
    auto port = rig.join(busy, 0);
    REQUIRE(rig.join(idle, port_of(port)) == port);
    runtime::Fd far[4];
    busy->set_load(2);
    port->dispatch(hand_made(port, far[0]));
    port->dispatch(hand_made(port, far[1]));
    CHECK(idle->services().size() == 2);
    CHECK(busy->services().empty());
    port->dispatch(hand_made(port, far[2]));
    port->dispatch(hand_made(port, far[3]));
    CHECK(idle->services().size() == 3);
    CHECK(busy->services().size() == 1);
}

TEST_CASE("a port closes when its last trunk leaves, and is free at once", "[threads]") {
    SharedPortFixture rig;
    auto first = std::make_shared<PortTrunk>();
    auto second = std::make_shared<PortTrunk>();
    auto shared = rig.join(first, 0);
    const std::uint16_t port = port_of(shared);
    REQUIRE(rig.join(second, port) == shared);
    rig.table->leave(*shared, *first);
    CHECK(visit(port));
    REQUIRE(second->taken.wait());
    CHECK(first->services().empty());

    // Leaves on a thread that is not the listener's, whose worker does nothing meanwhile.
    on(rig.worker, [&] {
        std::thread other([&] { rig.table->leave(*shared, *second); });
        other.join();
        CHECK_FALSE(visit(port));
        std::error_code error;
        CHECK(runtime::listen_on(*runtime::SocketAddress::from_ip("127.0.0.1", port), error));
    });
    auto again = rig.join(first, port);
    CHECK(again != shared);
    CHECK(visit(port));
    rig.table->leave(*again, *first);
}

TEST_CASE("a port belongs to one client, to one of its services, and to one address") {
    SharedPortFixture rig;
    auto trunk = std::make_shared<PortTrunk>();
    auto stranger = std::make_shared<PortTrunk>();
    auto shared = rig.join(trunk, 0, 7);
    CHECK_FALSE(rig.join(stranger, port_of(shared), 7, other_port_client));
    CHECK(rig.error == std::errc::address_in_use);
    CHECK_FALSE(rig.join(stranger, port_of(shared), 7, port_client, "127.0.0.2"));
    CHECK(rig.error == std::errc::address_in_use);
    CHECK_FALSE(rig.join(stranger, port_of(shared), 8));
    CHECK(rig.error == std::errc::address_in_use);
    CHECK(rig.table->port_of(port_client, 7) == port_of(shared));
    CHECK(rig.table->port_of(port_client, 8) == 0);
    CHECK(rig.table->port_of(other_port_client, 7) == 0);
    rig.table->leave(*shared, *trunk);
    CHECK(rig.table->port_of(port_client, 7) == 0);
}

TEST_CASE("a trunk that yields continues until another one joins, and others stay") {
    SharedPortFixture rig;
    auto old = std::make_shared<PortTrunk>();
    auto other = std::make_shared<PortTrunk>();
    auto fresh = std::make_shared<PortTrunk>();
    auto port = rig.join(old, 0);
    REQUIRE(rig.join(other, port_of(port)) == port);
    other->set_load(100);
    fresh->set_load(100);
    rig.table->yield(*port, *old);
    runtime::Fd far[3];
    port->dispatch(hand_made(port, far[0]));
    CHECK(old->services().size() == 1);
    REQUIRE(rig.join(fresh, port_of(port)) == port);
    CHECK(old->drops == 1);
    CHECK(other->drops == 0);
    port->dispatch(hand_made(port, far[1]));
    port->dispatch(hand_made(port, far[2]));
    CHECK(old->services().size() == 1);
    CHECK(other->services().size() == 1);
    CHECK(fresh->services().size() == 1);
    // When the old trunk hears of that, what it does is harmless.
    rig.table->leave(*port, *old);
    CHECK(visit(port_of(port)));
}

TEST_CASE("a port that is closed on one trunk is closed for all") {
    SharedPortFixture rig;
    auto first = std::make_shared<PortTrunk>();
    auto second = std::make_shared<PortTrunk>();
    auto port = rig.join(first, 0);
    REQUIRE(rig.join(second, port_of(port)) == port);
    rig.table->close(*port, *first);
    CHECK(first->drops == 0);
    CHECK(second->drops == 1);
    CHECK_FALSE(visit(port_of(port)));
    auto another = rig.join(first, port_of(port), 2);
    REQUIRE(another);
    CHECK(another != port);
    // The second trunk hears of it late, and does no harm.
    rig.table->leave(*port, *second);
    rig.table->close(*port, *second);
    CHECK(visit(port_of(port)));
    CHECK(rig.table->port_of(port_client, 2) == port_of(port));
    rig.table->leave(*another, *first);
}

TEST_CASE("a visitor whose trunk has left goes to another one; without one it is reset") {
    SharedPortFixture rig;
    auto leaving = std::make_shared<PortTrunk>();
    auto staying = std::make_shared<PortTrunk>();
    auto port = rig.join(leaving, 0);
    REQUIRE(rig.join(staying, port_of(port)) == port);
    runtime::Fd far;
    Visitor visitor = hand_made(port, far);
    leaving->gone = true;
    rig.table->leave(*port, *leaving);
    leaving->take(std::move(visitor), 1);  // it was on its way to that trunk
    CHECK(staying->services().size() == 1);

    Visitor late = hand_made(port, far);
    staying->gone = true;
    rig.table->leave(*port, *staying);
    staying->take(std::move(late), 1);
    CHECK(error_at(far) == ECONNRESET);
    {
        Visitor dropped = hand_made(port, far);  // as if it lay in a mailbox that was closed
    }
    CHECK(error_at(far) == ECONNRESET);
}

TEST_CASE("a visitor that a trunk cannot take goes to the one with the fewest of the others, and to each once") {
    SharedPortFixture rig;
    std::vector<std::shared_ptr<PortTrunk>> trunks;
    std::shared_ptr<SharedPort> port;
    for (std::uint64_t i = 0; i < 4; ++i) {
        trunks.push_back(std::make_shared<PortTrunk>());
        trunks[i]->set_load(10 * i);
        port = rig.join(trunks[i], port ? port_of(port) : std::uint16_t{0});
    }
    trunks[0]->gone = true;
    trunks[1]->gone = true;
    runtime::Fd far[3];
    port->dispatch(hand_made(port, far[0]));
    port->dispatch(hand_made(port, far[1]));
    CHECK(trunks[2]->services().size() == 2);
    CHECK(trunks[3]->services().empty());
    CHECK(trunks[0]->refusals == 2);
    CHECK(trunks[1]->refusals == 2);

    trunks[2]->gone = true;
    trunks[3]->gone = true;
    port->dispatch(hand_made(port, far[2]));
    CHECK(error_at(far[2]) == ECONNRESET);
    CHECK(trunks[0]->refusals == 3);
    CHECK(trunks[1]->refusals == 3);
    CHECK(trunks[2]->refusals == 1);
    CHECK(trunks[3]->refusals == 1);
}

TEST_CASE("a visitor who is lost for want of memory on the way to another trunk is nobody's any more") {
    SharedPortFixture rig;
    auto full = std::make_shared<PortTrunk>();
    auto other = std::make_shared<PortTrunk>();
    auto port = rig.join(full, 0);
    REQUIRE(rig.join(other, port_of(port)) == port);
    other->no_memory = true;
    runtime::Fd far;
    Visitor visitor = hand_made(port, far);
    CHECK(port->pass_on(visitor, *full));
    CHECK_FALSE(visitor.port);
    CHECK(error_at(far) == ECONNRESET);
}

TEST_CASE("to hold a port needs no memory") {
    SharedPortFixture rig;
    auto trunk = std::make_shared<PortTrunk>();
    auto port = rig.join(trunk, 0);
    ferrotunnel::test::fail_allocation(1);
    { const SharedPort::AcceptPause hold(port); }
    ferrotunnel::test::fail_allocation(0);
    const runtime::Fd visitor = visit(port_of(port));
    CHECK(trunk->taken.wait());
}

TEST_CASE("a port whose last hold ends while there is no memory takes visitors again") {
    SharedPortFixture rig;
    auto trunk = std::make_shared<PortTrunk>();
    auto port = rig.join(trunk, 0);
    auto held = std::make_unique<SharedPort::AcceptPause>(port);
    on(rig.worker, [] {});  // by now the port is paused
    ferrotunnel::test::fail_allocation(1);
    held.reset();
    ferrotunnel::test::fail_allocation(0);
    const runtime::Fd visitor = visit(port_of(port));
    CHECK(trunk->taken.wait());
}

TEST_CASE("a port of a service that was unregistered on one trunk is not opened again by another one") {
    SharedPortFixture rig;
    const auto first = std::make_shared<PortTrunk>();
    const auto second = std::make_shared<PortTrunk>();
    const auto port = rig.join(first, 0);
    const auto at = port->address();
    bool has_ended = false;
    const auto join_second = [&] {
        return on(rig.worker, [&] {
            return rig.table->join(port_client, at, second, 1, rig.worker, PlainPort::open, rig.error, [&] {
                return has_ended ? std::optional(Refusal{wire::Code::going_away, "gone"}) : std::nullopt;
            });
        });
    };
    CHECK(join_second().port == port);
    has_ended = true;  // on the first trunk, and in this order
    rig.table->close(*port, *first);
    const auto joined = join_second();
    CHECK_FALSE(joined.port);
    REQUIRE(joined.refusal);
    CHECK(joined.refusal->code == wire::Code::going_away);
    CHECK(ferrotunnel::test::eventually(
        [&] { return rig.join(first, at.port(), 2) != nullptr; }));  // what the client has instead
}

TEST_CASE("limit: listeners of one client, with those that are not closed yet, however fast it opens and closes them") {
    ferrotunnel::test::raise_descriptors(2 * limits::services_max + 500);
    SharedPortFixture rig;
    auto trunk = std::make_shared<PortTrunk>();
    const auto any = *runtime::SocketAddress::from_ip("127.0.0.1", 0);
    std::optional<Refusal> full;
    const auto open_and_close = [&](const ClientId& client) {
        auto joined = rig.table->join(client, any, trunk, 1, rig.worker, PlainPort::open, rig.error);
        if (joined.port) {
            rig.table->close(*joined.port, *trunk);
        }
        full = joined.refusal;
        return joined.port != nullptr;
    };
    std::size_t opened = 0;
    on(rig.worker, [&] {  // the worker closes none of them meanwhile
        while (opened <= limits::services_max && open_and_close(port_client)) {
            ++opened;
        }
        REQUIRE(full.has_value());
        CHECK(full->code == wire::Code::busy);
        CHECK(open_and_close(other_port_client));
    });
    CHECK(opened == limits::services_max);
    on(rig.worker, [&] {
        for (std::size_t i = 0; i < limits::services_max; ++i) {
            REQUIRE(open_and_close(port_client));  // the former ones are really closed
        }
    });
}

TEST_CASE("limit: listeners of the clients of one token, with those that are not closed yet") {
    SharedPortFixture rig;
    rig.table = std::make_shared<PortTable>(PortTable::Limits{4, 6});
    constexpr ClientId other_token{{2}, {1}};
    auto trunk = std::make_shared<PortTrunk>();
    const auto any = *runtime::SocketAddress::from_ip("127.0.0.1", 0);
    const auto open_and_close = [&](const ClientId& client, int times) {
        int opened = 0;
        while (opened < times) {
            auto port = rig.table->join(client, any, trunk, 1, rig.worker, PlainPort::open, rig.error).port;
            if (!port) {
                break;
            }
            rig.table->close(*port, *trunk);
            ++opened;
        }
        return opened;
    };
    on(rig.worker, [&] {
        CHECK(open_and_close(port_client, 9) == 4);
        CHECK(open_and_close(other_port_client, 9) == 2);
        CHECK(open_and_close(other_token, 4) == 4);
    });
    CHECK(on(rig.worker, [&] { return open_and_close(other_port_client, 9); }) == 4);
}

TEST_CASE("trunks join and leave on several threads while visitors come", "[threads]") {
    SharedPortFixture rig;
    auto always = std::make_shared<PortTrunk>();
    const std::shared_ptr<SharedPort> port = rig.join(always, 0);
    always->set_load(1U << 30);
    const runtime::SocketAddress at = port->address();
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&] {
            runtime::Worker unused;  // the port is there: nothing is opened on it
            for (int round = 0; round < 300; ++round) {
                auto trunk = std::make_shared<PortTrunk>();
                std::error_code error;
                auto joined = rig.table->join(port_client, at, trunk, 1, unused, PlainPort::open, error);
                if (joined.port != port || joined.opened) {
                    std::abort();
                }
                if (round % 2 == 0) {
                    rig.table->yield(*port, *trunk);
                }
                rig.table->leave(*port, *trunk);
            }
        });
    }
    std::thread visiting([&] {
        for (int i = 0; i < 500; ++i) {
            auto [near, far] = runtime::socket_pair();
            port->dispatch(Visitor(std::move(near), runtime::SocketAddress(), port));
        }
    });
    for (std::thread& thread : threads) {
        thread.join();
    }
    visiting.join();
    CHECK(rig.table->port_of(port_client, 1) == at.port());
    rig.table->leave(*port, *always);
    CHECK(rig.table->port_of(port_client, 1) == 0);
}
