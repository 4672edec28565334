// A server that orders certificates: what happens while that is switched on and off, with a CA that never answers.
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <system_error>
#include <thread>

#include "api/limits.hpp"
#include "ferrotunnel/control.hpp"
#include "support/temporary_folder.hpp"
#include "unit/api/end_to_end.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;

namespace {

struct AcmeServer {
    AcmeServer() {
        server = settings(true).build();
        server.start();
    }
    Server::Builder settings(bool has_acme) const {
        Acme acme;
        acme.directories = {"http://127.0.0.1:" + std::to_string(silent_ca.local_endpoint().port()) + "/directory"};
        Server::Builder builder = server_builder(token);
        builder.http_bind("127.0.0.1:0").https_bind("127.0.0.1:0").domain("tunnel.test");
        builder.state_dir(folder.path()).control(folder / "server.sock");
        builder.acme(has_acme ? std::optional<Acme>(acme) : std::nullopt);
        return builder;
    }

    TemporaryFolder folder;
    const Secret token = Secret::generate();
    asio::io_context io;
    asio::ip::tcp::acceptor silent_ca{io, {asio::ip::address_v4::loopback(), 0}};
    Server server;
};

/// A caller of `acme records`, which has sent its request.
asio::local::stream_protocol::socket ask_records(AcmeServer& rig) {
    asio::local::stream_protocol::socket caller(rig.io);
    caller.connect(asio::local::stream_protocol::endpoint(rig.server.control_socket()));
    const std::string request = "GET /v1/acme/records?check=1 HTTP/1.1\r\nHost: control\r\n\r\n";
    asio::write(caller, asio::buffer(request));
    return caller;
}

std::string rest_of(asio::local::stream_protocol::socket& caller) {
    std::string text;
    std::error_code end;
    asio::read(caller, asio::dynamic_buffer(text), end);
    return text;
}

std::string why_no_records(const Control& control) {
    try {
        return control.acme_records();
    } catch (const control_error& error) {
        return std::to_string(error.status()) + ' ' + error.what();
    }
}

}  // namespace

TEST_CASE("callers that wait for a CA are answered when `acme` is removed", "[threads][acme]") {
    AcmeServer rig;
    const Control control(rig.server.control_socket(), patience);
    asio::local::stream_protocol::socket one = ask_records(rig);
    asio::local::stream_protocol::socket other = ask_records(rig);
    (void)control.status();  // answered behind those two: they wait by now
    CHECK(rig.server.apply(rig.settings(false)).ok());
    for (asio::local::stream_protocol::socket* const caller : {&one, &other}) {
        const std::string answer = rest_of(*caller);
        CHECK(answer.starts_with("HTTP/1.1 409 "));
        CHECK(answer.find("This server orders no certificates any more") != std::string::npos);
    }
    CHECK(why_no_records(control).starts_with("409 This server orders no certificates: "));
}

TEST_CASE("records of a bounded number of hosts are asked for at a time, of hosts that CAs know", "[threads][acme]") {
    AcmeServer rig;
    const auto ask = [&rig](const std::string& host, std::chrono::milliseconds time = patience) {
        try {
            return Control(rig.server.control_socket(), time).acme_records(true, host);
        } catch (const control_error& error) {
            return std::to_string(error.status());
        }
    };
    CHECK(ask("127.0.0.1") == "400");
    CHECK(ask("a b.test") == "400");
    constexpr std::chrono::milliseconds while_silent(300);  // the CA does not answer
    for (std::size_t i = 0; i < limits::acme_questions_max; ++i) {
        CHECK(ask("h" + std::to_string(i) + ".test", while_silent) == "0");
    }
    CHECK(ask("more.test") == "409");
    CHECK(ask("h0.test", while_silent) == "0");  // shares an answer
}

TEST_CASE("a server may end while `acme` is switched on and off", "[threads][acme]") {
    for (int round = 0; round < 10; ++round) {
        AcmeServer rig;
        std::error_code refused;
        std::thread changes([&rig, &refused] {
            try {
                for (bool has_acme = false;; has_acme = !has_acme) {
                    (void)rig.server.apply(rig.settings(has_acme));
                }
            } catch (const std::system_error& error) {
                refused = error.code();
            }
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(3 * round));
        CHECK_FALSE(rig.server.stop());
        changes.join();
        CHECK(refused == errc::not_running);
    }
}
