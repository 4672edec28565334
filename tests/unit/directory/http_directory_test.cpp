#include "directory/http_directory.hpp"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/seeded_random.hpp"
#include "unit/directory/clients.hpp"
#include "unit/directory/idle_carrier.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace std::chrono_literals;
using directory::test::alice;
using directory::test::bob;

namespace {

using HttpKind = HttpMatch::Kind;

class HttpTrunk final : public directory::test::IdleCarrier {
public:
    std::uint64_t load() const noexcept override { return now; }
    void dropped(const std::shared_ptr<HttpService>& service) noexcept override { dropped_from.push_back(service); }

    std::atomic<std::uint64_t> now{0};
    std::vector<std::shared_ptr<HttpService>> dropped_from;
};

constexpr ClientId alice_again{{1}, {2}};  // alice's token, another process

HttpDescription described(std::vector<std::string> hosts, const std::string& path = "", std::string name = "web") {
    HttpDescription description;
    description.name = std::move(name);
    auto problem = read_http_part({std::move(hosts), path}, description);
    INFO(problem.value_or(""));
    REQUIRE_FALSE(problem);
    return description;
}

struct HttpDirectoryFixture {
    HttpDirectory::Joined join(const ClientId& client, std::uint32_t id, const HttpDescription& description) {
        trunks.push_back(std::make_shared<HttpTrunk>());
        return join(client, id, description, trunks.back());
    }
    HttpDirectory::Joined join(const ClientId& client, std::uint32_t id, const HttpDescription& description,
                               const std::shared_ptr<HttpTrunk>& trunk) {
        why = {};
        return directory.join(client, id, description, trunk, now, why);
    }
    HttpMatch find(std::string_view host, std::string_view path = "/") {
        routes = directory.routes();
        return routes->find(host, path, now);
    }

    HttpDirectory directory;
    std::vector<std::shared_ptr<HttpTrunk>> trunks;
    std::shared_ptr<const HttpRoutes> routes;
    Refusal why;
    TimePoint now{1h};
};

}  // namespace

TEST_CASE("nobody has registered anything: every host is unknown") {
    HttpDirectoryFixture rig;
    CHECK(rig.find("app.example.com").kind == HttpKind::unknown_host);
    CHECK(rig.find("").kind == HttpKind::unknown_host);
    CHECK(rig.find("[::1]").kind == HttpKind::unknown_host);
}

TEST_CASE("the most specific pattern of a host gets it") {
    HttpDirectoryFixture rig;
    auto exact = rig.join(alice, 1, described({"app.example.com", "example.net"})).service;
    auto one = rig.join(alice, 2, described({"*.example.com"})).service;
    auto any = rig.join(alice, 3, described({"**.example.com"})).service;
    auto deeper = rig.join(alice, 4, described({"**.b.example.com"})).service;
    CHECK(rig.find("other.example.org").kind == HttpKind::unknown_host);
    auto rest = rig.join(alice, 5, described({"*"})).service;
    REQUIRE((exact && one && any && deeper && rest));

    CHECK(rig.find("app.example.com").service == exact.get());
    CHECK(rig.find("app.example.com").host_pattern == "app.example.com");
    CHECK(rig.find("example.net").service == exact.get());
    CHECK(rig.find("x.example.com").service == one.get());
    CHECK(rig.find("x.y.example.com").service == any.get());
    CHECK(rig.find("x.b.example.com").service == deeper.get());
    CHECK(rig.find("x.y.b.example.com").host_pattern == "**.b.example.com");
    CHECK(rig.find("example.com").service == rest.get());
    CHECK(rig.find("other.example.org").service == rest.get());
    CHECK(rig.find("10.0.0.1").service == rest.get());
    auto rack = rig.join(alice, 6, described({"*.rack1", "**.0.0.1x"})).service;
    CHECK(rig.find("web.rack1").service == rack.get());
    CHECK(rig.find("10.0.0.1x").service == rack.get());
    CHECK(rig.find("rack1").service == rest.get());
    CHECK(rig.find("[::1]").service == rest.get());
}

