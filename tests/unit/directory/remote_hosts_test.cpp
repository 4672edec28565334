// Hosts that clients of other members of a cluster have, in the directory of this server.
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "directory/http_directory.hpp"
#include "support/seeded_random.hpp"
#include "unit/directory/clients.hpp"
#include "unit/directory/idle_carrier.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace std::chrono_literals;
using directory::test::alice;
using directory::test::bob;

namespace {

using FoundKind = HttpMatch::Kind;

class LoadedCarrier final : public directory::test::IdleCarrier {
public:
    std::uint64_t load() const noexcept override { return streams; }
    std::uint64_t streams = 0;
};

struct RemoteHostsFixture {
    RemoteHostsFixture() { service = directory.remote_service({first}); }

    std::size_t set(const std::string& host, const std::string& path, std::shared_ptr<HttpService> to,
                    bool is_known = false, const ClientId& owner = alice) {
        return directory.set_remote({{host, path, owner.first, std::move(to), is_known}}, now);
    }
    std::shared_ptr<HttpService> join(const ClientId& client, std::uint32_t id, const std::string& host,
                                      const std::string& path = {}) {
        HttpDescription description;
        const bool tls = path == tls_instead_of_path;
        REQUIRE_FALSE((tls ? read_tls_part({{host}}, description) : read_http_part({{host}, path}, description)));
        why = {};
        return directory.join(client, id, description, trunk, now, why).service;
    }
    HttpMatch find(std::string_view host, std::string_view path = "/") {
        routes = directory.routes();
        return routes->find(host, path, now);
    }
    TlsMatch find_tls(std::string_view host) {
        routes = directory.routes();
        return routes->find_tls(host, now);
    }
    std::size_t claimed() const { return directory.claims(now, {}).hosts.size(); }

    HttpDirectory directory;
    std::shared_ptr<LoadedCarrier> first = std::make_shared<LoadedCarrier>();
    std::shared_ptr<LoadedCarrier> second = std::make_shared<LoadedCarrier>();
    std::shared_ptr<HttpCarrier> trunk = std::make_shared<directory::test::IdleCarrier>();
    std::shared_ptr<HttpService> service;
    std::shared_ptr<const HttpRoutes> routes;
    Refusal why;
    TimePoint now{1h};
};

}  // namespace

TEST_CASE("all hosts with the same members share a service, which forwards to the least loaded one") {
    RemoteHostsFixture rig;
    const auto both = rig.directory.remote_service({rig.first, rig.second});
    CHECK(rig.directory.remote_service({rig.second, rig.first}) == both);
    CHECK(rig.directory.remote_service({rig.first}) == rig.service);
    CHECK(both != rig.service);
    CHECK(both->serial() != rig.service->serial());
    CHECK_FALSE(rig.directory.remote_service({}));
    CHECK(both->description().forwards);
    CHECK(both->description().per_visitor);
    CHECK(both->description().hosts.empty());
    CHECK_FALSE(both->is_shared());
    CHECK(both->is_carried());

    rig.first->streams = 3;
    CHECK(both->choose()->trunk == rig.second);
    rig.second->streams = 4;
    CHECK(both->choose()->trunk == rig.first);
    CHECK(both->choose({rig.first->carrier_id()})->trunk == rig.second);
    CHECK_FALSE(both->choose({rig.first->carrier_id(), rig.second->carrier_id()}));

    const std::uint64_t before = rig.service->serial();
    rig.service.reset();
    CHECK(rig.directory.remote_service({rig.first})->serial() > before);
}

