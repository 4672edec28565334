// Ports that wait for their client to come back.
#include <catch2/catch.hpp>
#include <cerrno>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "directory/shared_port.hpp"
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

/// A trunk that keeps the sockets of its visitors, in their order.
class KeepingTrunk final : public VisitorCarrier {
public:
    std::uint64_t load() const noexcept override {
        const std::lock_guard lock(mutex_);
        return sockets_.size();
    }
    void take(Visitor visitor, std::uint32_t) override {
        const std::lock_guard lock(mutex_);
        sockets_.push_back(std::move(visitor.socket));
    }
    void dropped(const std::shared_ptr<SharedPort>&) noexcept override {}

    /// What each visitor has said with one byte.
    std::string said() const {
        const std::lock_guard lock(mutex_);
        std::string all;
        for (const runtime::Fd& socket : sockets_) {
            transport::test::wait_for(socket.get(), POLLIN);
            char byte = '-';
            (void)::recv(socket.get(), &byte, 1, MSG_PEEK);
            all += byte;
        }
        return all;
    }

private:
    mutable std::mutex mutex_;
    std::vector<runtime::Fd> sockets_;
};

constexpr ClientId before{{1}, {1}};
constexpr ClientId restarted{{1}, {2}};
constexpr ClientId foreign_client{{9}, {1}};

struct Holding {
    explicit Holding(const PortTable::Limits& most = {}, const HoldLimiter::Settings& held = {})
        : table(std::make_shared<PortTable>(most, held)) {
        worker.start();
        table->set_hold(60s);
    }
    ~Holding() {
        table->stop_holding();
        worker.stop();
        worker.join();
        for (auto& [port, trunk] : joined) {
            table->leave(*port, *trunk);
        }
        table->end();
    }

    std::shared_ptr<SharedPort> join(const std::shared_ptr<KeepingTrunk>& trunk, std::uint16_t port,
                                     const ClientId& client = before, const char* ip = "127.0.0.1") {
        const auto at = *runtime::SocketAddress::from_ip(ip, port);
        auto got = on(worker, [&] { return table->join(client, at, trunk, 1, worker, PlainPort::open, error); });
        refusal = std::move(got.refusal);
        if (got.port) {
            joined.emplace_back(got.port, trunk);
        }
        return got.port;
    }
    /// A visitor of the port who says a letter.
    runtime::Fd visitor(std::uint16_t port, char letter) const {
        runtime::Fd made = visit(port);
        REQUIRE(made);
        REQUIRE(::send(made.get(), &letter, 1, MSG_NOSIGNAL) == 1);
        return made;
    }
    bool waiting(std::uint64_t count) const {
        return eventually([&] { return table->holds().waiting == count; });
    }

    runtime::Worker worker;
    std::shared_ptr<PortTable> table;
    std::vector<std::pair<std::shared_ptr<SharedPort>, std::shared_ptr<KeepingTrunk>>> joined;
    std::optional<Refusal> refusal;
    std::error_code error;
};

}  // namespace

TEST_CASE("visitors wait at a port that is held, and another client of the token gets it and them in their order",
          "[threads]") {
    Holding rig;
    const auto first = std::make_shared<KeepingTrunk>();
    const auto port = rig.join(first, 0);
    REQUIRE(port);
    const std::uint16_t number = port->address().port();
    rig.table->leave(*port, *first, true);
    std::vector<runtime::Fd> visitors;
    for (char letter = 'a'; letter <= 'z'; ++letter) {
        visitors.push_back(rig.visitor(number, letter));
    }
    REQUIRE(rig.waiting(26));
    CHECK_FALSE(rig.join(std::make_shared<KeepingTrunk>(), number, foreign_client));
    CHECK(rig.error == std::errc::address_in_use);

    const auto next = std::make_shared<KeepingTrunk>();
    CHECK(rig.join(next, number, restarted) == port);
    REQUIRE(rig.waiting(0));
    REQUIRE(eventually([&] { return next->load() == 26; }));
    CHECK(next->said() == "abcdefghijklmnopqrstuvwxyz");
    CHECK(rig.table->port_of(restarted, 1) == number);
    CHECK(rig.table->port_of(before, 1) == 0);
    CHECK(rig.table->holds().held == 26);
    CHECK(rig.table->holds().given_up == 0);
    rig.table->leave(*port, *first, true);  // again, and late: harmless
    visitors.push_back(rig.visitor(number, '!'));
    CHECK(eventually([&] { return next->load() == 27; }));
}

TEST_CASE("when the time is over those who wait are reset, and the port is free", "[threads]") {
    Holding rig;
    rig.table->set_hold(300ms);
    const auto trunk = std::make_shared<KeepingTrunk>();
    const auto port = rig.join(trunk, 0);
    REQUIRE(port);
    const std::uint16_t number = port->address().port();
    rig.table->leave(*port, *trunk, true);
    const runtime::Fd late = rig.visitor(number, 'a');
    CHECK(error_at(late) == ECONNRESET);
    CHECK(rig.waiting(0));
    CHECK(rig.table->holds().given_up == 1);
    CHECK(eventually([&] { return rig.join(std::make_shared<KeepingTrunk>(), number, foreign_client) != nullptr; }));
}