TEST_CASE("the paths of a host may belong to several services") {
    HttpDirectoryFixture rig;
    auto api = rig.join(alice, 1, described({"app.example.com"}, "/api")).service;
    auto deep = rig.join(alice_again, 1, described({"app.example.com"}, "/api/v2")).service;
    auto status = rig.join(alice, 2, described({"app.example.com"}, "= /status")).service;
    auto versions = rig.join(alice, 3, described({"app.example.com"}, "~ /v[0-9]+/.*")).service;
    REQUIRE((api && deep && status && versions));
    CHECK(rig.find("app.example.com", "/v12/x").service == versions.get());
    CHECK(rig.find("app.example.com", "/api/%zz").kind == HttpKind::bad_path);
    CHECK(rig.find("app.example.com", "/api/%zz").fault == http::PathFault::bad_escape);
    CHECK(rig.find("app.example.com", "/api%2Fstatus").kind == HttpKind::ambiguous_path);
    CHECK(rig.find("app.example.com", "/api").service == api.get());
    CHECK(rig.find("app.example.com", "/api/v1").service == api.get());
    CHECK(rig.find("app.example.com", "/api/v2/x").service == deep.get());
    CHECK(rig.find("app.example.com", "/status").service == status.get());
    CHECK(rig.find("app.example.com", "/status/x").kind == HttpKind::unknown_path);
    CHECK(rig.find("app.example.com", "/apix").kind == HttpKind::unknown_path);
    CHECK(rig.find("app.example.com", "/").kind == HttpKind::unknown_path);
    // A less specific pattern is not asked.
    REQUIRE(rig.join(bob, 1, described({"*.example.com"})).service);
    CHECK(rig.find("app.example.com", "/").kind == HttpKind::unknown_path);
}

TEST_CASE("the trunks of a tunnel carry a service together, the one with the fewest streams first") {
    HttpDirectoryFixture rig;
    auto first = std::make_shared<HttpTrunk>();
    auto second = std::make_shared<HttpTrunk>();
    auto joined = rig.join(alice, 7, described({"a.example"}), first);
    REQUIRE(joined.service);
    CHECK(joined.first);
    const auto routes_before = rig.directory.routes();
    const std::uint64_t version_before = rig.directory.version();
    const std::uint64_t changes_before = rig.directory.changes();
    const std::uint64_t carriers_before = joined.service->carriers_version();
    auto again = rig.join(alice, 7, described({"a.example"}), second);
    CHECK(again.service == joined.service);
    CHECK_FALSE(again.first);
    CHECK(rig.directory.routes() == routes_before);  // for the routes nothing has changed
    CHECK(rig.directory.version() == version_before);
    CHECK(rig.directory.changes() != changes_before);  // but a request may wait for a trunk
    CHECK(joined.service->carriers_version() != carriers_before);

    first->now = 2;
    second->now = 1;
    CHECK(joined.service->choose()->trunk == second);
    CHECK(joined.service->choose()->service == 7);
    CHECK(joined.service->choose({second->carrier_id()})->trunk == first);
    CHECK_FALSE(joined.service->choose({first->carrier_id(), second->carrier_id()}));

    rig.directory.leave(*joined.service, *second, rig.now);
    CHECK_FALSE(joined.service->carries(*second));
    CHECK(joined.service->choose()->trunk == first);
    CHECK(rig.find("a.example").kind == HttpKind::service);
    rig.directory.leave(*joined.service, *first, rig.now);
    CHECK_FALSE(joined.service->choose());
    CHECK(rig.find("a.example").kind == HttpKind::offline);
}

TEST_CASE("no routes lead to a service without a trunk") {
    HttpDirectoryFixture rig;
    int looks = 0;
    rig.directory.on_change([&] {  // another thread may look at the same moment
        const HttpMatch found = rig.find("a.example");
        looks += found.kind == HttpKind::service ? 1 : 0;
        CHECK((found.kind != HttpKind::service || found.service->choose()));
    });
    for (int round = 0; round < 2; ++round) {
        auto joined = rig.join(alice, 1, described({"a.example"}));
        REQUIRE(joined.service);
        CHECK(looks == round + 1);
        rig.directory.leave(*joined.service, *rig.trunks.back(), rig.now);
    }
}

TEST_CASE("a service that comes back is another one") {
    HttpDirectoryFixture rig;
    auto before = rig.join(alice, 1, described({"a.example"})).service;
    rig.directory.leave(*before, *rig.trunks[0], rig.now);
    auto after = rig.join(alice_again, 1, described({"a.example"})).service;
    REQUIRE(after);
    CHECK(after != before);
    CHECK(after->serial() != before->serial());
    CHECK(rig.find("a.example").service == after.get());
    rig.directory.leave(*before, *rig.trunks[0], rig.now);  // what the old trunk says no longer plays a part
    CHECK(rig.find("a.example").kind == HttpKind::service);
}

