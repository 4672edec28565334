// A server as a member of a cluster whose other member cannot be reached: its start, its key, its control API.
#include <algorithm>
#include <asio.hpp>
#include <asio/use_future.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "api/server_cluster.hpp"
#include "base/base64url.hpp"
#include "base/bytes.hpp"
#include "ferrotunnel/client.hpp"
#include "ferrotunnel/control.hpp"
#include "ferrotunnel/detail/cluster_key_file.hpp"
#include "net/host_port.hpp"
#include "support/temporary_folder.hpp"
#include "unit/api/apply_texts.hpp"
#include "unit/api/end_to_end.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;

namespace {

struct ClusterServer {
    ClusterServer() { write_key(detail::new_cluster_key_file().text.reveal()); }
    void write_key(std::string_view text) const {
        std::filesystem::remove(key);
        std::ofstream(key) << text;
        std::filesystem::permissions(key, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    }
    Server::Builder settings(std::optional<Cluster> cluster) const {
        Server::Builder builder = server_builder(token);
        builder.http_bind("127.0.0.1:0").control(folder / "server.sock").cluster(std::move(cluster));
        return builder;
    }
    Cluster member(const std::string& listen = "127.0.0.1:0") const {
        return {"a", listen, key, {{"b", "127.0.0.1:1"}}};
    }
    void start() {
        server = settings(member()).build();
        server.start();
    }
    nlohmann::json state() const { return nlohmann::json::parse(Control(server.control_socket(), patience).cluster()); }

    TemporaryFolder folder;
    const std::string key = folder / "cluster.key";
    const Secret token = Secret::generate();
    Server server;
};

using Texts = std::vector<std::string>;

std::string forget_outcome(const Server& server, const std::string& member) {
    try {
        return Control(server.control_socket(), patience).cluster_forget(member);
    } catch (const control_error& error) {
        return std::to_string(error.status()) + ' ' + error.what();
    }
}

std::string base64(const std::string& text) {
    std::string encoded = encode_base64url(as_bytes(text));
    std::replace(encoded.begin(), encoded.end(), '-', '+');
    std::replace(encoded.begin(), encoded.end(), '_', '/');
    return encoded.append((4 - encoded.size() % 4) % 4, '=');
}

}  // namespace

TEST_CASE("a member of a cluster listens, and shows the members", "[threads][server-cluster]") {
    ClusterServer rig;
    rig.start();
    const nlohmann::json state = rig.state();
    CHECK(state.at("member") == "a");
    CHECK(state.at("listen").get<std::string>().starts_with("127.0.0.1:"));
    CHECK_FALSE(state.at("listen").get<std::string>().ends_with(":0"));
    REQUIRE(state.at("members").size() == 1);
    CHECK(state.at("members").at(0).at("name") == "b");
    CHECK(state.at("members").at(0).at("address") == "127.0.0.1:1");
    CHECK(state.at("members").at(0).at("linked") == false);
    CHECK(nlohmann::json::parse(Control(rig.server.control_socket(), patience).status()).contains("cluster"));
    CHECK(rig.server.metrics_text().find("\nferrotunnel_cluster_linked{member=\"b\"} 0\n") != std::string::npos);
    CHECK(forget_outcome(rig.server, "x").starts_with("409 "));
    CHECK_FALSE(rig.server.stop());
}

TEST_CASE("members derive one key of sticky cookies, and accept that of a second key of the file", "[server-cluster]") {
    const directory::ClientId group{{1}, {2}};
    const auto keys_of = [](std::uint8_t first, std::optional<std::uint8_t> second) {
        const auto key = [](std::uint8_t byte) {
            return transport::ClusterKey(std::vector<std::uint8_t>(transport::ClusterKey::size_bytes, byte), byte);
        };
        return transport::ClusterKeys{key(first), second ? std::optional(key(*second)) : std::nullopt};
    };
    const auto at_a = detail::sticky_key_of(keys_of(1, {}));
    const auto at_b = detail::sticky_key_of(keys_of(1, 2));  // has the file with the next key already
    CHECK(at_a->cookie_name(group) == at_b->cookie_name(group));
    CHECK(at_a->tag(group, "laptop", 0) == at_b->tag(group, "laptop", 0));
    CHECK(at_a->accepted() == nullptr);
    const auto switched = detail::sticky_key_of(keys_of(2, 1));
    CHECK(switched->tag(group, "laptop", 0) != at_a->tag(group, "laptop", 0));
    REQUIRE(switched->accepted() != nullptr);
    CHECK(switched->accepted()->cookie_name(group) == at_a->cookie_name(group));
    CHECK(switched->accepted()->tag(group, "laptop", 0) == at_a->tag(group, "laptop", 0));
    REQUIRE(at_b->accepted() != nullptr);
    CHECK(at_b->accepted()->tag(group, "laptop", 0) == switched->tag(group, "laptop", 0));
}

TEST_CASE("requests are forwarded to members that are linked; this member answers its own",
          "[threads][server-cluster]") {
    ClusterServer rig;
    rig.start();
    const Control control(rig.server.control_socket(), patience);
    const auto asked = [&control](const std::string& member, const std::string& path = "/v1/status") {
        try {
            return control.of_member(member).ask("GET", path);
        } catch (const control_error& error) {
            return std::to_string(error.status()) + ' ' + error.code() + ": " + error.what();
        }
    };
    CHECK(asked("b").starts_with("503 not_linked: The member \"b\" cannot be reached from here"));
    CHECK(asked("x") ==
          "404 not_found: \"x\" is not a member of the cluster. This server is a; the others that it knows are b.");
    CHECK(nlohmann::json::parse(asked("a")).at("side") == "server");
    CHECK(asked("a", "/v1/cluster/members/b/status").starts_with("409 not_here: "));
    CHECK(asked("b", "/v2/status").starts_with("404 not_found"));  // not forwarded
    CHECK(nlohmann::json::parse(control.cluster_names()).at("names").empty());
    CHECK(nlohmann::json::parse(control.services()).at("elsewhere") == 0);
    try {
        (void)control.of_client("nas").services();
        FAIL("there is no client");
    } catch (const control_error& error) {
        CHECK(error.status() == 404);
        CHECK(std::string(error.what()) ==
              "No connected client has the name or the id \"nas\". These members of the "
              "cluster could not be asked: b.");
    }
    CHECK_FALSE(rig.server.stop());
}

TEST_CASE("a server that is alone has no cluster", "[threads][server-cluster]") {
    ClusterServer rig;
    rig.server = rig.settings(std::nullopt).build();
    rig.server.start();
    CHECK(forget_outcome(rig.server, "b").starts_with("409 This server is not a member of a cluster"));
    CHECK_FALSE(nlohmann::json::parse(Control(rig.server.control_socket(), patience).status()).contains("cluster"));
    CHECK(rig.server.metrics_text().find("\nferrotunnel_cluster_linked{") == std::string::npos);
}

TEST_CASE("a service of a client at another member is dialled by name, by port, and through CONNECT",
          "[threads][server-cluster]") {
    const ClusterServer b_rig;
    const ClusterServer a_rig;
    std::filesystem::copy_file(b_rig.key, a_rig.key, std::filesystem::copy_options::overwrite_existing);
    const auto member = [&](const ClusterServer& rig, const Cluster& cluster) {
        Server::Builder builder = server_builder(b_rig.token);
        builder.connect_bind("127.0.0.1:0").control(rig.folder / "server.sock").cluster(cluster);
        Server server = builder.build();
        server.start();
        return server;
    };
    const auto state = [](const Server& server) {
        return nlohmann::json::parse(Control(server.control_socket(), patience).cluster());
    };
    Server b = member(b_rig, {"b", "127.0.0.1:0", b_rig.key, {{"a", "127.0.0.1:1"}}});
    Server a = member(a_rig, {"a", "127.0.0.1:0", a_rig.key, {{"b", state(b).at("listen").get<std::string>()}}});
    Client client = client_builder(b_rig.token, b.client_endpoint()).name("alice").build();
    const Echo echo;
    Service desk = client.add(Tcp::private_service("desk", echo.address()));
    Service line = client.add(to(echo.address()));
    REQUIRE(eventually([&] {  // else the client is told that b cannot ask a about its names now
        return state(b).at("members").at(0).at("linked") == true && state(b).at("recovering") == false;
    }));
    client.start();
    REQUIRE_FALSE(client.wait_ready(patience));
    const std::string port = ':' + std::to_string(line.port());

    const auto echoed = [&](const OpenTarget& target) -> std::error_code {
        try {
            Stream stream = a.async_open(target, asio::use_future).get();
            std::string got(5, ' ');
            asio::async_write(stream, asio::buffer("hello", 5), asio::use_future).get();
            asio::async_read(stream, asio::buffer(got), asio::use_future).get();
            CHECK(got == "hello");
            return {};
        } catch (const std::system_error& error) {
            return error.code();
        }
    };
    REQUIRE(eventually([&] { return !echoed({"desk"}) && !echoed({port}); }));
    CHECK(echoed({"desk", "alice"}) == errc::unknown_service);  // members do not know clients' names
    CHECK(echoed({"service"}) == errc::unknown_service);        // nor those of public services
    CHECK(echoed({"nothing"}) == errc::unknown_service);

    const auto named = [&](const std::string& name) {
        const auto at = net::parse_host_port(a.connect_endpoint());
        asio::io_context io;
        asio::ip::tcp::socket socket(io);
        socket.connect({asio::ip::make_address(at->host), at->port});
        const std::string password = base64("me:" + std::string(b_rig.token.reveal()));
        const std::string head = "CONNECT " + name + ":1 HTTP/1.1\r\nHost: " + name +
                                 ":1\r\nProxy-Authorization: Basic " + password + "\r\n\r\n";
        asio::write(socket, asio::buffer(head + "hello"));
        std::string answer;
        std::error_code error;
        asio::read_until(socket, asio::dynamic_buffer(answer), "\r\n\r\n", error);
        const std::string status = answer.substr(9, 3);
        answer.erase(0, answer.find("\r\n\r\n") + 4);
        if (status == "200") {
            asio::read(socket, asio::dynamic_buffer(answer), asio::transfer_exactly(5 - answer.size()), error);
        }
        return status == "200" ? answer : status;
    };
    CHECK(named("desk") == "hello");
    CHECK(named("DESK") == "hello");
    CHECK(named("service") == "404");
    CHECK(named("desk.alice") == "404");
    CHECK(a.stop(patience) == std::error_code());
}

TEST_CASE("a changed key file is used when settings are applied; other changes need a restart",
          "[threads][server-cluster]") {
    ClusterServer rig;
    rig.start();
    CHECK(texts_of(rig.server.apply(rig.settings(rig.member()))).empty());
    rig.write_key(detail::next_cluster_key_file(rig.key, detail::ClusterKeyStep::add).text.reveal());
    CHECK(texts_of(rig.server.apply(rig.settings(rig.member()))) == Texts{"server.cluster.key changed"});
    CHECK(texts_of(rig.server.apply(rig.settings(rig.member()))).empty());

    Cluster other = rig.member();
    other.control = false;
    CHECK(texts_of(rig.server.apply(rig.settings(other))) == Texts{"server.cluster.control changed"});
    other.control = true;
    CHECK(texts_of(rig.server.apply(rig.settings(other))) == Texts{"server.cluster.control changed"});
    other.name = "c";
    ApplyReport report = rig.server.apply(rig.settings(other));
    CHECK(report.ok());
    CHECK(report.needs_restart == Texts{"server.cluster.name"});
    report = rig.server.apply(rig.settings(std::nullopt));
    CHECK(report.ok());
    CHECK(texts_of(report).empty());
    CHECK(report.needs_restart.front() == "server.cluster");
    CHECK(rig.state().at("member") == "a");

    rig.write_key("nothing\n");
    report = rig.server.apply(rig.settings(rig.member()));
    REQUIRE(report.problems.size() == 1);
    CHECK(report.problems.front().key == "cluster.key");
    CHECK(rig.state().at("member") == "a");
}

TEST_CASE("a start fails if members cannot connect, and can be repeated", "[threads][server-cluster]") {
    ClusterServer first;
    first.start();
    const std::string taken = first.state().at("listen");
    ClusterServer second;
    second.server = second.settings(second.member(taken)).build();
    std::string what;
    try {
        second.server.start();
    } catch (const std::system_error& error) {
        what = error.what();
    }
    CHECK(what.find("listen for members of the cluster on " + taken) != std::string::npos);
    CHECK_FALSE(first.server.stop());
    std::error_code error;
    second.server.start(error);
    CHECK_FALSE(error);
    CHECK(second.state().at("listen") == taken);
}

TEST_CASE("a key file that others may read is no setting", "[server-cluster]") {
    const ClusterServer rig;
    std::filesystem::permissions(rig.key, std::filesystem::perms::group_read, std::filesystem::perm_options::add);
    Server::Builder builder = rig.settings(rig.member());
    const std::vector<Problem> problems = builder.check();
    REQUIRE(problems.size() == 1);
    CHECK(problems.front().key == "cluster.key");
    CHECK(problems.front().text.find("other users may access it") != std::string::npos);
    CHECK_THROWS_AS(builder.build(), config_error);
}
