// Old names of the public API, which compile until 0.3: each has the effect of its new name. Only this file uses them.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "ferrotunnel/client.hpp"
#include "ferrotunnel/config.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/plugin.hpp"
#include "ferrotunnel/program.hpp"
#include "ferrotunnel/server.hpp"
#include "support/temporary_folder.hpp"
#include "unit/api/end_to_end.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

using namespace ferrotunnel;
using namespace ferrotunnel::test;

namespace {

class IdlePlugin final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{.name = "idle", .version = "1"};
};

std::size_t close_all(const std::vector<PassedSocket>& sockets) {
    for (const PassedSocket& one : sockets) {
        ::close(one.descriptor);
    }
    return sockets.size();
}

}  // namespace

TEST_CASE("old names: errors and files", "[old-names]") {
    static_assert(errc::trunk_lost == errc::connection_lost);
    const Config config = Config::parse("server: {tls: off}\nclient: {server: a.example.com}\n", "f.yml");
    CHECK(config.server_section().tls_off);
    CHECK_FALSE(config.server_section().tls);
    CHECK_FALSE(config.client_section().tls_off);
    CHECK(config.client_section().tls);
}

TEST_CASE("old names: builders, and a running client and server", "[old-names]") {
    const Secret token = Secret::generate();
    Server server = Server::builder()
                        .bind("127.0.0.1:0")
                        .tcp_bind("127.0.0.1")
                        .token(token.copy())
                        .token(Secret::generate(), "other", {}, Secret::generate())
                        .plugin({.library = &plugin::library<IdlePlugin>})
                        .tls_off()
                        .build();
    server.start();
    CHECK(server.plugins().size() == 1);
    CHECK(server.tls_pin().empty());
    CHECK(server.control_endpoint() == server.client_endpoint());
    Client client = client_builder(token, server.client_endpoint()).name("alice").tls_off(true).build();
    client.start();
    REQUIRE(eventually([&] { return server.tunnels().size() == 1; }));
    CHECK(server.kick("nobody") == 0);
    CHECK(server.kick("alice") == 1);
    REQUIRE(eventually([&] { return server.stats().logins > 1 && server.tunnels().size() == 1; }));
    CHECK(server.kick(std::to_string(server.tunnels().at(0).id), std::chrono::milliseconds(1)) == 1);
}

TEST_CASE("old names: what programs use", "[old-names]") {
    const Secret token = Secret::generate();
    Server server = server_builder(token).build();
    server.inherit({});
    server.start();
    server.on_trial({});
    server.on_trial_left({});
    server.on_compare({});
    server.note_reload(true);
    server.note_reload(false, "why");
    server.take_control_name();
    CHECK(close_all(server.sockets()) == close_all(program::sockets(server)));
    CHECK(server.socket_changes() == program::socket_changes(server));
    CHECK(server.is_replaced() == program::is_replaced(server));

    const TemporaryFolder folder;
    Client client = client_builder(token, server.client_endpoint()).build();
    client.on_trial({});
    client.on_trial_left({});
    client.on_compare({});
    client.note_reload(true);
    client.note_reload(false, "why");
    client.keep_services_beside(folder / "ferrotunnel.yml");
}

#pragma GCC diagnostic pop
