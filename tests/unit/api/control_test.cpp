// The control socket of whole clients and servers, asked through Control.
#include "ferrotunnel/control.hpp"

#include <sys/stat.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/temporary_folder.hpp"
#include "unit/api/end_to_end.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;

namespace {

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

// What the program refuses: "404 not_found: There is ...".
template <typename Ask>
std::string refusal_of(Ask ask) {
    try {
        return "no refusal: " + ask();
    } catch (const control_error& error) {
        CHECK(error.why() == control_error::Why::refused);
        return std::to_string(error.status()) + ' ' + error.code() + ": " + error.what();
    }
}

struct Both {
    TemporaryFolder folder;
    Echo echo;
    const Secret token = Secret::generate();
    Server server;
    Client client;
    Service service;

    Both() {
        Rights rights;
        rights.ports = {{"any"}};
        rights.visitors = 7;
        server = server_builder(token)
                     .control(folder / "server.sock")
                     .add_token(Secret::generate(), "other", rights)
                     .build();
        server.start();
        client = client_builder(token, server.client_endpoint())
                     .name("alice")
                     .connections(2)
                     .control(folder / "client.sock")
                     .build();
        service = client.add(to(echo.address()));
        client.start();
        REQUIRE_FALSE(client.wait_ready(patience));
    }
    Control of_server() const { return Control(server.control_socket()); }
    Control of_client() const { return Control(client.control_socket()); }
};

}  // namespace

TEST_CASE("both sides tell by their control sockets what they do", "[threads][control]") {
    Both both;
    CHECK(both.server.control_socket() == both.folder / "server.sock");
    const std::string server = both.of_server().status();
    CHECK(has(server, R"("side":"server")"));
    CHECK(has(server, R"("name":"alice")"));
    CHECK(has(server, both.service.endpoint()));
    const std::string client = both.of_client().status();
    CHECK(has(client, R"("side":"client")"));
    CHECK(has(client, R"("state":"registered")"));
    CHECK(has(both.of_client().services(), R"("kind":"tcp")"));
    CHECK(has(both.of_server().services(), R"("client":"alice")"));
    CHECK(has(both.of_server().tunnels(), R"("connections":)"));
    const std::string tokens = both.of_server().tokens();
    CHECK(has(tokens, R"("name":"other")"));
    CHECK(has(tokens, R"("visitors":7)"));
    CHECK(has(tokens, R"("ports":"any")"));
    CHECK_FALSE(has(tokens, std::string(both.token.reveal())));
    CHECK(refusal_of([&] { return both.of_client().tokens(); }).starts_with("404 not_here"));
    CHECK(refusal_of([&] { return both.of_server().add_service("{}"); }).starts_with("404 not_here"));
    CHECK(refusal_of([&] { return both.of_client().acme(); }).starts_with("404 not_here"));
    CHECK(refusal_of([&] { return both.of_server().acme(); }).starts_with("409 off"));
    CHECK(refusal_of([&] { return both.of_server().acme_renew("a.test"); }).starts_with("409 off"));
    CHECK(refusal_of([&] { return both.of_server().acme_records(); }).starts_with("409 off"));
    CHECK(refusal_of([&] { return both.of_server().acme_change_keys(); }).starts_with("409 off"));
}

TEST_CASE("services are added and removed by the control socket", "[threads][control]") {
    Both both;
    const Control control = both.of_client();
    const std::string description = R"({"tcp": 0, "name": "more", "local": ")" + both.echo.address() + "\"}";
    CHECK(has(control.add_service(description), R"("name":"more")"));
    CHECK(eventually([&] { return both.server.stats().services == 2; }));
    CHECK(has(refusal_of([&] { return control.add_service(description); }),
              "422 invalid: more: this client already has a service with that name"));
    CHECK(has(refusal_of([&] { return control.add_service(R"({"tcp": 70000, "local": "${HOME}"})"); }), "422 invalid"));
    CHECK(has(refusal_of([&] { return control.add_service("[1]"); }), "400 invalid"));
    CHECK(has(control.remove_service("more"), "more"));
    CHECK(eventually([&] { return both.server.stats().services == 1; }));
    CHECK(refusal_of([&] { return control.remove_service("more"); }).starts_with("404 not_found"));
    for (const std::string kind : {R"({"udp": 0, "local": "127.0.0.1:9", "name": "u"})",
                                   R"({"http": "a.example.com", "local": "127.0.0.1:9", "name": "h"})",
                                   R"({"tls": "b.example.com", "local": "127.0.0.1:9", "name": "t"})"}) {
        CHECK(has(control.add_service(kind), R"("name")"));
    }
    CHECK(has(control.services(), R"("kind":"udp")"));
}