TEST_CASE("one that yields carries until another one joins, and hears that it does not any more") {
    HttpDirectoryFixture rig;
    auto old_trunk = std::make_shared<HttpTrunk>();
    auto service = rig.join(alice, 1, described({"a.example"}), old_trunk).service;
    rig.directory.yield(*service, *old_trunk);
    CHECK(service->choose()->trunk == old_trunk);
    auto joined = rig.join(alice, 1, described({"a.example"}));
    CHECK(joined.service == service);
    CHECK(service->choose()->trunk == rig.trunks[0]);
    CHECK(old_trunk->dropped_from == std::vector{service});
    rig.directory.leave(*service, *old_trunk, rig.now);
    CHECK(rig.find("a.example").kind == HttpKind::service);
}

TEST_CASE("a service that is closed on one trunk is closed on all") {
    HttpDirectoryFixture rig;
    auto service = rig.join(alice, 1, described({"a.example"})).service;
    REQUIRE(rig.join(alice, 1, described({"a.example"})).service == service);
    rig.directory.close(*service, *rig.trunks[0], rig.now);
    CHECK(rig.find("a.example").kind == HttpKind::offline);
    CHECK(rig.trunks[0]->dropped_from.empty());
    CHECK(rig.trunks[1]->dropped_from == std::vector{service});
    rig.directory.leave(*service, *rig.trunks[1], rig.now);
    CHECK(rig.find("a.example").kind == HttpKind::offline);
}

TEST_CASE("what was unregistered on one trunk is not opened again by another one that was about to carry it") {
    HttpDirectoryFixture rig;
    auto first = std::make_shared<HttpTrunk>();
    auto second = std::make_shared<HttpTrunk>();
    auto service = rig.join(alice, 1, described({"app.example.com"}), first).service;
    REQUIRE(service);
    bool has_ended = false;
    const auto join_second = [&] {
        return rig.directory.join(alice, 1, described({"app.example.com"}), second, rig.now, rig.why, [&] {
            return has_ended ? std::optional(Refusal{wire::Code::going_away, "gone"}) : std::nullopt;
        });
    };
    CHECK(join_second().service == service);
    has_ended = true;  // on the first trunk, and in this order
    rig.directory.close(*service, *first, rig.now);
    CHECK_FALSE(join_second().service);
    CHECK(rig.why.code == wire::Code::going_away);
    CHECK(rig.join(alice, 2, described({"app.example.com"}), first).service);  // what the client has instead
}

TEST_CASE("a host belongs to the token that claimed it, also while its client is away, and not for ever") {
    HttpDirectoryFixture rig;
    auto service = rig.join(alice, 1, described({"a.example", "*.a.example"})).service;
    CHECK_FALSE(rig.directory.check_owner(alice.first, {"a.example"}, rig.now));
    auto refusal = rig.directory.check_owner(bob.first, {"b.example", "a.example"}, rig.now);
    REQUIRE(refusal);
    CHECK(refusal->code == wire::Code::name_taken);
    CHECK(refusal->text ==
          "The host a.example belongs to another token, even while its client is disconnected. Choose another host.");
    CHECK_FALSE(rig.join(bob, 1, described({"*.a.example"})).service);
    CHECK(rig.why.code == wire::Code::name_taken);

    rig.directory.leave(*service, *rig.trunks[0], rig.now);
    rig.now += limits::http_host_known_for - 1s;
    CHECK(rig.find("a.example").kind == HttpKind::offline);
    CHECK(rig.find("x.a.example").kind == HttpKind::offline);
    CHECK(rig.directory.check_owner(bob.first, {"a.example"}, rig.now));
    CHECK(rig.directory.check_owner(bob.first, {"x.a.example"}, rig.now));  // it is below alice's `*.a.example`

    rig.now += 1s;
    CHECK(rig.find("a.example").kind == HttpKind::unknown_host);
    CHECK_FALSE(rig.directory.check_owner(bob.first, {"a.example"}, rig.now));
    auto other = rig.join(bob, 1, described({"a.example"})).service;
    REQUIRE(other);
    CHECK(rig.find("a.example").service == other.get());
    CHECK(rig.directory.check_owner(alice.first, {"a.example"}, rig.now));
}

