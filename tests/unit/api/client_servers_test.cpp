// A client's servers, as its statistics show them: from what its link reports of single connections.
#include <catch2/catch.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "api/client_status.hpp"

namespace ferrotunnel::detail {
namespace {

using session::LinkNotice;
using ServerRow = std::tuple<std::string, std::string, unsigned>;
using ServerRows = std::vector<ServerRow>;

ServerRows servers_of(const ClientStatus& status) {
    ClientStats stats;
    status.add_to(stats);
    ServerRows servers;
    for (const ClientServerStats& server : stats.servers) {
        servers.emplace_back(server.address, server.member, server.connections);
    }
    return servers;
}

LinkNotice notice_of(LinkNotice::Kind kind, unsigned trunk, const std::string& server, const std::string& member) {
    LinkNotice notice;
    notice.kind = kind;
    notice.trunk = trunk;
    notice.server = server;
    notice.member = member;
    return notice;
}

}  // namespace

TEST_CASE("servers: each has its connections, by the numbers of the link", "[client-servers]") {
    ClientStatus status(false);
    CHECK(servers_of(status).empty());
    status.record(notice_of(LinkNotice::Kind::connected, 1, "a:1", "a"));
    status.record(notice_of(LinkNotice::Kind::joined, 2, "a:1", "a"));
    status.record(notice_of(LinkNotice::Kind::joined, 3, "b:1", "b"));
    CHECK(servers_of(status) == ServerRows{{"a:1", "a", 2}, {"b:1", "b", 1}});
    status.record(notice_of(LinkNotice::Kind::degraded, 3, "b:1", "b"));
    CHECK(servers_of(status) == ServerRows{{"a:1", "a", 2}, {"b:1", "b", 0}});
}

TEST_CASE("servers: all connections leave a server with the first one", "[client-servers]") {
    ClientStatus status(false);
    status.record(notice_of(LinkNotice::Kind::connected, 1, "a:1", "a"));
    status.record(notice_of(LinkNotice::Kind::joined, 3, "b:1", "b"));
    status.record(notice_of(LinkNotice::Kind::joined, 4, "b:1", "b"));
    status.record(notice_of(LinkNotice::Kind::joined, 3, "c:1", "c"));
    CHECK(servers_of(status) == ServerRows{{"a:1", "a", 1}, {"c:1", "c", 1}, {"b:1", "b", 0}});
    status.record(notice_of(LinkNotice::Kind::joined, 4, "c:1", "c"));
    CHECK(servers_of(status) == ServerRows{{"a:1", "a", 1}, {"c:1", "c", 2}});
}

TEST_CASE("servers: those that are known are texts with ports", "[client-servers]") {
    ClientStatus status(false);
    status.set_known_servers({{"b.example.com", 7835}, {"::1", 1}});
    CHECK(status.known_servers() == std::vector<std::string>{"b.example.com:7835", "[::1]:1"});
}

}  // namespace ferrotunnel::detail