TEST_CASE("no more wait at a port, and at all ports together, than may") {
    Holding rig({}, {.visitors_max = 3});
    const auto trunk = std::make_shared<KeepingTrunk>();
    const auto one = rig.join(trunk, 0);
    const auto other = rig.join(trunk, 0);
    REQUIRE((one && other));
    rig.table->leave(*one, *trunk, true);
    rig.table->leave(*other, *trunk, true);
    std::vector<runtime::Fd> visitors;
    visitors.push_back(rig.visitor(one->address().port(), 'a'));
    visitors.push_back(rig.visitor(one->address().port(), 'b'));
    visitors.push_back(rig.visitor(other->address().port(), 'c'));
    REQUIRE(rig.waiting(3));
    CHECK(is_reset(other->address().port()));
    CHECK(rig.table->holds().given_up == 1);
    CHECK(rig.join(std::make_shared<KeepingTrunk>(), one->address().port(), restarted) == one);
    CHECK(rig.waiting(1));
    visitors.push_back(rig.visitor(other->address().port(), 'd'));
    CHECK(rig.waiting(2));
}

TEST_CASE("a port takes as many who wait as one may have") {
    Holding rig;
    const auto trunk = std::make_shared<KeepingTrunk>();
    const auto port = rig.join(trunk, 0);
    REQUIRE(port);
    rig.table->leave(*port, *trunk, true);
    std::vector<runtime::Fd> far(limits::visitors_held_per_port_max + 1);
    for (runtime::Fd& one : far) {
        auto [near, other] = runtime::socket_pair();
        one = std::move(other);
        port->dispatch({std::move(near), runtime::SocketAddress(), port});
    }
    CHECK(rig.table->holds().waiting == limits::visitors_held_per_port_max);
    CHECK(rig.table->holds().given_up == 1);
    const auto next = std::make_shared<KeepingTrunk>();
    CHECK(rig.join(next, port->address().port(), restarted) == port);
    CHECK(eventually([&] { return next->load() == limits::visitors_held_per_port_max; }));
}

TEST_CASE("a visitor whom the last trunk passes on while it leaves waits, too") {
    Holding rig;
    const auto trunk = std::make_shared<KeepingTrunk>();
    const auto port = rig.join(trunk, 0);
    REQUIRE(port);
    auto [near, far] = runtime::socket_pair();
    Visitor visitor(std::move(near), runtime::SocketAddress(), port);
    rig.table->leave(*port, *trunk, true);
    CHECK(port->pass_on(visitor, *trunk));
    CHECK(rig.table->holds().waiting == 1);
    rig.table->stop_holding();
    CHECK(rig.waiting(0));
    CHECK(rig.table->holds().given_up == 1);
    CHECK_FALSE(visit(port->address().port()));
}

TEST_CASE("a held port is closed where its client wants another address, or the token has no room for one more") {
    PortTable::Limits most;
    most.of_token = 1;
    Holding rig(most);
    const auto trunk = std::make_shared<KeepingTrunk>();
    const auto port = rig.join(trunk, 0);
    REQUIRE(port);
    const std::uint16_t number = port->address().port();
    rig.table->leave(*port, *trunk, true);
    CHECK_FALSE(rig.join(trunk, 0, restarted));
    CHECK(rig.refusal);
    CHECK(eventually([&] { return rig.join(trunk, 0, restarted) != nullptr; }));
    CHECK_FALSE(visit(number));

    Holding roomy;
    const auto here = roomy.join(trunk, 0);
    REQUIRE(here);
    const std::uint16_t at = here->address().port();
    roomy.table->leave(*here, *trunk, true);
    const auto there = roomy.join(trunk, at, restarted, "127.0.0.2");
    REQUIRE(there);
    CHECK(there != here);
    CHECK_FALSE(visit(at));
}

TEST_CASE("a port that is known from before is held until its client comes, and closed where it may not be") {
    Holding rig;
    const auto free = rig.join(std::make_shared<KeepingTrunk>(), 0, foreign_client);
    REQUIRE(free);
    const auto taken = free->address();
    const auto hold = [&](const runtime::SocketAddress& at) {
        return on(rig.worker, [&] { return rig.table->hold_known(before.first, at, rig.worker, PlainPort::open); });
    };
    CHECK_FALSE(hold(taken));
    const auto trunk = std::make_shared<KeepingTrunk>();
    const auto other = rig.join(trunk, 0, foreign_client);
    REQUIRE(other);
    rig.table->leave(*other, *trunk);
    const auto at = other->address();
    REQUIRE(eventually([&] { return hold(at); }));
    const runtime::Fd early = rig.visitor(at.port(), 'a');
    REQUIRE(rig.waiting(1));
    CHECK(rig.join(trunk, at.port(), restarted));
    CHECK(eventually([&] { return trunk->load() == 1; }));
    CHECK(rig.table->addresses_beside(*runtime::SocketAddress::from_ip("0.0.0.0", 0)).size() == 2);
    CHECK(rig.table->addresses_beside(at).empty());
}