TEST_CASE("a host whose client is away is not given to a pattern that is less specific") {
    HttpDirectoryFixture rig;
    auto app = rig.join(alice, 1, described({"app.example.com"})).service;
    auto rest = rig.join(bob, 1, described({"*.example.com"})).service;
    REQUIRE((app && rest));
    rig.directory.leave(*app, *rig.trunks[0], rig.now);
    CHECK(rig.find("app.example.com").kind == HttpKind::offline);
    rig.now += limits::http_host_known_for;
    CHECK(rig.find("app.example.com").service == rest.get());
}

TEST_CASE("a host of which one path is there and another one away") {
    HttpDirectoryFixture rig;
    auto api = rig.join(alice, 1, described({"a.example"}, "/api")).service;
    auto rest = rig.join(alice, 2, described({"a.example"})).service;
    rig.directory.leave(*api, *rig.trunks[0], rig.now);
    CHECK(rig.find("a.example", "/api").kind == HttpKind::offline);
    CHECK(rig.find("a.example", "/").service == rest.get());
    rig.now += limits::http_host_known_for;
    REQUIRE(rig.join(bob, 1, described({"b.example"})).service);  // forgets what is no longer known
    CHECK(rig.find("a.example", "/api").service == rest.get());
    CHECK(rig.directory.check_owner(bob.first, {"a.example"}, rig.now));
}

TEST_CASE("two services of a client cannot have the same host and path") {
    HttpDirectoryFixture rig;
    REQUIRE(rig.join(alice, 1, described({"a.example", "b.example"})).service);
    CHECK_FALSE(rig.join(alice, 2, described({"c.example", "b.example"})).service);
    CHECK(rig.why.code == wire::Code::name_taken);
    CHECK(rig.find("c.example").kind == HttpKind::unknown_host);
    CHECK_FALSE(rig.join(alice, 1, described({"a.example"})).service);  // described otherwise than by the first trunk
    CHECK(rig.why.text == "The host a.example is already used by another service of this client.");
    CHECK(rig.join(alice, 2, described({"b.example"}, "/api")).service);
}

TEST_CASE("so many hosts stay known, and the one that is away longest makes room") {
    constexpr std::size_t most = 5;
    HttpDirectoryFixture rig;
    HttpDirectory small(HttpDirectory::Settings{most, 1h});
    Refusal why;
    auto come_and_go = [&](const std::string& host) {
        rig.now += 1s;
        auto trunk = std::make_shared<HttpTrunk>();
        auto service = small.join(alice, 1, described({host}), trunk, rig.now, why).service;
        REQUIRE(service);
        small.leave(*service, *trunk, rig.now);
    };
    auto kind_of = [&](const std::string& host) { return small.routes()->find(host, "/", rig.now).kind; };
    for (std::size_t i = 0; i < most; ++i) {
        come_and_go("h" + std::to_string(i) + ".example");
    }
    CHECK(kind_of("h0.example") == HttpKind::offline);
    come_and_go("h0.example");  // which makes h1 the oldest
    come_and_go("more.example");
    CHECK(kind_of("h0.example") == HttpKind::offline);
    CHECK(kind_of("h1.example") == HttpKind::unknown_host);
    CHECK(kind_of("h2.example") == HttpKind::offline);
    CHECK(kind_of("more.example") == HttpKind::offline);
    CHECK_FALSE(small.check_owner(bob.first, {"h1.example"}, rig.now));
    rig.now += 2h;
    come_and_go("last.example");  // the others are forgotten on this occasion
    CHECK(kind_of("h2.example") == HttpKind::unknown_host);
    CHECK(kind_of("last.example") == HttpKind::offline);
}

