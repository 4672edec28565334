#include "directory/right_rules.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "directory/http_directory.hpp"
#include "directory/registry.hpp"
#include "support/load.hpp"
#include "support/seeded_random.hpp"
#include "unit/directory/idle_carrier.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace std::chrono_literals;

namespace {

using Hosts = std::vector<std::string>;

// What tokens without a right to ports may have.
const login::PortPolicy& by_default() {
    static const login::PortPolicy policy;
    return policy;
}

login::TokenId id_of(std::size_t token) {
    return {static_cast<std::uint8_t>(token + 1)};
}

/// Tokens by their place: hosts and ports of each, or nothing.
struct Tokens {
    std::vector<login::AcceptedToken> all;

    Tokens& add(std::optional<Hosts> hosts, const std::string& ports = {}) {
        login::Rights rights;
        rights.hosts = std::move(hosts);
        if (ports == "any") {
            rights.ports = login::PortRight{true, {}};
        } else if (!ports.empty()) {
            rights.ports = login::PortRight{false, login::PortPolicy::parse(ports).value()};
        }
        const std::array<std::uint8_t, login::Key::size_bytes> no_bytes{};
        const login::Token token{login::Key(no_bytes), id_of(all.size()), login::TokenStrength::strong};
        all.push_back({"token", token, {}, std::make_shared<const login::Rights>(std::move(rights))});
        return *this;
    }
    RightRules rules(std::string_view domain = {}) const { return RightRules(all, domain); }
};

bool may(const RightRules& rules, std::size_t token, std::string_view host) {
    return !rules.refuse_host(id_of(token), host);
}

bool may_port(const RightRules& rules, std::size_t token, std::uint16_t port) {
    return !rules.refuse_port(id_of(token), port, by_default());
}

}  // namespace

TEST_CASE("patterns around a host come in their order, the narrowest first", "[rights]") {
    const auto around = [](std::string_view pattern) {
        std::string text;
        visit_patterns_around(pattern, [&text](const HostPatternKey& place) {
            constexpr const char* fronts[] = {"", "*.", "**.", "*"};
            text += (text.empty() ? "" : " ") + std::string(fronts[static_cast<std::size_t>(place.form)]);
            text += place.key;
            return false;
        });
        return text;
    };
    CHECK(around("a.b.c") == "a.b.c *.b.c **.b.c **.c *");
    CHECK(around("a") == "a *");
    CHECK(around("*.b.c") == "*.b.c **.b.c **.c *");
    CHECK(around("**.b.c") == "**.b.c **.c *");
    CHECK(around("10.0.0.1") == "10.0.0.1 *");
    CHECK(around("[::1]") == "[::1] *");
    CHECK(around("*") == "*");
    CHECK(covers_host("**.c", "*.b.c"));
    CHECK_FALSE(covers_host("*.c", "**.c"));
    CHECK_FALSE(covers_host("*.c", "a.b.c"));
}

TEST_CASE("without rights every token may have what nobody else has, but not everything", "[rights]") {
    const RightRules none;
    CHECK(may(none, 0, "*"));
    CHECK(may_port(none, 0, 2222));
    CHECK_FALSE(may_port(none, 0, 80));
    const RightRules several = Tokens().add({}).add({}).rules("t.example.com");
    CHECK(may(several, 0, "a.example.com"));
    CHECK(may(several, 0, "*.example.com"));
    CHECK(may(several, 0, "a.t.example.com"));
    CHECK_FALSE(may(several, 0, "*"));
    CHECK_FALSE(may(several, 0, "*.t.example.com"));
    CHECK_FALSE(may(several, 0, "**.example.com"));
    CHECK(may(Tokens().add({}).rules("t.example.com"), 0, "*"));
}

TEST_CASE("the right that names a host most specifically decides", "[rights]") {
    const RightRules rules = Tokens()
                                 .add(Hosts{"*.example.com", "app.example.org"})
                                 .add(Hosts{"admin.example.com"})
                                 .add(Hosts{"*"})
                                 .add(Hosts{"*.example.com"})
                                 .add({})
                                 .add(Hosts{})
                                 .rules();
    CHECK((may(rules, 0, "a.example.com") && may(rules, 3, "a.example.com")));
    CHECK((may(rules, 0, "*.example.com") && may(rules, 0, "app.example.org")));
    CHECK_FALSE(may(rules, 0, "admin.example.com"));
    CHECK(may(rules, 1, "admin.example.com"));
    CHECK_FALSE(may(rules, 1, "a.example.com"));
    CHECK((may(rules, 2, "*") && may(rules, 2, "a.example.net")));
    CHECK_FALSE(may(rules, 2, "a.example.com"));
    CHECK_FALSE(may(rules, 4, "a.example.net"));
    CHECK_FALSE(may(rules, 5, "a.example.net"));
    CHECK_FALSE(rules.may_see(id_of(0), "admin.example.com"));
    CHECK(rules.may_see(id_of(0), "a.example.com"));
    CHECK_FALSE(rules.may_see(id_of(2), "a.example.com"));
}