TEST_CASE("a name of another member is found, until it has it no longer") {
    RemoteHostsFixture rig;
    const std::uint64_t version = rig.directory.version();
    const std::uint64_t changes = rig.directory.changes();
    const auto other = rig.directory.remote_service({rig.second});
    CHECK(rig.directory.set_remote({{"a.example", "/", alice.first, rig.service, false},
                                    {"a.example", "/api", alice.first, other, false},
                                    {"a.example", "= /status", alice.first, other, false},
                                    {"a.example", "~ /v[0-9]+/.*", alice.first, other, false},
                                    {"*.example.org", "", bob.first, other, false},
                                    {"*", "/", bob.first, rig.service, false}},
                                   rig.now) == 0);
    CHECK(rig.directory.version() == version + 1);  // one change
    CHECK(rig.directory.changes() != changes);      // waiting requests look again
    CHECK(rig.find("a.example", "/x").service == rig.service.get());
    CHECK(rig.find("a.example", "/api/x").service == other.get());
    CHECK(rig.find("a.example", "/status").service == other.get());
    CHECK(rig.find("a.example", "/v1/x").service == other.get());
    CHECK(rig.find("x.example.org").service == other.get());
    CHECK(rig.find("x.example.org").host_pattern == "*.example.org");
    CHECK(rig.find("else.example").service == rig.service.get());

    CHECK(rig.set("a.example", "/api", nullptr) == 0);
    CHECK(rig.set("a.example", "~ /v[0-9]+/.*", nullptr) == 0);
    CHECK(rig.find("a.example", "/api/x").service == rig.service.get());
    CHECK(rig.find("a.example", "/v1/x").service == rig.service.get());
    CHECK(rig.set("a.example", "", nullptr) == 0);
    CHECK(rig.find("a.example").kind == FoundKind::unknown_path);
    CHECK(rig.set("a.example", "= /status", nullptr) == 0);
    CHECK(rig.set("*", "/", nullptr) == 0);
    CHECK(rig.find("a.example").kind == FoundKind::unknown_host);
    CHECK(rig.set("never.example", "/", nullptr) == 0);
    CHECK(rig.find("never.example").kind == FoundKind::unknown_host);
}

TEST_CASE("visitors of a name that is only out of reach may wait from the moment when it was lost") {
    RemoteHostsFixture rig;
    rig.set("a.example", "/", rig.service);
    rig.now += 1min;
    rig.set("a.example", "/", nullptr, true);
    const TimePoint lost = rig.now;
    CHECK(rig.find("a.example").kind == FoundKind::offline);
    CHECK(rig.find("a.example").offline_since == lost);
    rig.now += 1min;
    rig.set("a.example", "/", nullptr, true);
    CHECK(rig.find("a.example").offline_since == lost);
    rig.now += 2 * limits::http_host_known_for;
    CHECK(rig.find("a.example").kind == FoundKind::offline);  // the cluster decides how long
    rig.set("a.example", "/", rig.service);
    CHECK(rig.find("a.example").service == rig.service.get());
    rig.set("a.example", "/", nullptr, true);
    CHECK(rig.find("a.example").offline_since == rig.now);
    rig.set("a.example", "/", nullptr);
    CHECK(rig.find("a.example").kind == FoundKind::unknown_host);
}

TEST_CASE("a name goes to an own client first, then to another member, and then its visitors wait") {
    RemoteHostsFixture rig;
    rig.set("a.example", "/", rig.service);
    const auto own = rig.join(alice, 1, "a.example");
    REQUIRE(own);
    CHECK(rig.find("a.example").service == own.get());
    rig.set("a.example", "/", nullptr);
    rig.set("a.example", "/", rig.service);
    CHECK(rig.find("a.example").service == own.get());

    rig.now += 1min;
    rig.directory.leave(*own, *rig.trunk, rig.now);
    const TimePoint left = rig.now;
    CHECK(rig.find("a.example").service == rig.service.get());
    rig.now += 1min;
    rig.set("a.example", "/", nullptr);
    CHECK(rig.find("a.example").kind == FoundKind::offline);
    CHECK(rig.find("a.example").offline_since == left);
    rig.set("a.example", "/", nullptr, true);
    CHECK(rig.find("a.example").offline_since == rig.now);  // the later one
    CHECK(rig.join(alice, 1, "a.example"));
    CHECK(rig.find("a.example").kind == FoundKind::service);
}

TEST_CASE("a host of another member belongs to its owner here, too") {
    RemoteHostsFixture rig;
    rig.set("a.example", "/", rig.service);
    rig.set("*.b.example", "/", rig.service);
    CHECK(rig.directory.check_owner(bob.first, {"a.example"}, rig.now));
    CHECK(rig.directory.check_owner(bob.first, {"x.b.example"}, rig.now));  // below a pattern of another token
    CHECK_FALSE(rig.directory.check_owner(alice.first, {"a.example", "x.b.example"}, rig.now));
    CHECK_FALSE(rig.join(bob, 1, "a.example", "/api"));
    CHECK(rig.why.code == wire::Code::name_taken);
    CHECK(rig.join(alice, 1, "a.example", "/api"));  // another path than the other member's

    rig.set("a.example", "/", nullptr, true);
    CHECK(rig.directory.check_owner(bob.first, {"a.example"}, rig.now));
    rig.set("*.b.example", "/", nullptr);
    CHECK_FALSE(rig.directory.check_owner(bob.first, {"x.b.example", "*.b.example"}, rig.now));
    ferrotunnel::test::SeededRandom random(1);
    const std::string drawn = rig.directory.fresh_host(bob.first, "t.example", random);
    rig.set(drawn, "/", rig.service);
    ferrotunnel::test::SeededRandom again(1);
    CHECK(rig.directory.fresh_host(bob.first, "t.example", again) != drawn);
}