TEST_CASE("a token that registers ever new hosts drives out its own ones alone") {
    constexpr std::size_t most = 5;
    HttpDirectoryFixture rig;
    HttpDirectory small(HttpDirectory::Settings{most, 1h});
    Refusal why;
    auto come_and_go = [&](const ClientId& client, const std::string& host) {
        rig.now += 1s;
        auto trunk = std::make_shared<HttpTrunk>();
        auto service = small.join(client, 1, described({host}), trunk, rig.now, why).service;
        REQUIRE(service);
        small.leave(*service, *trunk, rig.now);
    };
    auto kind_of = [&](const std::string& host) { return small.routes()->find(host, "/", rig.now).kind; };
    come_and_go(bob, "bob.example");
    come_and_go(bob, "shop.bob.example");
    for (int i = 0; i < 20; ++i) {
        come_and_go(alice, "h" + std::to_string(i) + ".example");
    }
    CHECK(kind_of("bob.example") == HttpKind::offline);
    CHECK(kind_of("shop.bob.example") == HttpKind::offline);
    CHECK(small.check_owner(alice.first, {"bob.example"}, rig.now));
    CHECK(kind_of("h16.example") == HttpKind::unknown_host);
    CHECK(kind_of("h17.example") == HttpKind::offline);
    CHECK(kind_of("h19.example") == HttpKind::offline);
    // Nor does a token that has as many hosts as that drive out those of others.
    come_and_go(bob, "third.bob.example");
    CHECK(kind_of("bob.example") == HttpKind::unknown_host);
    CHECK(kind_of("third.bob.example") == HttpKind::offline);
    CHECK(kind_of("h17.example") == HttpKind::offline);
}

TEST_CASE("a host has services with expressions up to a limit, which is reached and passed by one") {
    constexpr auto most = static_cast<std::uint32_t>(limits::http_path_regexes_per_host_max);
    HttpDirectoryFixture rig;
    auto path_of = [](std::uint32_t id) { return "~ /v" + std::to_string(id) + "/.*"; };
    std::shared_ptr<HttpService> last;
    for (std::uint32_t id = 1; id <= most; ++id) {
        last = rig.join(alice, id, described({"a.example"}, path_of(id))).service;
        REQUIRE(last);
    }
    CHECK(rig.find("a.example", "/v8/x").service == last.get());
    CHECK_FALSE(rig.join(alice, 9, described({"b.example", "a.example"}, path_of(9))).service);
    CHECK(rig.why.code == wire::Code::limit);
    CHECK(rig.why.text ==
          "The host a.example has 8 services with a regular expression for their path, the maximum. Use a "
          "prefix, like /api, or another host.");
    CHECK(rig.find("b.example", "/v9/x").kind == HttpKind::unknown_host);
    CHECK(rig.join(alice, 9, described({"b.example"}, path_of(9))).service);
    CHECK(rig.join(alice, 10, described({"a.example"}, "/api")).service);
    CHECK(rig.join(alice, most, described({"a.example"}, path_of(most))).service == last);  // another trunk
}

TEST_CASE("an expression whose client is away makes room for one that comes") {
    constexpr auto most = static_cast<std::uint32_t>(limits::http_path_regexes_per_host_max);
    HttpDirectoryFixture rig;
    for (std::uint32_t id = 1; id <= most + 2; ++id) {
        rig.now += 1s;
        auto service = rig.join(alice, id, described({"a.example"}, "~ /v" + std::to_string(id) + "/.*")).service;
        REQUIRE(service);
        rig.directory.leave(*service, *rig.trunks.back(), rig.now);
    }
    CHECK(rig.find("a.example", "/v1/x").kind == HttpKind::unknown_path);
    CHECK(rig.find("a.example", "/v2/x").kind == HttpKind::unknown_path);
    CHECK(rig.find("a.example", "/v3/x").kind == HttpKind::offline);
    CHECK(rig.find("a.example", "/v10/x").kind == HttpKind::offline);
}

TEST_CASE("a host has paths up to a limit, which is reached and passed by one; those that are away make room") {
    constexpr auto most = static_cast<std::uint32_t>(limits::http_paths_per_host_max);
    HttpDirectoryFixture rig;
    auto path_of = [](std::uint32_t id) { return "/p" + std::to_string(id); };
    std::shared_ptr<HttpService> first;
    for (std::uint32_t id = 1; id <= most; ++id) {
        auto service = rig.join(alice, id, described({"a.example"}, path_of(id))).service;
        REQUIRE(service);
        first = first ? first : service;
    }
    CHECK_FALSE(rig.join(alice_again, 1, described({"a.example"}, "/one-more")).service);
    CHECK(rig.why.code == wire::Code::limit);
    CHECK(rig.why.text == "The host a.example has 1024 services with different paths, the maximum. Use another host.");
    CHECK(rig.join(alice_again, 1, described({"b.example"}, "/one-more")).service);
    rig.directory.leave(*first, *rig.trunks.front(), rig.now);
    CHECK(rig.find("a.example", "/p1").kind == HttpKind::offline);
    CHECK(rig.join(alice_again, 2, described({"a.example"}, "/one-more")).service);
    CHECK(rig.find("a.example", "/p1").kind == HttpKind::unknown_path);
    CHECK(rig.find("a.example", "/one-more").kind == HttpKind::service);
}

