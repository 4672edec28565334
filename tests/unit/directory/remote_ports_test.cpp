// Ports that clients of other members of a cluster have, at this server.
#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "directory/shared_port.hpp"
#include "runtime/datagram_socket.hpp"
#include "support/eventually.hpp"
#include "unit/directory/plain_port.hpp"
#include "unit/runtime/loop.hpp"
#include "unit/transport/pipes.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace ferrotunnel::directory::test;
using namespace std::chrono_literals;
using ferrotunnel::test::eventually;
using runtime::test::on;

namespace {

/// A trunk or another member: it keeps its visitors, or passes them on.
class CountingCarrier final : public VisitorCarrier {
public:
    std::uint64_t load() const noexcept override { return taken(); }
    void take(Visitor visitor, std::uint32_t service) override {
        const std::shared_ptr<SharedPort> port = visitor.port;
        if (full && port->pass_on(visitor, *this)) {
            return;
        }
        const std::lock_guard lock(mutex_);
        services_.push_back(service);
        sockets_.push_back(std::move(visitor.socket));
    }
    void dropped(const std::shared_ptr<SharedPort>&) noexcept override {}

    std::size_t taken() const {
        const std::lock_guard lock(mutex_);
        return services_.size();
    }
    std::uint32_t last_service() const {
        const std::lock_guard lock(mutex_);
        return services_.empty() ? 0 : services_.back();
    }

    std::atomic<bool> full{false};

private:
    mutable std::mutex mutex_;
    std::vector<std::uint32_t> services_;
    std::vector<runtime::Fd> sockets_;
};

/// A UDP port without visitors.
class QuietPort final : public PublicPort {
public:
    explicit QuietPort(runtime::Fd socket) : socket_(std::move(socket)) {}
    runtime::SocketAddress address() const override { return runtime::local_address(socket_.get()); }
    void set_paused(bool) noexcept override {}
    void refuse_visitors() noexcept override { runtime::free_datagram_address(socket_.get()); }

    static std::unique_ptr<PublicPort> open(runtime::Worker&, runtime::Fd socket, const DatagramTerms&,
                                            DatagramHandler) {
        return std::make_unique<QuietPort>(std::move(socket));
    }

private:
    const runtime::Fd socket_;
};

constexpr ClientId own_client{{1}, {1}};
constexpr ClientId second_client{{1}, {2}};
constexpr ClientId strange_client{{9}, {1}};

struct RemotePortsFixture {
    explicit RemotePortsFixture(const PortTable::Limits& most = {}) : table(std::make_shared<PortTable>(most)) {
        worker.start();
        table->set_hold(60s);
    }
    ~RemotePortsFixture() {
        table->stop_holding();
        worker.stop();
        worker.join();
        for (auto& [port, trunk] : joined) {
            table->leave(*port, *trunk);
        }
        table->end();
    }

    bool set(std::uint16_t number, std::vector<std::shared_ptr<VisitorCarrier>> members,
             const ClientId& owner = own_client, Transport transport = Transport::tcp, const char* ip = "127.0.0.1") {
        const auto at = *runtime::SocketAddress::from_ip(ip, number);
        const RemotePort port{transport, number, owner.first, owner.second, std::move(members)};
        error = {};
        return on(worker, [&] { return table->set_remote(port, at, worker, PlainPort::open, QuietPort::open, error); });
    }
    std::shared_ptr<SharedPort> join(const std::shared_ptr<CountingCarrier>& trunk, std::uint16_t number,
                                     const ClientId& client = own_client,
                                     const std::optional<Membership>& membership = {}) {
        const auto at = *runtime::SocketAddress::from_ip("127.0.0.1", number);
        auto got = on(
            worker, [&] { return table->join(client, at, trunk, 7, worker, PlainPort::open, error, {}, membership); });
        refusal = std::move(got.refusal);
        if (got.port) {
            joined.emplace_back(got.port, trunk);
        }
        return got.port;
    }
    std::shared_ptr<SharedPort> join_udp(const std::shared_ptr<CountingCarrier>& trunk, std::uint16_t number,
                                         const DatagramTerms& terms) {
        const auto at = *runtime::SocketAddress::from_ip("127.0.0.1", number);
        auto got =
            on(worker, [&] { return table->join(own_client, at, trunk, 7, worker, QuietPort::open, terms, error); });
        if (got.port) {
            joined.emplace_back(got.port, trunk);
        }
        return got.port;
    }
    /// A port that nobody has.
    std::uint16_t free_port() {
        std::error_code why;
        const runtime::Fd found = runtime::listen_on(*runtime::SocketAddress::from_ip("127.0.0.1", 0), why);
        REQUIRE(found);
        return runtime::local_address(found.get()).port();
    }
    bool local(std::uint16_t number, Transport transport = Transport::tcp) {
        auto [near, other] = runtime::socket_pair();
        Visitor visitor(std::move(near), runtime::SocketAddress(), nullptr);
        const bool done = table->dispatch_local(transport, number, visitor);
        CHECK((done || (visitor.socket && !visitor.port && !visitor.is_forwarded)));
        far.push_back(std::move(other));
        return done;
    }
    void visit_one(std::uint16_t number) {
        far.push_back(visit(number));
        REQUIRE(far.back());
    }
    bool is_closed(std::uint16_t number) {
        return eventually([&] { return !visit(number); });
    }