TEST_CASE("the owner that the cluster names gets a host whose former client is only offline here") {
    RemoteHostsFixture rig;
    const auto own = rig.join(alice, 1, "a.example");
    rig.directory.remember_assigned(*own);
    rig.set("a.example", "/", rig.service, false, bob);
    CHECK(rig.directory.check_owner(bob.first, {"a.example"}, rig.now));  // an own client has it
    rig.directory.leave(*own, *rig.trunk, rig.now);
    CHECK_FALSE(rig.directory.check_owner(bob.first, {"a.example"}, rig.now));
    CHECK(rig.directory.check_owner(alice.first, {"a.example"}, rig.now));
    CHECK(rig.claimed() == 0);
    CHECK(rig.directory.claims(rig.now, {}).assigned.empty());
    CHECK(rig.find("a.example").service == rig.service.get());
    const auto next = rig.join(bob, 1, "a.example", "/api");
    REQUIRE(next);
    rig.directory.leave(*next, *rig.trunk, rig.now);
    CHECK(rig.claimed() == 1);

    int changes = 0;
    rig.directory.on_change([&] { ++changes; });
    rig.set("a.example", "/", rig.service, false, alice);  // at once, and not only after an own client has left
    CHECK(changes == 1);
    CHECK(rig.claimed() == 0);
    rig.set("a.example", "/", nullptr);
    CHECK(rig.find("a.example").kind == FoundKind::unknown_host);
    CHECK(rig.find("a.example", "/api").kind == FoundKind::unknown_host);
}

TEST_CASE("names of other members are not among those that are kept") {
    RemoteHostsFixture rig;
    int changes = 0;
    rig.directory.on_change([&] { ++changes; });
    rig.set("a.example", "/", rig.service);
    rig.set("b.example", "/", nullptr, true);
    CHECK(rig.claimed() == 0);
    CHECK(changes == 0);
    const auto own = rig.join(alice, 1, "a.example");
    CHECK(rig.claimed() == 1);
    rig.directory.leave(*own, *rig.trunk, rig.now);
    CHECK(rig.claimed() == 1);
    rig.now += limits::http_host_known_for;
    CHECK(rig.claimed() == 0);
    REQUIRE(rig.join(alice, 1, "c.example"));  // forgets what is no longer known
    CHECK(rig.find("a.example").service == rig.service.get());
    rig.set("a.example", "/", nullptr);
    CHECK(rig.find("a.example").kind == FoundKind::unknown_host);
}

TEST_CASE("an own name that makes room stays a name of the other member") {
    RemoteHostsFixture rig;
    constexpr std::uint32_t most = limits::http_path_regexes_per_host_max;
    const auto path_of = [](std::uint32_t id) { return "~ /v" + std::to_string(id); };
    std::shared_ptr<HttpService> first;
    for (std::uint32_t id = 1; id <= most; ++id) {
        const auto service = rig.join(alice, id, "a.example", path_of(id));
        first = first ? first : service;
    }
    rig.set("a.example", path_of(1), rig.service);
    rig.directory.leave(*first, *rig.trunk, rig.now);
    REQUIRE(rig.join(alice, most + 1, "a.example", path_of(most + 1)));
    CHECK(rig.claimed() == most);
    // It has no room in the table of paths, which is bounded for visitors' sake, until an own one leaves.
    CHECK(rig.find("a.example", "/v1").kind == FoundKind::unknown_path);
}

TEST_CASE("paths of other members do not use up the limits of own ones") {
    RemoteHostsFixture rig;
    std::vector<RemoteHost> names;
    for (std::size_t at = 0; at < limits::remote_paths_per_host_max; ++at) {
        names.push_back({"a.example", "/r" + std::to_string(at), alice.first, rig.service, false});
    }
    REQUIRE(rig.directory.set_remote(names, rig.now) == 0);
    CHECK(rig.set("a.example", "/one-more", rig.service) == 1);
    CHECK(rig.find("a.example", "/one-more").kind == FoundKind::unknown_path);
    CHECK(rig.find("a.example", "/r7").service == rig.service.get());
    CHECK(rig.set("a.example", "/r7", rig.service) == 0);  // it is there already
    for (std::uint32_t id = 1; id <= 3; ++id) {
        CHECK(rig.join(alice, id, "a.example", "/p" + std::to_string(id)));
    }
    rig.set("a.example", "/r7", nullptr);
    CHECK(rig.set("a.example", "/one-more", rig.service) == 0);
    CHECK(rig.find("a.example", "/one-more").service == rig.service.get());
    CHECK(rig.set("b.example", "/one-more", rig.service) == 0);
}

