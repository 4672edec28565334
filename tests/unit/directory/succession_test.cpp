// How a client comes in the place of another of its identity, in the tables.
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "directory/http_directory.hpp"
#include "directory/registry.hpp"
#include "directory/token_use.hpp"
#include "unit/directory/idle_carrier.hpp"
#include "unit/directory/plain_port.hpp"
#include "unit/runtime/loop.hpp"
#include "unit/transport/pipes.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace std::chrono_literals;
using runtime::test::on;

namespace {

class Handle final : public SessionHandle {
public:
    void evict(wire::Code, std::string, std::function<void()>) override { FAIL("the registry itself calls nobody"); }
    void probe(std::function<void(bool)>) override { FAIL("the registry itself calls nobody"); }
};

struct SuccessionFixture {
    /// A trunk of the client, which replaces if its identity begins with a plus sign.
    SessionKey log_in(std::uint8_t instance, const std::string& identity = "nas", std::uint64_t epoch = 1,
                      std::uint32_t trunk = 1, std::uint8_t token = 1) {
        const AdmitAnswer answer = try_log_in(instance, identity, epoch, trunk, token);
        REQUIRE(std::holds_alternative<Admitted>(answer));
        return last;
    }
    AdmitAnswer try_log_in(std::uint8_t instance, const std::string& identity = "nas", std::uint64_t epoch = 1,
                           std::uint32_t trunk = 1, std::uint8_t token = 1) {
        SessionInfo info;
        info.key = last = registry.new_key();
        info.token = {token};
        info.instance = {instance};
        info.epoch = epoch;
        info.trunk = trunk;
        info.replaces = identity.starts_with('+');
        info.identity = identity.substr(info.replaces ? 1 : 0);
        return registry.admit(info, std::make_shared<Handle>());
    }
    bool claim(SessionKey session, const ClaimName& name, std::uint32_t service = 1,
               const std::optional<ClientId>& group = std::nullopt) {
        return std::holds_alternative<Granted>(registry.claim(session, service, name, now, group));
    }
    std::vector<SessionKey> holders(const ClaimName& name) {
        const auto holder = registry.holder_of(name);
        return holder ? holder->sessions : std::vector<SessionKey>();
    }

    Registry registry;
    SessionKey last = 0;
    const TimePoint now = TimePoint{} + 1h;
};

using Keys = std::vector<SessionKey>;

}  // namespace

TEST_CASE("a client that says so gets the names of the one of its identity, when it takes its place", "[handover]") {
    SuccessionFixture rig;
    const SessionKey old = rig.log_in(1);
    const SessionKey old_too = rig.log_in(1, "nas", 1, 2);
    const SessionKey fresh = rig.log_in(2, "+nas");
    const ClaimName web("app.test", "");
    REQUIRE(rig.claim(old, 2222));
    REQUIRE(rig.claim(old_too, 2222));
    REQUIRE(rig.claim(old, web, 2));
    REQUIRE(rig.claim(old, 3333, 3));
    REQUIRE(rig.claim(fresh, 2222, 7));
    REQUIRE(rig.claim(fresh, web, 8));
    REQUIRE(rig.claim(fresh, 4444, 9));
    CHECK(rig.registry.waits_for_handover(fresh, 2222));
    CHECK(rig.registry.waits_for_handover(fresh, web));
    CHECK_FALSE(rig.registry.waits_for_handover(fresh, 4444));
    CHECK_FALSE(rig.registry.waits_for_handover(old, 2222));
    CHECK(rig.registry.predecessors(fresh).size() == 2);
    CHECK(rig.registry.predecessors(old).empty());
    CHECK(rig.registry.predecessor_ids(fresh) == std::vector{ClientId{{1}, {1}}});
    CHECK(rig.registry.predecessor_ids(old).empty());

    const auto handover_plan = rig.registry.handover_plan(fresh);
    CHECK(handover_plan.trunks.size() == 1);
    CHECK(handover_plan.predecessors == std::vector{ClientId{{1}, {1}}});
    CHECK(handover_plan.owners == handover_plan.predecessors);
    CHECK(rig.holders(2222) == Keys{old, old_too, fresh});  // nothing has happened yet
    CHECK(rig.registry.commit_handover(handover_plan).size() == 2);
    CHECK(rig.holders(2222) == Keys{fresh});
    CHECK(rig.holders(web) == Keys{fresh});
    CHECK(rig.holders(3333) == Keys{old});  // until it goes
    CHECK_FALSE(rig.claim(old, 5555));      // it gets nothing any more
    CHECK_FALSE(rig.registry.waits_for_handover(fresh, 2222));
    rig.registry.remove(old);
    rig.registry.remove(old_too);
    CHECK(rig.holders(3333).empty());
    CHECK(rig.holders(2222) == Keys{fresh});
    rig.registry.remove(fresh);
    CHECK(rig.holders(2222).empty());
}