    runtime::Worker worker;
    std::shared_ptr<PortTable> table;
    std::vector<std::pair<std::shared_ptr<SharedPort>, std::shared_ptr<CountingCarrier>>> joined;
    std::vector<runtime::Fd> far;
    std::optional<Refusal> refusal;
    std::error_code error;
};

bool took(const std::shared_ptr<CountingCarrier>& carrier, std::size_t count) {
    return eventually([&] { return carrier->taken() == count; });
}

}  // namespace

TEST_CASE("a port of other members listens here, and its visitors are forwarded with its number", "[threads]") {
    RemotePortsFixture rig;
    const auto first = std::make_shared<CountingCarrier>();
    const auto second = std::make_shared<CountingCarrier>();
    const std::uint16_t number = rig.free_port();
    REQUIRE(rig.set(number, {first}));
    CHECK(rig.table->sockets().size() == 1);
    rig.visit_one(number);
    REQUIRE(took(first, 1));
    CHECK(first->last_service() == number);
    REQUIRE(rig.set(number, {first, second}));
    CHECK(rig.table->sockets().size() == 1);
    rig.visit_one(number);
    CHECK(took(second, 1));  // it had fewer
    second->full = true;
    rig.visit_one(number);
    CHECK(took(first, 2));
    CHECK(rig.table->port_of(own_client, 0) == 0);  // no own client has it
}

TEST_CASE("an own client of the same token joins the port of other members, and is preferred", "[threads]") {
    RemotePortsFixture rig;
    const auto member = std::make_shared<CountingCarrier>();
    const auto trunk = std::make_shared<CountingCarrier>();
    const std::uint16_t number = rig.free_port();
    REQUIRE(rig.set(number, {member}, second_client));
    CHECK_FALSE(rig.join(trunk, number, strange_client));
    CHECK(rig.error == std::errc::address_in_use);
    const auto port = rig.join(trunk, number);
    REQUIRE(port);
    CHECK(port->address().port() == number);
    CHECK(rig.table->sockets().size() == 1);
    CHECK(rig.table->port_of(own_client, 7) == number);
    for (std::size_t count = 1; count <= 3; ++count) {  // however many it has
        rig.visit_one(number);
        CHECK(took(trunk, count));
    }
    CHECK(trunk->last_service() == 7);
    CHECK(member->taken() == 0);
    trunk->full = true;
    rig.visit_one(number);
    CHECK(took(member, 1));
    CHECK(port->visitors() == 1);  // half of the trunk's load

    const auto again = std::make_shared<CountingCarrier>();
    CHECK(rig.join(again, number) == port);  // another trunk
    CHECK(rig.set(number, {member}, second_client));
    rig.visit_one(number);
    CHECK(took(again, 1));
}

