// Which servers of a welcome a client may use, and that two sides are never at one.
#include "session/allowed_servers.hpp"

#include <catch2/catch.hpp>

#include "session/server_instances.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;

namespace {

std::string allowed(const std::string& address, const ServerTrust& trust) {
    wire::ClusterPart cluster{"a", {{"b", address}}};
    clear_forbidden(cluster, trust);
    return cluster.others.at(0).address;
}

}  // namespace

TEST_CASE("allowed servers: hosts of the configuration, whatever the port") {
    const std::vector<net::HostPort> configured{{"a.example", 7835}, {"b.example", 7835}};
    const ServerTrust trust{configured, false, {}};
    CHECK(allowed("b.example:7836", trust) == "b.example:7836");
    CHECK(allowed("B.Example:7836", trust) == "B.Example:7836");
    CHECK(allowed("c.example:7835", trust).empty());
    CHECK(allowed("xb.example:7835", trust).empty());
}

TEST_CASE("allowed servers: those that the verified certificate covers") {
    const std::vector<net::HostPort> configured{{"a.example", 7835}};
    const ServerTrust trust{configured, false, [](const std::string& host) { return host == "b.example"; }};
    CHECK(allowed("b.example:7835", trust) == "b.example:7835");
    CHECK(allowed("c.example:7835", trust).empty());
}

TEST_CASE("allowed servers: any with a pinned key, if it is an address") {
    const std::vector<net::HostPort> configured{{"a.example", 7835}};
    const ServerTrust trust{configured, true, {}};
    CHECK(allowed("192.0.2.1:7835", trust) == "192.0.2.1:7835");
    for (const char* bad : {"", "b.example", ":7835", "b.example:0", "not a host:1"}) {
        CHECK(allowed(bad, trust).empty());
    }
}

TEST_CASE("server instances: one side at each server, with any number of sessions") {
    const auto all = std::make_shared<ServerInstances>();
    const wire::InstanceId server{1};
    auto first = all->enter(0, server);
    auto second = all->enter(0, server);
    REQUIRE(first);
    REQUIRE(second);
    CHECK_FALSE(all->enter(1, server));
    CHECK(all->enter(1, wire::InstanceId{2}));
    first.reset();
    CHECK_FALSE(all->enter(1, server));
    second.reset();
    CHECK(all->enter(1, server));
}