TEST_CASE("a client that is kicked comes back", "[threads][control]") {
    Both both;
    // All connections are there: none of their logins is taken for the one after the kick.
    REQUIRE(eventually([&] { return both.server.tunnels().at(0).connections == 2; }));
    const auto logins = both.server.stats().logins;
    CHECK(refusal_of([&] { return both.of_server().kick("bob"); }).starts_with("404 not_found"));
    CHECK(has(both.of_server().kick("alice"), R"({"kicked":1})"));
    CHECK(eventually([&] { return both.server.stats().logins > logins && both.server.stats().services == 1; }));
    const std::uint64_t id = both.server.tunnels().at(0).id;
    const auto before = both.server.stats().logins;
    CHECK(both.server.kick(id + 1) == 0);
    CHECK(both.server.kick_by_name("nobody", 1min) == 0);
    CHECK(both.server.kick_by_name(std::to_string(id)) == 0);  // a name may look like the id of another client
    CHECK(both.server.kick(id) == 1);
    REQUIRE(eventually([&] { return both.server.stats().logins > before && both.server.stats().services == 1; }));

    // One that is kept out for a time comes back when it is over, which another kick may change.
    CHECK(has(both.of_server().kick("alice", 3'600), R"({"kicked":1,"kept_out":1})"));
    CHECK(eventually([&] { return both.server.stats().logins_refused != 0; }));
    CHECK(eventually([&] { return both.server.stats().clients == 0; }));  // its second connection ends on its own
    CHECK(has(both.of_server().status(), R"("name":"alice","token":"token-1","seconds":3)"));
    CHECK(has(both.of_server().kick("alice", 1), R"({"kicked":0,"kept_out":1})"));
    CHECK(eventually([&] { return both.server.stats().services == 1; }));
}

TEST_CASE("the program says what reload and drain do", "[threads][control]") {
    Both both;
    const Control control = both.of_server();
    CHECK(refusal_of([&] { return control.reload(); }).starts_with("501 unsupported"));
    CHECK(refusal_of([&] { return control.drain(); }).starts_with("501 unsupported"));

    both.server.on_reload([] { return ReloadAnswer{{"token"}, {"bind"}, {}}; });
    CHECK(has(control.reload(), R"({"applied":["token"],"needs_restart":["bind"],"problems":[],"unchanged":[],)"
                                R"("counts":{"applied":1,"unchanged":0,"needs_restart":1}})"));
    both.server.on_reload([] { return ReloadAnswer{{}, {}, {"f.yml:1:2: no such key"}}; });
    CHECK(has(refusal_of([&] { return control.reload(); }), "f.yml:1:2: no such key"));
    both.server.on_reload([]() -> ReloadAnswer { throw std::runtime_error("the file is gone"); });
    CHECK(refusal_of([&] { return control.reload(); }) == "500 internal: the file is gone");

    std::vector<std::optional<std::chrono::milliseconds>> drains;
    both.server.on_drain([&](std::optional<std::chrono::milliseconds> time) { drains.push_back(time); });
    (void)control.drain();
    (void)control.drain(1.5);
    CHECK(drains == std::vector<std::optional<std::chrono::milliseconds>>{std::nullopt, 1'500ms});

    std::error_code came;
    both.server.on_reload([&] {
        came = both.server.stop();
        return ReloadAnswer{};
    });
    (void)control.reload();
    CHECK(came == errc::would_deadlock);
}

TEST_CASE("the control socket answers while visitors finish, and goes with the end", "[threads][control]") {
    Both both;
    const Control control = both.of_server();
    Visitor visitor(both.service.port());
    REQUIRE(visitor.echoes("here"));
    std::thread stopping([&] { (void)both.server.stop(std::chrono::hours(1)); });
    CHECK(eventually([&] { return has(control.status(), R"("draining":true)"); }));
    CHECK(has(control.drain(), "true"));  // it is under way already
    CHECK(visitor.echoes("still here"));
    (void)both.client.stop();
    stopping.join();
    CHECK_FALSE(std::filesystem::exists(both.folder / "server.sock"));
    CHECK(both.server.control_socket().empty());
    try {
        (void)control.status();
        FAIL("nobody is there");
    } catch (const control_error& error) {
        CHECK(error.why() == control_error::Why::nobody);
    }
}

TEST_CASE("a stop while somebody asks ends at once", "[threads][control]") {
    for (int round = 0; round < 5; ++round) {
        Both both;
        std::atomic<bool> done{false};
        std::thread asking([&, path = both.server.control_socket()] {
            while (!done.load()) {
                try {
                    (void)Control(path).status();
                } catch (const control_error&) {
                }
            }
        });
        (void)both.server.stop();
        (void)both.client.stop();
        done.store(true);
        asking.join();
    }
}

TEST_CASE("a control socket that cannot be made keeps a client or server from starting", "[control]") {
    const TemporaryFolder folder;
    REQUIRE(::chmod(folder.path().c_str(), 0777) == 0);
    const Secret token = Secret::generate();
    Server server = server_builder(token).control(folder / "server.sock").build();
    CHECK_THROWS_WITH(server.start(), Catch::Contains("open the control socket: other users can write to the folder"));
    Client client = client_builder(token, "127.0.0.1:1").control(folder / "client.sock").build();
    CHECK_THROWS_WITH(client.start(), Catch::Contains("open the control socket: other users can write to the folder"));
    REQUIRE(::chmod(folder.path().c_str(), 0700) == 0);
    server.start();  // it may be tried again
    client.start();
    CHECK_FALSE(server.control_socket().empty());
    CHECK_FALSE(client.control_socket().empty());
}

TEST_CASE("a control socket beside an application's io_context", "[threads][control]") {
    const TemporaryFolder folder;
    asio::io_context io;
    Runner runner(io);
    const Secret token = Secret::generate();
    Server server = server_builder(token).control(folder / "server.sock").run_on(io).build();
    server.start();
    CHECK(has(Control(server.control_socket()).status(), R"("clients":0)"));
    runner.call([&] { server = Server(); });
    CHECK_FALSE(std::filesystem::exists(folder / "server.sock"));
}

TEST_CASE("without a control socket there is none", "[control]") {
    const Secret token = Secret::generate();
    Server server = server_builder(token).build();
    server.start();
    CHECK(server.control_socket().empty());
    CHECK(Server().control_socket().empty());
    CHECK(Client().control_socket().empty());
}