TEST_CASE("until other members have reported their hosts, one that is not registered is offline") {
    RemoteHostsFixture rig;
    rig.join(alice, 1, "own.example", "/api");
    const std::uint64_t before = rig.directory.changes();
    rig.directory.set_learning(rig.now, rig.now + 30s);
    CHECK(rig.directory.changes() > before);
    rig.now += 1s;
    CHECK(rig.find("a.example").kind == FoundKind::offline);
    CHECK(rig.find("a.example").offline_since == rig.now - 1s);
    CHECK(rig.find("own.example", "/api").kind == FoundKind::service);
    CHECK(rig.find("own.example", "/").kind == FoundKind::offline);
    CHECK(rig.find("own.example", "/%zz").kind == FoundKind::bad_path);
    CHECK(rig.directory.routes()->find_known("own.example", "/", rig.now).kind == FoundKind::unknown_path);
    CHECK(rig.directory.routes()->find_known("a.example", "/", rig.now).kind == FoundKind::unknown_host);
    rig.set("a.example", "/", rig.service);
    CHECK(rig.find("a.example").kind == FoundKind::service);
    CHECK(rig.find("b.example").kind == FoundKind::offline);
    SECTION("they have") {
        const std::uint64_t version = rig.directory.version();
        rig.directory.set_learned();
        CHECK(rig.directory.version() > version);  // those who wait are told
    }
    SECTION("one of them is away for too long") {
        rig.now += 29s;
    }
    CHECK(rig.find("b.example").kind == FoundKind::unknown_host);
    CHECK(rig.find("own.example", "/").kind == FoundKind::unknown_path);
    CHECK(rig.find("a.example").kind == FoundKind::service);
}

TEST_CASE("until other members have reported their hosts, the hold of one without a client begins again") {
    constexpr std::chrono::sys_seconds wall{10h};
    RemoteHostsFixture rig;
    ClaimRecord record;
    record.hosts.push_back({alice.first, "long.example", "/", wall - 1h});
    record.hosts.push_back({alice.first, "tls.example", "tls", wall - 1h});
    rig.directory.restore(record, rig.now, wall);
    const auto tls_since = [&] { return rig.directory.routes()->find_tls("tls.example", rig.now).offline_since; };
    CHECK(rig.find("long.example").offline_since == rig.now - 1h);
    rig.directory.set_learning(rig.now, rig.now + 30s);
    CHECK(rig.find("long.example").kind == FoundKind::offline);
    CHECK(rig.find("long.example").offline_since == rig.now);
    CHECK(rig.find("tls.example").kind == FoundKind::unknown_host);  // it has no HTTP
    CHECK(tls_since() == rig.now);
    rig.directory.set_learned();
    CHECK(rig.find("long.example").offline_since == rig.now - 1h);
    CHECK(tls_since() == rig.now - 1h);
}

TEST_CASE("a host has at most so many expressions, of which own ones come first") {
    RemoteHostsFixture rig;
    constexpr std::uint32_t most = limits::remote_path_regexes_per_host_max;
    const auto remote_path = [](std::uint32_t at) { return "~ /r" + std::to_string(at); };
    for (std::uint32_t at = 1; at <= most; ++at) {
        REQUIRE(rig.set("a.example", remote_path(at), rig.service) == 0);
    }
    CHECK(rig.set("a.example", remote_path(most + 1), rig.service) == 1);
    CHECK(rig.find("a.example", "/r1").service == rig.service.get());
    CHECK(rig.find("a.example", "/r8").service == rig.service.get());
    std::vector<std::shared_ptr<HttpService>> own;
    for (std::uint32_t id = 1; id <= limits::http_path_regexes_per_host_max; ++id) {
        own.push_back(rig.join(alice, id, "a.example", "~ /p" + std::to_string(id)));
        REQUIRE(own.back());
        CHECK(rig.find("a.example", "/p" + std::to_string(id)).service == own.back().get());
    }
    CHECK(rig.find("a.example", "/r1").kind == FoundKind::unknown_path);
    rig.now += 1s;
    rig.directory.leave(*own.front(), *rig.trunk, rig.now);
    rig.now += limits::http_host_known_for;
    rig.directory.leave(*own.back(), *rig.trunk, rig.now);  // forgets the first one
    CHECK(rig.find("a.example", "/r1").service == rig.service.get());
    CHECK(rig.find("a.example", "/r2").kind == FoundKind::unknown_path);
}

