// The builders as an application uses them.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "ferrotunnel/client.hpp"
#include "ferrotunnel/server.hpp"

namespace ferrotunnel {

TEST_CASE("build throws with all problems, try_build tells them", "[builder]") {
    try {
        (void)Client::builder().server("").workers(1000).build();
        FAIL("build() must throw");
    } catch (const config_error& error) {
        CHECK(error.problems().size() == 3);  // workers, server, token
        CHECK(std::string(error.what()).find("server: ") != std::string::npos);
    }
    std::vector<Problem> problems{{"mine", "was there before"}};
    CHECK_FALSE(Server::builder().bind("nonsense").try_build(problems));
    CHECK(problems.size() == 3);  // mine, bind, token
    CHECK(problems[0].key == "mine");
}

TEST_CASE("a builder is used up by building, and handles can be moved and stay unstarted", "[builder]") {
    auto builder = Client::builder();
    builder.server("127.0.0.1:1").token(Secret::generate()).workers(1);
    Client client = builder.build();
    CHECK_THROWS_AS(builder.build(), config_error);
    Client moved = std::move(client);
    CHECK_FALSE(moved.connected());
    CHECK(moved.stats().connects == 0);
    CHECK(moved.wait_ready(std::chrono::milliseconds(0)) == errc::not_running);
    CHECK_THROWS_AS(moved.add(Tcp(0)), config_error);
    const Service first = moved.add(Tcp(0, "127.0.0.1:22", "ssh"));
    CHECK(first.state() == Service::State::pending);
    CHECK_THROWS_AS(moved.add(Tcp(0, "127.0.0.1:23", "ssh")), config_error);
    moved = Client();
    CHECK(first.state() == Service::State::closed);
}

TEST_CASE("empty handles say that nothing runs", "[builder]") {
    Client client;
    CHECK(client.wait_ready(std::chrono::milliseconds(0)) == errc::not_running);
    CHECK(client.stop() == errc::not_running);
    CHECK_THROWS_AS(client.start(), std::system_error);
    Server server;
    CHECK_THROWS_AS(server.start(), std::system_error);
    CHECK(server.stop() == errc::not_running);
}

}  // namespace ferrotunnel
