// Addresses for HTTP visitors that are added to a running server, and taken away.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "api/limits.hpp"
#include "unit/api/end_to_end.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;

namespace {

class Browser {
public:
    explicit Browser(const std::string& endpoint) : socket_(io_) {
        const auto port = static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
        socket_.connect({asio::ip::make_address("127.0.0.1"), port}, error_);
    }
    bool is_connected() const { return !error_; }
    /// The status line's number; empty: there was no answer.
    std::string status() {
        asio::write(socket_, asio::buffer(std::string("GET / HTTP/1.1\r\nHost: nobody.test\r\n\r\n")), error_);
        std::string head;
        char byte = 0;
        while (!error_ && head.find("\r\n\r\n") == std::string::npos) {
            asio::read(socket_, asio::buffer(&byte, 1), error_);
            head += byte;
        }
        const std::size_t length = head.find("Content-Length: ");
        if (!error_ && length != std::string::npos) {
            std::string body(std::stoul(head.substr(length + 16)), ' ');
            asio::read(socket_, asio::buffer(body), error_);
        }
        return error_ ? "" : head.substr(9, 3);
    }

private:
    asio::io_context io_;
    tcp::socket socket_;
    std::error_code error_;
};

std::error_code code_of(Server& server, Server::Visitors visitors, const std::string& address) {
    try {
        server.add_listener(visitors, address);
    } catch (const std::system_error& error) {
        return error.code();
    }
    return {};
}

}  // namespace

TEST_CASE("a running server listens at one more address, and no more there", "[listeners]") {
    Server server = server_builder(Secret::generate()).http_bind("127.0.0.1:0").https_bind("127.0.0.1:0").build();
    CHECK(code_of(server, Server::Visitors::http, "127.0.0.1:0") == errc::not_running);
    server.start();
    const std::string first = lasting_address();  // is given up, and taken again
    CHECK(server.add_listener(Server::Visitors::http, first) == first);
    const std::string second = server.add_listener(Server::Visitors::http, "127.0.0.1:0");
    CHECK(first != second);
    Browser staying(first);
    CHECK(staying.status() == "404");
    CHECK(Browser(second).status() == "404");
    CHECK(code_of(server, Server::Visitors::http, first) == std::errc::address_in_use);

    CHECK(server.remove_listener(first));
    CHECK_FALSE(server.remove_listener(first));
    REQUIRE(eventually([&] { return !Browser(first).is_connected(); }));
    CHECK(staying.status() == "404");  // who has come continues
    CHECK(Browser(second).status() == "404");
    CHECK(Browser(server.http_endpoint()).status() == "404");
    CHECK_FALSE(server.remove_listener(server.http_endpoint()));  // start() has made that one
    CHECK(server.add_listener(Server::Visitors::http, first) == first);
    CHECK(Browser(first).status() == "404");

    const std::string by_tls = server.add_listener(Server::Visitors::https, "127.0.0.1:0");
    CHECK(Browser(by_tls).status() == "400");  // plain HTTP where TLS is spoken
    CHECK(Browser(by_tls).is_connected());
    CHECK(server.remove_listener(by_tls));

    (void)server.stop();
    CHECK(eventually([&] { return !Browser(second).is_connected(); }));
    CHECK(code_of(server, Server::Visitors::http, "127.0.0.1:0") == errc::not_running);
}

TEST_CASE("what a running server cannot listen on is refused with its reason", "[listeners]") {
    Server server = server_builder(Secret::generate()).http_bind("127.0.0.1:0").build();
    server.start();
    CHECK_THROWS_AS(server.add_listener(Server::Visitors::http, "nowhere"), config_error);
    CHECK(code_of(server, Server::Visitors::https, "127.0.0.1:0") == errc::unsupported);
    CHECK(code_of(server, Server::Visitors::http, server.client_endpoint()) == std::errc::address_in_use);
    CHECK_THROWS_AS(Server().add_listener(Server::Visitors::http, "127.0.0.1:0"), std::system_error);
    CHECK_THROWS_AS(Server().remove_listener("127.0.0.1:1"), std::system_error);
}

TEST_CASE("limit: so many addresses are added to a running server", "[listeners]") {
    Server server = server_builder(Secret::generate()).http_bind("127.0.0.1:0").build();
    server.start();
    std::vector<std::string> added;
    while (added.size() < limits::added_listeners_max) {
        added.push_back(server.add_listener(Server::Visitors::http, "127.0.0.1:0"));
    }
    CHECK(code_of(server, Server::Visitors::http, "127.0.0.1:0") == errc::busy);
    CHECK(server.remove_listener(added.back()));
    CHECK(code_of(server, Server::Visitors::http, "127.0.0.1:0") == std::error_code());
}