TEST_CASE("a pattern around another token's right needs a right", "[rights]") {
    const RightRules rules = Tokens().add(Hosts{"admin.example.com"}).add({}).rules();
    CHECK_FALSE(may(rules, 1, "*.example.com"));
    CHECK_FALSE(may(rules, 1, "**.com"));
    CHECK(may(rules, 1, "*.example.org"));
    CHECK(may(rules, 1, "other.example.com"));
}

TEST_CASE("the narrowest range decides about a port, and `any` is every port that is nobody's", "[rights]") {
    const RightRules rules =
        Tokens().add({}, "8000-8999").add({}, "8080,443").add({}, "any").add({}).add({}, "8000-8999").rules();
    CHECK((may_port(rules, 0, 8000) && may_port(rules, 4, 8000)));
    CHECK_FALSE(may_port(rules, 0, 8080));
    CHECK((may_port(rules, 1, 8080) && may_port(rules, 1, 443)));
    CHECK_FALSE(may_port(rules, 1, 8000));
    CHECK((may_port(rules, 2, 80) && may_port(rules, 2, 65'535)));
    CHECK_FALSE(may_port(rules, 2, 443));
    CHECK_FALSE(may_port(rules, 2, 8500));
    CHECK_FALSE(may_port(rules, 3, 8500));
    CHECK_FALSE(may_port(rules, 3, 80));
    CHECK(may_port(rules, 3, 9000));
}

TEST_CASE("no port is tried for a token that is another's by right", "[rights]") {
    const RightRules rules = Tokens().add({}, "8000-8009").add({}, "8005").add({}).add({}, "1024-65535").rules();
    ferrotunnel::test::SeededRandom random(1);
    auto of_first = rules.port_candidates(id_of(0), by_default(), random);
    std::sort(of_first.begin(), of_first.end());
    CHECK(of_first == std::vector<std::uint16_t>{8000, 8001, 8002, 8003, 8004, 8006, 8007, 8008, 8009});
    CHECK(rules.port_candidates(id_of(2), by_default(), random) == std::vector<std::uint16_t>{0});
    CHECK(rules.port_candidates(id_of(3), by_default(), random).size() == 32);
    const RightRules few = Tokens().add({}, "8000-8009").add({}).rules();
    const auto left = few.port_candidates(id_of(1), by_default(), random);
    CHECK(left.size() == 32);
    CHECK(left.front() == 0);
}

TEST_CASE("a kind that a token has no right to is refused, and what it may is told", "[rights]") {
    login::Rights rights;
    rights.kinds = {wire::ServiceKind::tcp, wire::ServiceKind::tls};
    Tokens tokens;
    tokens.add({});
    tokens.all[0].rights = std::make_shared<const login::Rights>(rights);
    const RightRules rules = tokens.rules();
    CHECK_FALSE(rules.refuse_kind(id_of(0), wire::ServiceKind::tls));
    const auto refusal = rules.refuse_kind(id_of(0), wire::ServiceKind::http);
    REQUIRE(refusal);
    CHECK(refusal->code == wire::Code::forbidden);
    CHECK(refusal->text == "Services of the kind http are not allowed for this token. Allowed: tcp, tls.");
}

namespace {

// A small world of names, in which most things meet.
std::string random_host(ferrotunnel::test::SeededRandom& random) {
    constexpr const char* labels[] = {"a", "b", "c"};
    std::string host = random.chance(50) ? "x.org" : "y.x.org";
    const std::uint64_t kind = random.below(8);
    if (kind == 0) {
        return "*";
    }
    if (kind <= 2) {
        return (kind == 1 ? "*." : "**.") + host;
    }
    return std::string(labels[random.below(3)]) + '.' + host;
}

/// How narrowly rights name something; below 0: they do not.
int rank_of(const std::optional<Hosts>& rights, const std::string& host) {
    int best = -1;
    int rank = 100;
    visit_patterns_around(host, [&](const HostPatternKey& place) {
        --rank;
        const bool named = rights && std::any_of(rights->begin(), rights->end(), [&](const std::string& right) {
                               return host_pattern_key_of(right) == place;
                           });
        best = named ? std::max(best, rank) : best;
        return false;
    });
    return best;
}

struct World {
    explicit World(std::uint64_t seed) : random(seed) {
        const std::size_t count = 2 + random.below(4);
        for (std::size_t i = 0; i < count; ++i) {
            std::optional<Hosts> its;
            if (random.chance(60)) {
                its.emplace();
                for (std::uint64_t n = random.below(4); n > 0; --n) {
                    its->push_back(random_host(random));
                }
            }
            rights.push_back(its);
            tokens.add(its, random.chance(50) ? random_ports() : std::string());
        }
        rules = std::make_shared<const RightRules>(tokens.all, "x.org");
        registry.set_rules(rules);
        hosts.set_rules(rules);
        for (std::size_t i = 0; i < count; ++i) {
            SessionInfo info;
            info.key = registry.new_key();
            info.token = id_of(i);
            sessions.push_back(info.key);
            REQUIRE(std::holds_alternative<Admitted>(registry.admit(info, std::make_shared<Handle>())));
        }
    }

    struct Handle : SessionHandle {
        void evict(wire::Code, std::string, std::function<void()> released) override { released(); }
        void probe(std::function<void(bool)> answer) override { answer(true); }
    };

    std::string random_ports() {
        const auto first = static_cast<unsigned>(random.between(2000, 2019));
        const auto last = static_cast<unsigned>(random.between(first, 2019));
        return random.chance(20) ? "any" : std::to_string(first) + '-' + std::to_string(last);
    }

    // Something of somebody, perhaps asked for and perhaps assigned; or the end of something.
    void step() {
        const std::size_t token = random.below(tokens.all.size());
        const ClientId client{id_of(token), {1}};
        now += 1s;
        if (random.chance(30)) {
            take_port(token);
            return;
        }
        if (!services.empty() && random.chance(30)) {
            const auto gone = services.begin() + static_cast<std::ptrdiff_t>(random.below(services.size()));
            hosts.leave(*gone->second, *trunk, now);
            services.erase(gone);
            return;
        }
        HttpDescription description;
        std::string host =
            random.chance(20) ? hosts.assigned_host(client, ++id, "s", "x.org", random, now) : random_host(random);
        if (host.empty()) {
            return;
        }
        const bool tls = random.chance(40);
        const auto problem =
            tls ? read_tls_part({{host}}, description) : read_http_part(wire::HttpPart{{host}, {}}, description);
        REQUIRE_FALSE(problem);
        Refusal why;
        if (auto joined = hosts.join(client, ++id, description, trunk, now, why); joined.service) {
            services.emplace_back(token, joined.service);
        } else {
            CHECK_FALSE(why.text.empty());
        }
    }

    void take_port(std::size_t token) {
        std::uint16_t port = static_cast<std::uint16_t>(random.between(2000, 2019));
        if (random.chance(40)) {
            const auto candidates = rules->port_candidates(id_of(token), by_default(), random);
            port = candidates.empty() ? std::uint16_t{0} : candidates.back();
        }
        const ClaimName name(port, random.chance(50) ? Transport::udp : Transport::tcp);
        if (port != 0 && std::holds_alternative<Granted>(registry.claim(sessions[token], ++id, name, now))) {
            CHECK(may_port(*rules, token, port));
            held[name] = token;
        }
    }

    // Nobody holds a name, or gets the visitors of a host, to which another token's right is the more specific one.
    void check_all() {
        for (const auto& [token, service] : services) {
            const std::string& host = service->description().hosts.front();
            for (std::size_t other = 0; other < rights.size(); ++other) {
                INFO(host << " of " << token << ", and " << other);
                CHECK(rank_of(rights[token], host) >= rank_of(rights[other], host));
            }
        }
        const auto routes = hosts.routes();
        for (const char* host : {"a.x.org", "b.x.org", "c.x.org", "a.y.x.org", "b.y.x.org", "z.y.x.org", "w.com"}) {
            const HttpMatch match = routes->find(host, "/", now);
            const TlsMatch tls = routes->find_tls(host, now);
            for (const HttpService* seen : {match.service, tls.service}) {
                const auto owner = std::find_if(services.begin(), services.end(),
                                                [&](const auto& one) { return one.second.get() == seen; });
                for (std::size_t other = 0; owner != services.end() && other < rights.size(); ++other) {
                    INFO("visitors of " << host << " go to " << owner->first << ", and " << other << " has a right");
                    CHECK(rank_of(rights[owner->first], host) >= rank_of(rights[other], host));
                }
            }
        }
        for (const auto& [name, token] : held) {
            CHECK(may_port(*rules, token, name.port));
            CHECK(registry.holder_of(name));
        }
    }

    ferrotunnel::test::SeededRandom random;
    Tokens tokens;
    std::vector<std::optional<Hosts>> rights;
    std::shared_ptr<const RightRules> rules;
    Registry registry;
    HttpDirectory hosts;
    std::vector<SessionKey> sessions;
    std::shared_ptr<directory::test::IdleCarrier> trunk = std::make_shared<directory::test::IdleCarrier>();
    std::vector<std::pair<std::size_t, std::shared_ptr<HttpService>>> services;
    std::map<ClaimName, std::size_t> held;  // ports of TCP and of UDP
    std::uint32_t id = 0;
    TimePoint now{1h};
};

}  // namespace

TEST_CASE("whatever tokens, rights and registrations there are, nobody holds or sees what is another's by right",
          "[rights]") {
    for (std::uint64_t seed = 1; seed <= (ferrotunnel::test::slow_build ? 60 : 300); ++seed) {
        INFO("seed " << seed);
        World world(seed);
        for (int step = 0; step < 60; ++step) {
            world.step();
        }
        world.check_all();
    }
}