TEST_CASE("a trunk that waits to be resumed gets visitors only if no member has the port", "[threads]") {
    RemotePortsFixture rig;
    const auto member = std::make_shared<CountingCarrier>();
    const auto trunk = std::make_shared<CountingCarrier>();
    const std::uint16_t number = rig.free_port();
    const auto port = rig.join(trunk, number);
    REQUIRE(port);
    REQUIRE(rig.set(number, {member}));
    PortTable::set_health(*port, *trunk, {.waits = true});
    const SharedPort::AcceptPause pause(port);
    rig.visit_one(number);
    CHECK(took(member, 1));
    member->full = true;
    rig.visit_one(number);
    CHECK(took(trunk, 1));
}

TEST_CASE("a visitor that no member has a client for yet is given to them again, so often", "[threads]") {
    RemotePortsFixture rig;
    const auto member = std::make_shared<CountingCarrier>();
    const std::uint16_t number = rig.free_port();
    REQUIRE(rig.set(number, {member}));
    member->full = true;
    rig.visit_one(number);
    CHECK(eventually([&] { return rig.table->holds().waiting == 1; }));
    CHECK(member->taken() == 0);
    SECTION("it has one") {
        member->full = false;
        CHECK(took(member, 1));
    }
    SECTION("a client of this server has the port by now") {
        const auto trunk = std::make_shared<CountingCarrier>();
        REQUIRE(rig.join(trunk, number));
        CHECK(took(trunk, 1));
    }
    SECTION("it never has one") {
        CHECK(took(member, 1));
    }  // this one keeps what it cannot pass on
    CHECK(eventually([&] { return rig.table->holds().waiting == 0; }));
}

TEST_CASE("when the last own trunk leaves, other members keep the port open", "[threads]") {
    RemotePortsFixture rig;
    const auto member = std::make_shared<CountingCarrier>();
    const auto trunk = std::make_shared<CountingCarrier>();
    const std::uint16_t number = rig.free_port();
    const auto port = rig.join(trunk, number);
    REQUIRE(port);
    REQUIRE(rig.set(number, {member}));
    const bool is_unregistered = GENERATE(false, true);
    if (is_unregistered) {
        rig.table->close(*port, *trunk);
    } else {
        rig.table->leave(*port, *trunk, true);
    }
    rig.visit_one(number);
    CHECK(took(member, 1));
    CHECK(rig.table->holds().held == 0);
    CHECK(rig.table->port_of(own_client, 7) == 0);
    rig.table->leave(*port, *trunk, true);  // again, and late: harmless
    rig.visit_one(number);
    CHECK(took(member, 2));
    CHECK(rig.join(trunk, number, second_client) == port);
    rig.visit_one(number);
    CHECK(took(trunk, 1));
}

TEST_CASE("a port that no member has any more is held for a client, who may be here or at another member",
          "[threads]") {
    RemotePortsFixture rig;
    const auto member = std::make_shared<CountingCarrier>();
    const auto trunk = std::make_shared<CountingCarrier>();
    const std::uint16_t number = rig.free_port();
    REQUIRE(rig.set(number, {member}));
    REQUIRE(rig.set(number, {}));
    rig.visit_one(number);
    REQUIRE(eventually([&] { return rig.table->holds().waiting == 1; }));
    CHECK(rig.set(number, {}));  // again: nothing changes
    CHECK_FALSE(rig.local(number));
    REQUIRE(rig.set(number, {member}));
    CHECK(took(member, 1));

    REQUIRE(rig.set(number, {}));
    rig.visit_one(number);
    REQUIRE(eventually([&] { return rig.table->holds().waiting == 1; }));
    REQUIRE(rig.join(trunk, number));
    CHECK(took(trunk, 1));
    CHECK(rig.set(number, {}));
    rig.visit_one(number);
    CHECK(took(trunk, 2));
}

TEST_CASE("a port that no member has any more is closed after the time of a hold, or at once without one",
          "[threads]") {
    RemotePortsFixture rig;
    const auto member = std::make_shared<CountingCarrier>();
    const std::uint16_t number = rig.free_port();
    rig.table->set_hold(100ms);
    REQUIRE(rig.set(number, {member}));
    CHECK(rig.set(number, {}));
    CHECK(rig.is_closed(number));
    rig.table->set_hold(0s);
    REQUIRE(eventually([&] { return rig.set(number, {member}); }));
    rig.visit_one(number);
    CHECK(rig.set(number, {}));
    CHECK(rig.is_closed(number));
    CHECK(rig.set(number, {}));  // of a port that is not open
}

