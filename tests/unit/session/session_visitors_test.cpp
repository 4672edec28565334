// Visitors of a session's public ports: a burst of them, and what becomes of them, and of the session, without memory.
#include <poll.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <new>
#include <vector>

#include "support/count_allocations.hpp"
#include "support/eventually.hpp"
#include "unit/session/server_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using ferrotunnel::test::eventually;

namespace {

std::vector<runtime::Fd> visitors_of(std::uint16_t port, std::size_t count) {
    std::vector<runtime::Fd> visitors;
    for (std::size_t i = 0; i < count; ++i) {
        std::error_code error;
        visitors.push_back(runtime::start_connect(loopback(port), error));
        REQUIRE(visitors.back());
    }
    return visitors;
}

wire::StreamId next_open(WireClient& client) {
    while (auto frame = client.receive()) {
        if (frame->header.type == wire::FrameType::reset) {
            FAIL("a stream was reset");
        }
        if (frame->header.type == wire::FrameType::open) {
            return frame->header.stream;
        }
    }
    FAIL("the server has closed");
    return 0;
}

bool was_reset(const runtime::Fd& visitor) {
    pollfd look{visitor.get(), POLLIN, 0};
    (void)::poll(&look, 1, 0);
    return (look.revents & (POLLERR | POLLHUP)) != 0;
}

}  // namespace

TEST_CASE("limit: of a burst of visitors those beyond what a client may have to answer wait, and none is lost") {
    constexpr std::size_t burst = limits::opens_unanswered_per_service_max + 44;
    ServerRig rig;
    WireClient client = rig.log_in();
    const std::uint16_t port = client.obtain_port(1);
    const auto visitors = visitors_of(port, burst);
    std::vector<wire::StreamId> opens;
    while (opens.size() < limits::opens_unanswered_per_service_max) {
        opens.push_back(next_open(client));
    }
    // One more stream is opened for each answer, in the order in which the visitors came.
    for (std::size_t i = 0; opens.size() < burst; ++i) {
        client.send_opened(opens[i]);
        opens.push_back(next_open(client));
    }
    CHECK(rig.shared->counters->visitors_refused.load() == 0);
    CHECK(std::none_of(visitors.begin(), visitors.end(), was_reset));
}

TEST_CASE("a member of a group has the visitors who have a stream, and not those in line") {
    constexpr std::size_t burst = limits::opens_unanswered_per_service_max + 3;
    ServerRig rig;
    WireClient client = rig.log_in({.features = wire::feature::groups});
    wire::Service service;
    service.id = 1;
    service.group.name = "all";
    client.register_services({&service, 1});
    const auto visitors = visitors_of(client.registered().port, burst);
    std::vector<wire::StreamId> opens;
    while (opens.size() < limits::opens_unanswered_per_service_max) {
        opens.push_back(next_open(client));
    }
    const SessionView view = rig.sessions.front()->view();
    const GroupMember& member = *view.services.at(0).member;
    // One is in line at least; then the port is held.
    CHECK(eventually([&] { return member.visitors_now() > opens.size() && member.visitors() >= opens.size(); }));
    CHECK(member.visitors() == opens.size());
    CHECK(member.visitors_open() == opens.size());
    for (std::size_t i = 0; opens.size() < burst; ++i) {
        client.send_opened(opens[i]);
        opens.push_back(next_open(client));
    }
    CHECK(eventually([&] { return member.visitors() == burst; }));
    CHECK(member.visitors_now() == burst);
}

TEST_CASE("visitors who wait are reset when their service goes, and not before") {
    ServerRig rig;
    WireClient client = rig.log_in();
    const auto visitors = visitors_of(client.obtain_port(1), limits::opens_unanswered_per_service_max + 10);
    for (std::size_t i = 0; i < limits::opens_unanswered_per_service_max; ++i) {
        next_open(client);
    }
    CHECK(std::none_of(visitors.begin(), visitors.end(), was_reset));
    client.close();
    for (const runtime::Fd& visitor : visitors) {
        wait_for(visitor.get(), POLLIN);
    }
    CHECK(std::all_of(visitors.begin(), visitors.end(), was_reset));
}

