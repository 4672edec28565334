#include "settings/settings.hpp"

#include <algorithm>
#include <asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "api/engine_settings.hpp"
#include "base/limits.hpp"
#include "ferrotunnel/client.hpp"
#include "settings/service.hpp"

namespace ferrotunnel::detail {
namespace {

ClientSettings good_client() {
    ClientSettings settings;
    settings.servers = {"tunnel.example.com:7835"};
    settings.token = Secret::generate();
    return settings;
}

ServerSettings good_server() {
    ServerSettings settings;
    settings.tokens.push_back({Secret::generate(), "mine"});
    return settings;
}

template <typename Settings>
std::vector<std::string> keys_of_problems(Settings& settings) {
    std::vector<Problem> problems;
    check_settings(settings, problems);
    std::vector<std::string> keys;
    for (const Problem& problem : problems) {
        CHECK_FALSE(problem.text.empty());
        keys.push_back(problem.key);
    }
    return keys;
}

using Keys = std::vector<std::string>;

}  // namespace

TEST_CASE("good settings have no problems and get what follows from them", "[settings]") {
    ClientSettings client = good_client();
    client.servers = {"tunnel.example.com"};
    CHECK(keys_of_problems(client).empty());
    CHECK(client.servers == std::vector<std::string>{"tunnel.example.com:7835"});

    ServerSettings server = good_server();
    server.tokens.push_back({Secret::generate(), ""});
    server.bind = "localhost:0";
    server.tcp_bind = "[::1]";
    server.allow_ports = "2222,8000-8100";
    CHECK(keys_of_problems(server).empty());
    CHECK(server.bind == "127.0.0.1:0");
    CHECK(server.tcp_bind == "::1");
    CHECK(server.tokens[1].name == "token-2");
    CHECK(warnings_for(server).empty());
}

TEST_CASE("all problems of a client are found at once", "[settings]") {
    asio::io_context io;
    ClientSettings client;
    client.servers = {"no port:x"};
    client.workers = 2;
    client.run_on = &io;
    client.tls_ca = "/nonexistent/ca.pem";
    client.tls_pin = "sha256:abc";
    client.timing.dead_interval = client.timing.ping_interval;
    client.timing.reconnect_max = std::chrono::milliseconds(1);
    CHECK(keys_of_problems(client) ==
          Keys{"workers", "timing.dead_interval", "timing.reconnect_max", "server", "token", "tls_ca", "tls_pin"});
    ClientSettings none;
    CHECK(keys_of_problems(none) == Keys{"server", "token"});
    ClientSettings plain = good_client();
    plain.tls = false;
    plain.tls_ca = "system";
    plain.tls_pin = "sha256:" + std::string(64, 'a');
    plain.workers = 257;
    CHECK(keys_of_problems(plain) == Keys{"workers", "tls_ca", "tls_pin"});
}

TEST_CASE("limit: memory for visitors' bytes", "[settings]") {
    for (const std::uint64_t bytes : {std::uint64_t{0}, limits::memory_min, limits::memory_settable_max}) {
        ClientSettings client = good_client();
        client.memory_max = bytes;
        CHECK(keys_of_problems(client).empty());
    }
    for (const std::uint64_t bytes : {limits::memory_min - 1, limits::memory_settable_max + 1}) {
        ServerSettings server = good_server();
        server.memory_max = bytes;
        CHECK(keys_of_problems(server) == Keys{"memory_max"});
    }
}

TEST_CASE("a session's own bounds fit several times into the memory of all", "[settings]") {
    ServerSettings server = good_server();
    server.memory_max = limits::memory_min;
    const mux::Settings small = mux_settings(mux::Role::server, server);
    CHECK(small.budget == limits::memory_min / 4);
    CHECK(small.memory_hard == limits::memory_min / 2);
    CHECK(small.outbound_max == limits::memory_min / 4);
    server.memory_max = limits::memory_settable_max;
    const mux::Settings large = mux_settings(mux::Role::server, server);
    CHECK(large.budget == limits::session_budget);
    CHECK(large.memory_hard == limits::session_memory_hard);
    CHECK(large.outbound_max == limits::session_outbound_max);
    server.memory_max = 0;
    CHECK(memory_of(server) >= limits::memory_min);
}

TEST_CASE("all problems of a server are found at once", "[settings]") {
    ServerSettings server;
    server.bind = "example.com:7835";
    server.tcp_bind = "eth0";
    server.tls_chain = "/nonexistent/chain.pem";
    server.allow_ports = "22-";
    server.timing.open_timeout = std::chrono::milliseconds(0);
    CHECK(keys_of_problems(server) ==
          Keys{"timing.open_timeout", "bind", "tcp_bind", "token", "tls_certificate", "allow_ports"});

    for (const unsigned beyond : {0U, limits::sessions_max + 1}) {
        ServerSettings frugal = good_server();
        frugal.connections_per_token = beyond;
        CHECK(keys_of_problems(frugal) == Keys{"connections_per_token"});
        frugal.connections_per_token = limits::sessions_max;
        frugal.ports_per_token = beyond == 0 ? 0 : limits::ports_per_token_settable_max + 1;
        CHECK(keys_of_problems(frugal) == Keys{"ports_per_token"});
        frugal.ports_per_token = limits::ports_per_token_settable_max;
        CHECK(keys_of_problems(frugal).empty());
    }

    ServerSettings twice = good_server();
    twice.tokens.push_back({twice.tokens[0].secret.copy(), "mine"});
    CHECK(keys_of_problems(twice) == Keys{"token", "token"});
}

TEST_CASE("weak tokens are for this machine, unless the user says otherwise", "[settings]") {
    ClientSettings client = good_client();
    client.token = Secret::from_string("hunter2hunter2");
    std::vector<Problem> problems;
    check_settings(client, problems);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].key == "token");
    CHECK(problems[0].text.find("hunter2") == std::string::npos);
    client.allow_weak_token = true;
    CHECK(keys_of_problems(client).empty());
    REQUIRE(warnings_for(client).size() == 1);
    CHECK(warnings_for(client)[0].find("hunter2") == std::string::npos);
    client.allow_weak_token = false;
    client.servers = {"127.0.0.1"};
    CHECK(keys_of_problems(client).empty());

    ServerSettings server = good_server();
    server.tokens[0].secret = Secret::from_string("hunter2hunter2");
    CHECK(keys_of_problems(server) == Keys{"token"});
    server.bind = "127.0.0.1:7835";
    CHECK(keys_of_problems(server).empty());
}