TEST_CASE("a held port becomes one of other members, where its client reconnects") {
    RemotePortsFixture rig({.of_token = 1});
    const auto member = std::make_shared<CountingCarrier>();
    const auto trunk = std::make_shared<CountingCarrier>();
    const auto port = rig.join(trunk, 0);
    REQUIRE(port);
    const std::uint16_t number = port->address().port();
    rig.table->leave(*port, *trunk, true);
    rig.visit_one(number);
    REQUIRE(eventually([&] { return rig.table->holds().waiting == 1; }));
    REQUIRE(rig.set(number, {member}, second_client));
    CHECK(took(member, 1));
    CHECK(rig.table->holds().waiting == 0);
    CHECK(rig.join(trunk, 0));  // the other members' port does not count
    CHECK_FALSE(rig.join(trunk, number));
    CHECK(rig.refusal);
    rig.visit_one(number);
    CHECK(took(member, 2));
}

TEST_CASE("the port that other members have passes to the token that the cluster gives it to") {
    RemotePortsFixture rig;
    const auto member = std::make_shared<CountingCarrier>();
    const auto other = std::make_shared<CountingCarrier>();
    const std::uint16_t number = rig.free_port();
    REQUIRE(rig.set(number, {member}));
    REQUIRE(eventually([&] { return rig.set(number, {other}, strange_client); }));
    rig.visit_one(number);
    CHECK(took(other, 1));
    CHECK(rig.table->sockets().size() == 1);
    rig.set(number, {}, strange_client);
    REQUIRE(eventually([&] { return rig.set(number, {member}); }));  // it was held
    rig.visit_one(number);
    CHECK(took(member, 1));

    const auto trunk = std::make_shared<CountingCarrier>();
    REQUIRE(rig.join(trunk, number));
    CHECK_FALSE(rig.set(number, {other}, strange_client));  // until its own client has lost it
    CHECK(rig.error == std::errc::address_in_use);
    rig.visit_one(number);
    CHECK(took(trunk, 1));
}

TEST_CASE("a port that the server cannot open is reported") {
    RemotePortsFixture rig;
    std::error_code why;
    const runtime::Fd other = runtime::listen_on(*runtime::SocketAddress::from_ip("127.0.0.1", 0), why);
    const std::uint16_t number = runtime::local_address(other.get()).port();
    CHECK_FALSE(rig.set(number, {std::make_shared<CountingCarrier>()}));
    CHECK(rig.error == std::errc::address_in_use);
    CHECK(rig.table->sockets().empty());
    CHECK_FALSE(rig.local(number));
}

TEST_CASE("a forwarded visitor gets an own client, and never a second hop or a hold", "[threads]") {
    RemotePortsFixture rig;
    const auto member = std::make_shared<CountingCarrier>();
    const auto trunk = std::make_shared<CountingCarrier>();
    const std::uint16_t number = rig.free_port();
    CHECK_FALSE(rig.local(number));
    REQUIRE(rig.set(number, {member}));
    CHECK_FALSE(rig.local(number));
    const auto port = rig.join(trunk, number);
    REQUIRE(port);
    CHECK_FALSE(rig.local(number, Transport::udp));
    CHECK(rig.local(number));
    CHECK(trunk->taken() == 1);
    CHECK(trunk->last_service() == 7);
    trunk->full = true;
    CHECK(rig.local(number));  // the trunk can pass it to nobody
    CHECK(trunk->taken() == 2);
    PortTable::set_health(*port, *trunk, {.healthy = false});
    CHECK_FALSE(rig.local(number));
    PortTable::set_health(*port, *trunk, {});
    rig.set(number, {});
    rig.table->leave(*port, *trunk, true);
    CHECK_FALSE(rig.local(number));
    CHECK(rig.table->holds().waiting == 0);
    CHECK(member->taken() == 0);
}