TEST_CASE("tables of paths have the seed of the directory: nobody can choose paths that collide") {
    auto slots_with = [](std::uint64_t seed) {
        HttpDirectory directory(HttpDirectory::Settings{100, 1h, seed});
        auto trunk = std::make_shared<HttpTrunk>();
        routes::LookupSteps steps;
        constexpr std::uint32_t paths = 100;
        for (std::uint32_t id = 1; id <= paths; ++id) {
            Refusal why;
            const auto description = described({"a.example"}, "/p" + std::to_string(id));
            REQUIRE(directory.join(alice, id, description, trunk, TimePoint{1h}, why).service);
        }
        for (std::uint32_t id = 1; id <= paths; ++id) {
            const std::string path = "/p" + std::to_string(id);
            CHECK(directory.routes()->find("a.example", path, TimePoint{1h}, &steps).kind == HttpKind::service);
        }
        return steps.slots;
    };
    const std::vector<std::size_t> slots{slots_with(1), slots_with(2), slots_with(3), slots_with(4)};
    CHECK(slots_with(1) == slots[0]);
    CHECK(std::count(slots.begin(), slots.end(), slots[0]) < 4);
}

TEST_CASE("a service without a host gets a name below the domain, and the same one again") {
    HttpDirectoryFixture rig;
    ferrotunnel::test::SeededRandom random(1);
    const std::string host = rig.directory.assigned_host(alice, 1, "web", "t.example.com", random, rig.now);
    CHECK(host.size() == 8 + 1 + std::string("t.example.com").size());
    CHECK(host.ends_with(".t.example.com"));
    CHECK(host.find_first_of("aeiou01l") == host.find("example"));  // the first of these is in the domain
    auto service = rig.join(alice, 1, described({host})).service;
    rig.directory.remember_assigned(*service);
    // Another trunk of the same client asks for the same service.
    CHECK(rig.directory.assigned_host(alice, 1, "web", "t.example.com", random, rig.now) == host);
    CHECK(rig.directory.assigned_host(alice, 2, "api", "t.example.com", random, rig.now) != host);
    CHECK(rig.directory.assigned_host(bob, 1, "web", "t.example.com", random, rig.now) != host);

    rig.directory.leave(*service, *rig.trunks[0], rig.now);
    CHECK(rig.directory.assigned_host(alice_again, 9, "web", "t.example.com", random, rig.now) == host);
    rig.now += limits::http_host_known_for;
    auto other = rig.join(bob, 1, described({"b.example"})).service;
    rig.directory.leave(*other, *rig.trunks[1], rig.now);  // forgets what is no longer known
    CHECK(rig.directory.assigned_host(alice_again, 9, "web", "t.example.com", random, rig.now) != host);
}

TEST_CASE("routes that were taken stay what they were while the directory changes") {
    HttpDirectoryFixture rig;
    auto directory = std::make_shared<HttpDirectory>();
    HttpRoutesCache cache(directory);
    Refusal why;
    auto trunk = std::make_shared<HttpTrunk>();
    CHECK(cache.get().find("a.example", "/", rig.now).kind == HttpKind::unknown_host);
    auto service = directory->join(alice, 1, described({"a.example"}), trunk, rig.now, why).service;
    const HttpRoutes& routes = cache.get();
    CHECK(&routes == &cache.get());
    auto kept = directory->routes();
    directory->leave(*service, *trunk, rig.now);
    service.reset();
    HttpMatch match = kept->find("a.example", "/", rig.now);
    REQUIRE(match.kind == HttpKind::service);
    CHECK(match.service->description().hosts == std::vector<std::string>{"a.example"});
    CHECK(cache.get().find("a.example", "/", rig.now).kind == HttpKind::offline);
}