namespace {

/// A trunk of the rig's first client that has no memory for the visitors that it is given, and carries this port too.
class Forgetful {
public:
    Forgetful(ServerRig& rig, std::uint16_t port) : rig_(rig) {
        std::error_code error;
        shared = on(rig.worker, [&] {
            PortTable& ports = *rig.shared->ports;
            return ports.join(client_, loopback(port), carrier_, 1, rig.worker, PlainPort::open, error).port;
        });
        REQUIRE(shared);
    }
    ~Forgetful() {
        on(rig_.worker, [this] { rig_.shared->ports->leave(*shared, *carrier_); });
    }

    std::shared_ptr<SharedPort> shared;

private:
    class Carrier final : public VisitorCarrier {
    public:
        std::uint64_t load() const noexcept override { return UINT32_MAX; }
        void take(Visitor, std::uint32_t) override { throw std::bad_alloc(); }
        void dropped(const std::shared_ptr<SharedPort>&) noexcept override {}
    };

    ServerRig& rig_;
    const ClientId client_{rig_.token.id, {1}};
    const std::shared_ptr<Carrier> carrier_ = std::make_shared<Carrier>();
};

/// Takes every line, and keeps none.
class EveryLine final : public Logger {
public:
    bool enabled(LogLevel) const noexcept override { return true; }
    void write(LogLevel, std::string_view, std::initializer_list<LogField>) noexcept override {}
};

}  // namespace

TEST_CASE("visitors who are lost for want of memory on the way to another trunk harm nobody else") {
    constexpr std::size_t lost = 10;
    ServerRig rig;
    WireClient client = rig.log_in();
    const std::uint16_t port = client.obtain_port(1);
    const Forgetful other(rig, port);
    const auto visitors = visitors_of(port, limits::opens_unanswered_per_service_max + lost);
    for (std::size_t i = 0; i < limits::opens_unanswered_per_service_max; ++i) {
        next_open(client);
    }
    client.obtain_port(2);  // the session is there
    for (std::size_t i = 0; i < lost; ++i) {
        wait_for(visitors[visitors.size() - 1 - i].get(), POLLIN);
        CHECK(was_reset(visitors[visitors.size() - 1 - i]));
    }
}

TEST_CASE("a visitor for whose mail there is no memory is not on the way for ever") {
    ServerRig rig;
    WireClient client = rig.log_in();
    const std::uint16_t port = client.obtain_port(1);
    const auto session = on(rig.worker, [&] { return rig.sessions.front(); });
    const Forgetful other(rig, port);
    const std::uint64_t load = session->load();
    auto [near, far] = transport::test::tcp_pair();
    Visitor visitor(std::move(near), runtime::SocketAddress(), other.shared);
    ferrotunnel::test::fail_allocation(1);
    try {
        session->take(std::move(visitor), 1);
    } catch (const std::bad_alloc&) {
    }
    if (ferrotunnel::test::fail_allocation(0)) {
        CHECK(session->load() == load);
    }
}

TEST_CASE("a session that ends while there is no memory gives back all that it has") {
    EveryLine log;
    ServerRig rig;
    rig.shared->log = &log;
    for (std::uint64_t nth = 1; nth <= 40; ++nth) {
        CAPTURE(nth);
        Signal over;
        Signal ended;
        ServerSession::Callbacks callbacks;
        callbacks.login_over = [&](bool) { over.tell(); };
        callbacks.ended = [&] { ended.tell(); };
        WireClient client = rig.connect({.epoch = nth}, callbacks);
        const bool logs_in = nth % 2 == 0;
        std::uint16_t port = 0;
        if (logs_in) {
            REQUIRE(client.log_in());
            port = client.obtain_port(1);
        } else {
            (void)client.prepare_auth();
        }
        on(rig.worker, [&] { ferrotunnel::test::fail_allocation((nth + 1) / 2); });
        client.close();
        REQUIRE(ended.wait());
        on(rig.worker, [] { ferrotunnel::test::fail_allocation(0); });
        CHECK(over.count() == 1);
        CHECK(rig.shared->registry->session_count() == 0);
        CHECK_FALSE(rig.shared->registry->holder_of(port == 0 ? 1 : port));
        CHECK(rig.shared->trunk_counts->enter({rig.token.id, {1}}) == 1);
        rig.shared->trunk_counts->leave({rig.token.id, {1}});
    }
}