TEST_CASE("limit: ports that only other members have") {
    RemotePortsFixture rig({.of_token = 2, .of_others = 2});
    const auto member = std::make_shared<CountingCarrier>();
    const auto trunk = std::make_shared<CountingCarrier>();
    std::vector<std::uint16_t> numbers;
    while (numbers.size() < 3) {
        numbers.push_back(rig.free_port());
        REQUIRE((numbers.size() == 3 || rig.set(numbers.back(), {member})));
    }
    CHECK_FALSE(rig.set(numbers[2], {member}));
    CHECK(rig.error == std::errc::too_many_files_open);
    const auto port = rig.join(trunk, numbers[0]);  // counts for its token now
    REQUIRE(port);
    CHECK(rig.set(numbers[2], {member}));
    REQUIRE(rig.join(trunk, 0));
    CHECK_FALSE(rig.join(trunk, 0));  // its token has two
    CHECK_FALSE(rig.join(trunk, numbers[1]));
    CHECK(rig.refusal);
    rig.visit_one(numbers[1]);  // it stays one of the other members
    CHECK(took(member, 1));
    rig.table->leave(*port, *trunk, true);  // no room for it beside the two
    CHECK(rig.is_closed(numbers[0]));
    CHECK(eventually([&] { return rig.join(trunk, 0) != nullptr; }));
    rig.table->set_hold(0s);
    CHECK(rig.set(numbers[1], {}));
    CHECK(eventually([&] { return rig.set(numbers[0], {member}); }));
    CHECK_FALSE(rig.set(numbers[1], {member}));
}

TEST_CASE("a member of a group gets the port that the group has at other members") {
    RemotePortsFixture rig;
    const auto member = std::make_shared<CountingCarrier>();
    const auto trunk = std::make_shared<CountingCarrier>();
    Membership membership;
    membership.group = {{1}, {77}};
    membership.client = own_client;
    const std::uint16_t number = rig.free_port();
    REQUIRE(rig.set(number, {member}, membership.group));
    const auto port = rig.join(trunk, 0, own_client, membership);
    REQUIRE(port);
    CHECK(port->address().port() == number);
    rig.visit_one(number);
    CHECK(took(trunk, 1));
    PortTable::set_health(*port, *trunk, {.healthy = false});
    rig.visit_one(number);
    CHECK(took(member, 1));
}

TEST_CASE("a UDP port of other members has default terms, and those of an own client when it joins") {
    RemotePortsFixture rig;
    const auto member = std::make_shared<CountingCarrier>();
    const auto trunk = std::make_shared<CountingCarrier>();
    const std::uint16_t number = rig.free_port();
    REQUIRE(rig.set(number, {member}, own_client, Transport::udp));
    DatagramTerms terms;
    terms.service = "dns";
    terms.idle = 5s;
    const auto port = rig.join_udp(trunk, number, terms);
    REQUIRE(port);
    CHECK(port->address().port() == number);
    CHECK(rig.local(number, Transport::udp));
    CHECK(trunk->taken() == 1);
    rig.table->leave(*port, *trunk, true);
    CHECK(rig.table->holds().held == 0);
    port->dispatch({runtime::Fd(), runtime::SocketAddress(), port});  // the members are still there
    CHECK(member->taken() == 1);
}

TEST_CASE("ports of other members close when the server ends") {
    RemotePortsFixture rig;
    const auto member = std::make_shared<CountingCarrier>();
    const auto trunk = std::make_shared<CountingCarrier>();
    const std::uint16_t number = rig.free_port();
    REQUIRE(rig.set(number, {member}));
    const auto port = rig.join(trunk, 0);
    REQUIRE(port);
    const std::uint16_t shared = port->address().port();
    REQUIRE(rig.set(shared, {member}));
    rig.table->stop_holding();
    CHECK(rig.is_closed(number));
    CHECK_FALSE(rig.set(rig.free_port(), {member}));
    CHECK(rig.error == std::errc::operation_canceled);
    rig.visit_one(shared);
    CHECK(took(trunk, 1));
    rig.table->leave(*port, *trunk, true);
    CHECK(rig.is_closed(shared));
}