TEST_CASE("nobody is driven out by accident", "[handover]") {
    SuccessionFixture rig;
    const SessionKey old = rig.log_in(1);
    REQUIRE(rig.claim(old, 2222));
    const SessionKey same = rig.log_in(2);                       // of the same identity
    const SessionKey other = rig.log_in(3, "+other");            // of another one
    const SessionKey nameless = rig.log_in(4, "+");              // of none
    const SessionKey stranger = rig.log_in(5, "+nas", 1, 1, 2);  // with another token
    for (const SessionKey session : {same, other, nameless, stranger}) {
        CHECK_FALSE(rig.claim(session, 2222));
        CHECK(rig.registry.predecessors(session).empty());
        CHECK(rig.registry.commit_handover(rig.registry.handover_plan(session)).empty());
    }
    CHECK(rig.holders(2222) == Keys{old});
}

TEST_CASE("a successor that goes before it has the place changes nothing, and one that stays alone has it",
          "[handover]") {
    SuccessionFixture rig;
    const SessionKey old = rig.log_in(1);
    REQUIRE(rig.claim(old, 2222));
    const SessionKey first = rig.log_in(2, "+nas");
    REQUIRE(rig.claim(first, 2222));
    rig.registry.remove(first);
    CHECK(rig.holders(2222) == Keys{old});
    CHECK(rig.claim(old, 5555));
    const SessionKey second = rig.log_in(3, "+nas");
    REQUIRE(rig.claim(second, 2222));
    rig.registry.remove(old);
    CHECK(rig.holders(2222) == Keys{second});
    CHECK_FALSE(rig.registry.waits_for_handover(second, 2222));
    CHECK(rig.registry.commit_handover(rig.registry.handover_plan(second)).empty());
}

TEST_CASE("of two successors the later one wins, whichever is ready first", "[handover]") {
    SuccessionFixture rig;
    const SessionKey old = rig.log_in(1);
    REQUIRE(rig.claim(old, 2222));
    const SessionKey first = rig.log_in(2, "+nas");
    const SessionKey second = rig.log_in(3, "+nas");
    REQUIRE(rig.claim(first, 2222));
    REQUIRE(rig.claim(second, 2222));
    CHECK(rig.registry.predecessors(first).size() == 1);
    CHECK(rig.registry.predecessors(second).size() == 2);
    const bool first_is_ready_first = GENERATE(true, false);
    if (first_is_ready_first) {
        CHECK(rig.registry.commit_handover(rig.registry.handover_plan(first)).size() == 1);
        CHECK(rig.holders(2222) == Keys{first, second});
        CHECK(rig.registry.commit_handover(rig.registry.handover_plan(second)).size() == 2);
    } else {
        CHECK(rig.registry.commit_handover(rig.registry.handover_plan(second)).size() == 2);
        CHECK(rig.registry.commit_handover(rig.registry.handover_plan(first)).empty());
    }
    CHECK(rig.holders(2222) == Keys{second});
}

TEST_CASE("who was replaced while it had no connection is told when it comes back", "[handover]") {
    SuccessionFixture rig;
    const SessionKey fresh = rig.log_in(2, "+nas");
    CHECK(rig.registry.commit_handover(rig.registry.handover_plan(fresh)).empty());
    CHECK(rig.registry.is_replaced(rig.log_in(1, "nas", 2)));
    CHECK_FALSE(rig.claim(rig.last, 2222));
    CHECK(rig.registry.is_replaced(rig.log_in(1, "nas", 2, 2)));
    CHECK_FALSE(rig.registry.is_replaced(rig.log_in(3, "nas", 1)));     // a fresh one: it is refused what others have
    CHECK_FALSE(rig.registry.is_replaced(rig.log_in(4, "+nas", 2)));    // one that wants the place itself
    CHECK_FALSE(rig.registry.is_replaced(rig.log_in(5, "other", 2)));   // another identity
    CHECK_FALSE(rig.registry.is_replaced(rig.log_in(2, "nas", 1, 2)));  // the client itself, on another trunk
    CHECK_FALSE(rig.registry.is_replaced(rig.log_in(6, "nas", 2, 1, 2)));  // another token
    rig.registry.remove(fresh);
    rig.registry.remove(rig.log_in(2, "nas", 1, 3));
    CHECK(rig.registry.is_replaced(rig.log_in(7, "nas", 2)));  // while one trunk of it is there
}