TEST_CASE("limit: expressions that other members have, over all hosts") {
    RemoteHostsFixture rig;
    std::vector<RemoteHost> names;
    for (std::size_t at = 0; at < limits::remote_path_regexes_max; ++at) {
        names.push_back({"h" + std::to_string(at) + ".example", "~ /a", alice.first, rig.service, false});
    }
    REQUIRE(rig.directory.set_remote(names, rig.now) == 0);
    CHECK(rig.set("more.example", "~ /a", rig.service) == 1);
    CHECK(rig.set("more.example", "/a", rig.service) == 0);
    CHECK(rig.set("h0.example", "~ /a", nullptr, true) == 0);  // out of reach, and still there
    CHECK(rig.set("more.example", "~ /a", rig.service) == 1);
    rig.set("h0.example", "~ /a", nullptr);
    CHECK(rig.set("more.example", "~ /a", rig.service) == 0);
    CHECK(rig.set("most.example", "~ /a", rig.service) == 1);
}

TEST_CASE("what another member sends and a client could not have is ignored") {
    RemoteHostsFixture rig;
    const std::vector<RemoteHost> names{{"a.example", "~ (", alice.first, rig.service, false},
                                        {"a.example", "api", alice.first, rig.service, false},
                                        {"a.example", "/%zz", alice.first, rig.service, false},
                                        {"a.example", "= /a/../b", alice.first, rig.service, false},
                                        {"", "/", alice.first, rig.service, false},
                                        {"a b", "/", alice.first, rig.service, false},
                                        {"*.*.example", "/", alice.first, rig.service, false},
                                        {"10.0.0.1", "tls", alice.first, rig.service, false},
                                        {"good.example", "/", alice.first, rig.service, false}};
    CHECK(rig.directory.set_remote(names, rig.now) == names.size() - 1);
    CHECK(rig.find("a.example", "/api").kind == FoundKind::unknown_host);
    CHECK(rig.find("good.example").service == rig.service.get());
    CHECK(rig.set("", "/", nullptr) == 1);
    CHECK(rig.set("a.example", "/%zz", nullptr) == 1);
    const std::uint64_t version = rig.directory.version();
    CHECK(rig.directory.set_remote({}, rig.now) == 0);
    CHECK(rig.directory.version() == version);
}

TEST_CASE("a name in another spelling is the same name") {
    RemoteHostsFixture rig;
    rig.set("A.Example", "/%61pi/", rig.service);
    CHECK(rig.find("a.example", "/api").service == rig.service.get());
    rig.set("a.example", "/api", nullptr);
    CHECK(rig.find("a.example", "/api").kind == FoundKind::unknown_host);
}

TEST_CASE("TLS that another member passes is found, and only then does anybody look for it") {
    RemoteHostsFixture rig;
    CHECK_FALSE(rig.directory.has_passthrough());
    rig.set("a.example", tls_instead_of_path, rig.service);
    CHECK(rig.directory.has_passthrough());
    CHECK(rig.find_tls("a.example").service == rig.service.get());
    CHECK(rig.find("a.example").kind == FoundKind::unknown_host);
    const auto own = rig.join(alice, 1, "a.example", tls_instead_of_path);
    CHECK(rig.find_tls("a.example").service == own.get());
    rig.directory.leave(*own, *rig.trunk, rig.now);
    CHECK(rig.find_tls("a.example").service == rig.service.get());
    rig.now += limits::http_host_known_for;
    rig.set("a.example", tls_instead_of_path, nullptr, true);
    CHECK(rig.find_tls("a.example").kind == TlsMatch::Kind::offline);
    CHECK(rig.find_tls("a.example").offline_since == rig.now);
    rig.set("a.example", tls_instead_of_path, nullptr);
    CHECK(rig.find_tls("a.example").kind == TlsMatch::Kind::none);
}