TEST_CASE("a client has several servers, each once, in a list or separated by commas", "[settings]") {
    ClientSettings client = good_client();
    client.servers = {"a.example.com, b.example.com:1", "[::1]"};
    CHECK(keys_of_problems(client).empty());
    CHECK(client.servers == std::vector<std::string>{"a.example.com:7835", "b.example.com:1", "[::1]:7835"});

    client.servers = {"a.example.com", "a.example.com:7835"};
    CHECK(keys_of_problems(client) == Keys{"server"});
    client.servers = {"", " , "};
    CHECK(keys_of_problems(client) == Keys{"server"});
    client.servers = {"a.example.com", "nowhere:x", "b.example.com:0"};
    CHECK(keys_of_problems(client) == Keys{"server", "server"});

    client.servers.clear();
    for (std::size_t i = 0; i < servers_max; ++i) {
        client.servers.push_back("s" + std::to_string(i) + ".example.com");
    }
    CHECK(keys_of_problems(client).empty());
    client.servers.emplace_back("one-more.example.com");
    CHECK(keys_of_problems(client) == Keys{"server"});
}

TEST_CASE("a weak token is refused if one of the servers is not on this machine", "[settings]") {
    ClientSettings client = good_client();
    client.token = Secret::from_string("hunter2hunter2");
    client.servers = {"127.0.0.1", "localhost"};
    CHECK(keys_of_problems(client).empty());
    client.servers = {"127.0.0.1", "tunnel.example.com"};
    CHECK(keys_of_problems(client) == Keys{"token"});
}

TEST_CASE("a client is connected to 1 or 2 servers of a cluster", "[settings]") {
    ClientSettings client = good_client();
    for (const std::uint64_t count : {0U, 3U}) {
        client.redundancy = count;
        CHECK(keys_of_problems(client) == Keys{"redundancy"});
    }
    client.redundancy = 1;
    CHECK(keys_of_problems(client).empty());
    CHECK(ClientValues().redundancy == 2);
}

TEST_CASE("what an earlier start has learned is used as far as it is valid", "[settings]") {
    ClientSettings client = good_client();
    client.known_servers = {"b.example.com", "x:y:z", "c.example.com:0", "[::1]:1"};
    CHECK(keys_of_problems(client).empty());
    CHECK(client.known_servers == std::vector<std::string>{"b.example.com:7835", "[::1]:1"});
    client.known_servers.assign(servers_max + 1, "b.example.com");
    CHECK(keys_of_problems(client).empty());
    CHECK(client.known_servers.size() == servers_max);
}

TEST_CASE("a client has 1 to 16 connections", "[settings]") {
    ClientSettings client = good_client();
    CHECK_FALSE(client.connections);
    for (unsigned count : {1U, limits::trunks_per_tunnel_max}) {
        client.connections = count;
        CHECK(keys_of_problems(client).empty());
    }
    for (unsigned count : {0U, limits::trunks_per_tunnel_max + 1}) {
        client.connections = count;
        CHECK(keys_of_problems(client) == Keys{"connections"});
    }
}

TEST_CASE("less safety is said at start", "[settings]") {
    ClientSettings client = good_client();
    client.tls = false;
    CHECK(keys_of_problems(client).empty());
    REQUIRE(warnings_for(client).size() == 1);
    CHECK(warnings_for(client)[0].find("TLS is off") == 0);
}

TEST_CASE("a service needs a place to lead to, and gets a name", "[settings]") {
    std::vector<Problem> problems;
    Tcp ssh(0, "127.0.0.1:22");
    check_service(ssh, false, problems);
    CHECK(problems.empty());
    CHECK(ssh.name == "127.0.0.1:22");
    Tcp fixed(2222, ":22");
    check_service(fixed, false, problems);
    CHECK(problems.empty());
    CHECK(fixed.name == "tcp:2222");
    CHECK(fixed.local == "localhost:22");
    Tcp served(0);
    check_service(served, true, problems);
    CHECK(problems.empty());
    CHECK(served.name == "tcp:0");

    for (const char* local : {"", "nowhere", "host:0", "host:99999"}) {
        problems.clear();
        Tcp bad(1, local, "web");
        check_service(bad, false, problems);
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].key == "web");
    }
    for (const std::string& name : {std::string("two words"), std::string("line\n"), std::string(65, 'x')}) {
        problems.clear();
        Tcp bad(1, ":1", name);
        check_service(bad, false, problems);
        CHECK(problems.size() == 1);
    }
}

}  // namespace ferrotunnel::detail