TEST_CASE("workers look up while sessions come and go") {
    auto directory = std::make_shared<HttpDirectory>();
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> found{0};
    std::vector<std::thread> readers;
    const TimePoint now{1h};
    for (int i = 0; i < 2; ++i) {
        readers.emplace_back([&] {
            HttpRoutesCache cache(directory);
            while (!stop) {
                HttpMatch match = cache.get().find("h3.example", "/x", now);
                if (match.kind == HttpKind::service) {
                    found += match.service->choose() ? 1U : 0U;
                }
            }
        });
    }
    for (int round = 0; round < 50 || (found == 0 && round < 100'000); ++round) {
        std::vector<std::pair<std::shared_ptr<HttpService>, std::shared_ptr<HttpTrunk>>> joined;
        for (std::uint32_t id = 1; id <= 8; ++id) {
            Refusal why;
            auto trunk = std::make_shared<HttpTrunk>();
            auto service =
                directory->join(alice, id, described({"h" + std::to_string(id) + ".example"}), trunk, now, why).service;
            REQUIRE(service);
            joined.emplace_back(service, trunk);
        }
        for (auto& [service, trunk] : joined) {
            directory->leave(*service, *trunk, now);
        }
    }
    stop = true;
    for (std::thread& reader : readers) {
        reader.join();
    }
    CHECK(found > 0);
}

TEST_CASE("ten thousand hosts come and go without copying all of them for each") {
    HttpDirectoryFixture rig;
    constexpr std::uint32_t count = 10'000;
    auto trunk = std::make_shared<HttpTrunk>();
    std::vector<std::shared_ptr<HttpService>> services;
    for (std::uint32_t id = 1; id <= count; ++id) {
        services.push_back(rig.join(alice, id, described({"h" + std::to_string(id) + ".example"}), trunk).service);
        REQUIRE(services.back());
    }
    CHECK(rig.find("h1.example").service == services.front().get());
    CHECK(rig.find("h10000.example").service == services.back().get());
    CHECK(rig.find("h10001.example").kind == HttpKind::unknown_host);
    for (const auto& service : services) {
        rig.directory.leave(*service, *trunk, rig.now);
    }
    CHECK(rig.find("h5000.example").kind == HttpKind::offline);
}

TEST_CASE("what is known is known again after a restart, as away and to its owners", "[claims]") {
    ferrotunnel::test::SeededRandom random(1);
    HttpDirectoryFixture before;
    const auto wall = std::chrono::system_clock::time_point(std::chrono::seconds(1'800'000'000));
    before.join(alice, 1, described({"a.example", "*.wild.example"}, "/api"));
    before.join(alice, 2, described({"assigned.example"}, "", "web"));
    before.directory.remember_assigned(
        *before.join(alice, 3, described({"bcdf.t.example"}, "", "name with spaces")).service);
    before.join(bob, 1, described({"*"}, "~ /v[0-9]+/.*"));
    auto gone = before.join(bob, 2, described({"gone.example"}, "= /x")).service;
    before.directory.leave(*gone, *before.trunks.back(), before.now);
    before.now += 1h;
    const ClaimRecord record = before.directory.claims(before.now, wall);
    CHECK(record.hosts.size() == 6);
    CHECK(record.assigned.size() == 1);
    CHECK(read_claims(write_claims(record)) == record);

    HttpDirectoryFixture after;
    int changes = 0;
    after.now += 100h;
    after.directory.restore(record, after.now, wall + 2h);
    after.directory.on_change([&changes] { ++changes; });
    for (const char* host : {"a.example", "x.wild.example"}) {
        CHECK(after.find(host, "/api/x").kind == HttpKind::offline);
        CHECK(after.find(host, "/").kind == HttpKind::unknown_path);
    }
    CHECK(after.find("bcdf.t.example").kind == HttpKind::offline);
    CHECK(after.find("gone.example", "/x").kind == HttpKind::offline);
    CHECK(after.find("anything.example", "/v7/x").kind == HttpKind::offline);
    CHECK(after.directory.assigned_host(alice_again, 9, "name with spaces", "t.example", random, after.now) ==
          "bcdf.t.example");
    CHECK_FALSE(after.join(bob, 1, described({"a.example"}, "/other")).service);
    CHECK(after.why.code == wire::Code::name_taken);
    CHECK(after.join(alice_again, 1, described({"a.example", "*.wild.example"}, "/api")).first);
    CHECK(after.find("a.example", "/api/x").kind == HttpKind::service);
    CHECK(changes == 1);
    CHECK(after.directory.claims(after.now, wall).hosts.size() == 6);

    // A host that was away already counts as away since then; one that was there, since the restart.
    after.now += limits::http_host_known_for - 3h;
    CHECK(after.find("gone.example", "/x").kind ==
          HttpKind::unknown_path);  // the answer of the pattern "*", which is left
    CHECK(after.find("bcdf.t.example").kind == HttpKind::offline);
    after.now += 3h;
    CHECK(after.find("bcdf.t.example").kind == HttpKind::unknown_host);
}

TEST_CASE("a record of claims that lies is taken in within the bounds of the directory", "[claims]") {
    const auto wall = std::chrono::system_clock::time_point(std::chrono::seconds(1'800'000'000));
    ClaimRecord record;
    record.hosts.push_back({{1}, "not a host", "/", {}});
    record.hosts.push_back({{1}, "a.example", "no path", {}});
    record.hosts.push_back({{1}, "a.example", "~ (", {}});
    record.hosts.push_back({{1}, "127.0.0.1", "tls", {}});
    record.hosts.push_back({{1}, "b.example", "/", {}});
    record.hosts.push_back({{1}, "b.example", "/", {}});     // twice
    record.hosts.push_back({{2}, "b.example", "/two", {}});  // of two owners
    record.hosts.push_back({{1}, "future.example", "/", std::chrono::floor<std::chrono::seconds>(wall + 1000h)});
    for (std::size_t i = 0; i < limits::http_path_regexes_per_host_max + 1; ++i) {
        record.hosts.push_back({{1}, "c.example", "~ /" + std::to_string(i), {}});
    }
    record.assigned.push_back({{2}, "web", "b.example"});
    HttpDirectoryFixture rig;
    rig.directory.restore(record, rig.now, wall);
    CHECK(rig.find("a.example").kind == HttpKind::unknown_host);
    CHECK(rig.find("b.example", "/two").kind == HttpKind::offline);
    CHECK(rig.find("future.example").kind == HttpKind::offline);
    const ClaimRecord known = rig.directory.claims(rig.now, wall);
    CHECK(known.hosts.size() == 2 + limits::http_path_regexes_per_host_max);
    CHECK(known.assigned.empty());
    CHECK_FALSE(rig.join(bob, 1, described({"b.example"})).service);
}

TEST_CASE("clients of a group carry a service together, and leave it one by one", "[groups]") {
    HttpDirectoryFixture rig;
    const ClientId group = group_id(alice.first, wire::ServiceKind::http, "web");
    const auto join = [&](const ClientId& client, std::uint32_t id, const HttpDescription& description) {
        rig.trunks.push_back(std::make_shared<HttpTrunk>());
        return rig.directory.join(client, id, description, rig.trunks.back(), rig.now, rig.why, {},
                                  Membership{group, client});
    };
    const auto first = join(alice, 3, described({"app.example.com"}));
    const auto second = join(alice_again, 5, described({"app.example.com"}, "", "another name"));
    const auto also = join(alice_again, 5, described({"app.example.com"}));
    REQUIRE(first.service);
    CHECK(first.first);
    CHECK(second.service == first.service);
    CHECK_FALSE(second.first);
    CHECK(first.service->is_shared());
    const auto chosen = first.service->choose();
    const auto next = first.service->choose();
    CHECK(chosen->service == 3);
    CHECK(next->service == 5);
    CHECK(chosen->member != next->member);

    // Who says something else is refused, and so is who does not belong to it.
    CHECK_FALSE(join({{1}, {3}}, 1, described({"app.example.com", "www.example.com"})).service);
    CHECK(rig.why.text.find("members of its group") != std::string::npos);
    CHECK_FALSE(rig.join({{1}, {3}}, 1, described({"app.example.com"})).service);

    // A client that ends it tells its own trunks alone.
    rig.directory.close(*second.service, *rig.trunks[1], rig.now);
    CHECK(rig.trunks[0]->dropped_from.empty());
    CHECK(rig.trunks[1]->dropped_from.empty());
    CHECK(rig.trunks[2]->dropped_from.size() == 1);
    CHECK(rig.find("app.example.com").service == first.service.get());
    CHECK(first.service->choose()->service == 3);
    rig.directory.leave(*first.service, *rig.trunks[0], rig.now);
    CHECK(rig.find("app.example.com").kind == HttpKind::offline);
    CHECK(join(alice_again, 5, described({"app.example.com"})).first);
}