TEST_CASE("a trunk whose login crosses the taking of the place belongs to it", "[handover]") {
    SuccessionFixture rig;
    const SessionKey old = rig.log_in(1);
    REQUIRE(rig.claim(old, 2222));
    const SessionKey fresh = rig.log_in(2, "+nas");
    REQUIRE(rig.claim(fresh, 2222));
    const auto handover_plan = rig.registry.handover_plan(fresh);
    const SessionKey old_too = rig.log_in(1, "nas", 1, 2);
    REQUIRE(rig.claim(old_too, 2222));
    const SessionKey fresh_too = rig.log_in(2, "+nas", 1, 2);
    CHECK(rig.registry.commit_handover(handover_plan).size() == 2);
    CHECK(rig.holders(2222) == Keys{fresh});
    CHECK(rig.claim(fresh_too, 2222));
    const SessionKey late = rig.log_in(2, "+nas", 1, 3);  // its hello was written before
    CHECK(rig.registry.predecessors(late).empty());
    CHECK(rig.claim(late, 2222));
    CHECK_FALSE(rig.claim(rig.log_in(1, "nas", 1, 4), 6666));
}

TEST_CASE("as members of one group both have the name at once", "[handover]") {
    SuccessionFixture rig;
    const ClientId group = group_id({1}, wire::ServiceKind::tcp, "web");
    const SessionKey old = rig.log_in(1);
    const SessionKey fresh = rig.log_in(2, "+nas");
    const SessionKey other = rig.log_in(3, "third");
    REQUIRE(rig.claim(old, 2222, 1, group));
    REQUIRE(rig.claim(other, 2222, 1, group));
    REQUIRE(rig.claim(fresh, 2222, 1, group));
    CHECK_FALSE(rig.registry.waits_for_handover(fresh, 2222));
    REQUIRE(rig.claim(old, 3333, 2));
    REQUIRE(rig.claim(fresh, 3333, 2, group));  // which was the client's alone
    CHECK(rig.registry.waits_for_handover(fresh, 3333));
    const auto handover_plan = rig.registry.handover_plan(fresh);
    CHECK(handover_plan.owners == std::vector{ClientId{{1}, {1}}});
    CHECK(rig.registry.commit_handover(handover_plan).size() == 1);
    CHECK(rig.holders(2222) == Keys{other, fresh});
    CHECK(rig.holders(3333) == Keys{fresh});
    CHECK(rig.claim(other, 3333, 2, group));
    REQUIRE(rig.claim(fresh, 4444, 3, group));
    CHECK_FALSE(rig.claim(rig.log_in(4, "+third"), 2222));  // which others share too
}

TEST_CASE("quotas of a token: a client and its successor are both there for a moment", "[handover]") {
    Registry::Settings settings;
    settings.sessions_per_token_max = 2;
    Registry registry(settings);
    std::uint8_t instance = 0;
    const auto log_in = [&](bool replaces) {
        SessionInfo info;
        info.key = registry.new_key();
        info.token = {1};
        info.instance = {++instance};
        info.identity = "nas";
        info.replaces = replaces;
        return std::holds_alternative<Admitted>(registry.admit(info, std::make_shared<Handle>()));
    };
    CHECK(log_in(false));
    CHECK(log_in(false));
    CHECK_FALSE(log_in(false));
    CHECK(log_in(true));
    CHECK(log_in(true));
    CHECK_FALSE(log_in(true));  // but not as often as it likes

    TokenUse use;
    login::Rights rights;
    rights.services = 2;
    const ClientId old{{1}, {1}};
    const ClientId fresh{{1}, {2}};
    const auto one = use.count_service(old, 1, rights);
    const auto two = use.count_service(old, 2, rights);
    CHECK_FALSE(use.count_service(fresh, 1, rights));
    const auto three = use.count_service(fresh, 1, rights, true);
    const auto four = use.count_service(fresh, 2, rights, true);
    CHECK((three && four));
    CHECK_FALSE(use.count_service(fresh, 3, rights, true));
    CHECK_FALSE(use.count_service({{1}, {3}}, 1, rights, true));
}