TEST_CASE("a request that was rewritten for an own client is not sent to another member") {
    RemoteHostsFixture rig;
    using Kind = HttpSuccessor::Kind;
    const auto own = rig.join(alice, 1, "a.example");
    rig.set("a.example", "/", rig.service);
    CHECK(rig.directory.routes()->find_successor(*own).kind == Kind::nobody);
    rig.directory.leave(*own, *rig.trunk, rig.now);
    CHECK(rig.directory.routes()->find_successor(*own).kind == Kind::other);
    rig.set("a.example", "/", nullptr, true);
    CHECK(rig.directory.routes()->find_successor(*own).kind == Kind::nobody);
    CHECK(rig.directory.routes()->find_successor(*rig.service).kind == Kind::nobody);  // it has no host of its own
}

TEST_CASE("another token's pattern does not get the visitors of a host that another member has") {
    RemoteHostsFixture rig;
    REQUIRE(rig.join(bob, 1, "*.example"));
    rig.set("a.example", "/api", rig.service);
    CHECK(rig.find("a.example", "/api").service == rig.service.get());
    CHECK(rig.find("a.example", "/").kind == FoundKind::unknown_path);
    rig.set("a.example", "/api", nullptr);
    CHECK(rig.find("a.example", "/").kind == FoundKind::service);
}

TEST_CASE("a host changes its form with what this server and other members have of it") {
    RemoteHostsFixture rig;
    const std::string host = GENERATE(std::string("a.example"), std::string(60, 'a') + ".example");
    const auto other = rig.directory.remote_service({rig.second});
    const auto has = [&](std::string_view path, const std::shared_ptr<HttpService>& service) {
        const HttpMatch match = rig.find(host, path);
        return match.service == service.get() && match.host_pattern == host;
    };
    rig.set(host, "/", rig.service);
    CHECK(has("/api", rig.service));
    CHECK(rig.find(host, "api").kind == FoundKind::bad_path);
    rig.set(host, "/api", other);
    CHECK(has("/api", other));
    CHECK(has("/", rig.service));
    rig.set(host, "/api", nullptr);
    CHECK(has("/api", rig.service));
    const auto own = rig.join(alice, 1, host);
    CHECK(has("/api", own));
    rig.directory.leave(*own, *rig.trunk, rig.now);
    CHECK(has("/api", rig.service));
    rig.now += limits::http_host_known_for;
    const auto more = rig.join(alice, 2, "b.example");  // forgets the own client's name
    CHECK(has("/api", rig.service));
    rig.set(host, "/", other);
    CHECK(has("/", other));
    rig.set(host, "/", nullptr, true);
    CHECK(rig.find(host, "/").kind == FoundKind::offline);
    CHECK(rig.find(host, "/").offline_since == rig.now);
    const auto back = rig.join(alice, 1, host, "/api");
    CHECK(has("/api", back));
    CHECK(rig.find(host, "/").kind == FoundKind::offline);
    rig.directory.leave(*back, *rig.trunk, rig.now);
    rig.set(host, "/", nullptr);
    CHECK(rig.find(host, "/").kind == FoundKind::unknown_path);  // the own client's name is still known
    rig.now += limits::http_host_known_for;
    rig.set(host, "/", rig.service);
    rig.set(host, "/", nullptr);
    CHECK(rig.find(host, "/").kind == FoundKind::unknown_host);
}

TEST_CASE("a host that another member has without TLS is not passed to a pattern of TLS") {
    RemoteHostsFixture rig;
    const auto own = rig.join(alice, 1, "*.example", tls_instead_of_path);
    CHECK(rig.find_tls("a.example").service == own.get());
    rig.set("a.example", "/", rig.service);
    CHECK(rig.find_tls("a.example").kind == TlsMatch::Kind::none);
    CHECK(rig.find_tls("b.example").service == own.get());
    rig.set("a.example", "/", nullptr);
    CHECK(rig.find_tls("a.example").service == own.get());
}

TEST_CASE("routes that were taken keep the service of a host that has another one meanwhile") {
    RemoteHostsFixture rig;
    rig.set("a.example", "/", rig.service);
    const auto before = rig.directory.routes();
    const std::weak_ptr<HttpService> service = rig.service;
    rig.service.reset();
    rig.set("a.example", "/", rig.directory.remote_service({rig.second}));
    REQUIRE_FALSE(service.expired());
    CHECK(before->find("a.example", "/", rig.now).service == service.lock().get());
    rig.set("a.example", "/", nullptr);
    CHECK_FALSE(service.expired());
}