TEST_CASE("a host's visitors find the successor's service at once, also one with other rules", "[handover]") {
    HttpDirectory directory;
    const TimePoint now = TimePoint{} + 1h;
    const ClientId old{{1}, {1}};
    const ClientId fresh{{1}, {2}};
    HttpDescription both;
    REQUIRE_FALSE(read_http_part({{"a.test", "b.test"}, {}}, both));
    HttpDescription one;
    REQUIRE_FALSE(read_http_part({{"a.test"}, {}}, one));
    one.rules.host = "other";
    Refusal why;
    const auto old_trunk = std::make_shared<directory::test::IdleCarrier>();
    const auto fresh_trunk = std::make_shared<directory::test::IdleCarrier>();
    const auto before = directory.join(old, 1, both, old_trunk, now, why);
    REQUIRE(before.service);
    CHECK_FALSE(directory.join(fresh, 4, one, fresh_trunk, now, why).service);  // without handover_hosts()
    directory.handover_hosts({{{9}, {9}}}, one);                                // not theirs
    CHECK_FALSE(directory.join(fresh, 4, one, fresh_trunk, now, why).service);
    directory.handover_hosts({old}, one);
    CHECK(directory.routes()->find("a.test", "/", now).service == before.service.get());
    const auto after = directory.join(fresh, 4, one, fresh_trunk, now, why);
    INFO(why.text);
    REQUIRE(after.service);
    CHECK(directory.routes()->find("a.test", "/", now).service == after.service.get());
    CHECK(directory.routes()->find("b.test", "/", now).service == before.service.get());
    CHECK(before.service->choose());  // for who was on the way to it
    directory.leave(*before.service, *old_trunk, now);
    CHECK(directory.routes()->find("a.test", "/", now).service == after.service.get());
    CHECK(directory.routes()->find("b.test", "/", now).kind == HttpMatch::Kind::offline);
    directory.leave(*after.service, *fresh_trunk, now);
    CHECK(directory.routes()->find("a.test", "/", now).kind == HttpMatch::Kind::offline);
}

namespace {

class CountingTrunk final : public VisitorCarrier {
public:
    std::uint64_t load() const noexcept override { return 0; }
    void take(Visitor visitor, std::uint32_t service) override {
        visitors.push_back(std::move(visitor));
        services.push_back(service);
    }
    void dropped(const std::shared_ptr<SharedPort>&) noexcept override { ++drops; }

    std::vector<Visitor> visitors;
    std::vector<std::uint32_t> services;
    int drops = 0;
};

}  // namespace

TEST_CASE("a port is given to the successor as it listens", "[handover]") {
    runtime::Worker worker;
    worker.start();
    const auto table = std::make_shared<PortTable>();
    const ClientId old{{1}, {1}};
    const ClientId fresh{{1}, {2}};
    const auto old_trunk = std::make_shared<CountingTrunk>();
    const auto fresh_trunk = std::make_shared<CountingTrunk>();
    const runtime::SocketAddress any = transport::test::loopback();
    on(worker, [&] {
        std::error_code error;
        const auto before = table->join(old, any, old_trunk, 5, worker, directory::test::PlainPort::open, error);
        REQUIRE(before.port);
        const runtime::SocketAddress at = before.port->address();
        // As any other client it cannot listen there.
        CHECK_FALSE(table->join(fresh, at, fresh_trunk, 8, worker, directory::test::PlainPort::open, error).port);
        table->handover_port({{{9}, {9}}}, fresh, Transport::tcp, at);
        CHECK(table->port_of(old, 5) == at.port());
        table->handover_port({{{9}, {9}}, old}, fresh, Transport::tcp, at);
        CHECK(table->port_of(old, 5) == 0);
        before.port->dispatch(Visitor({}, {}, before.port));  // to those who still have it
        CHECK(old_trunk->services == std::vector<std::uint32_t>{5});
        const auto after = table->join(fresh, at, fresh_trunk, 8, worker, directory::test::PlainPort::open, error);
        REQUIRE(after.port == before.port);
        CHECK_FALSE(after.opened);
        CHECK(old_trunk->drops == 1);
        before.port->dispatch(Visitor({}, {}, before.port));
        CHECK(fresh_trunk->services == std::vector<std::uint32_t>{8});
        table->leave(*before.port, *old_trunk);  // as its session does when it hears of it late
        CHECK(table->port_of(fresh, 8) == at.port());
        table->leave(*after.port, *fresh_trunk);
        CHECK(table->port_of(fresh, 8) == 0);
        const auto again = table->join(old, at, old_trunk, 5, worker, directory::test::PlainPort::open, error);
        CHECK(again.opened);
        // Where nobody joins, it goes with its last carrier.
        table->handover_port({old}, fresh, Transport::tcp, at);
        table->leave(*again.port, *old_trunk);
        CHECK(table->port_of(fresh, 0) == 0);
        CHECK(table->join(old, at, old_trunk, 5, worker, directory::test::PlainPort::open, error).opened);
        // On another address of the machine it closes, and the successor can listen.
        auto elsewhere = *runtime::SocketAddress::from_ip("0.0.0.0", at.port());
        table->handover_port({old}, fresh, Transport::tcp, elsewhere);
        CHECK(old_trunk->drops == 2);
        CHECK(table->join(fresh, elsewhere, fresh_trunk, 8, worker, directory::test::PlainPort::open, error).opened);
        old_trunk->visitors.clear();
        fresh_trunk->visitors.clear();
    });
    worker.stop();
    worker.join();
    table->end();
}
