// The edge's answers to CAs that check a host: HTTP-01 and TLS-ALPN-01.
#include <catch2/catch.hpp>
#include <optional>
#include <string>

#include "transport/visitor_tls.hpp"
#include "unit/ingress/edge_rig.hpp"
#include "unit/transport/visitor_client.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::ingress;
using namespace ferrotunnel::ingress::test;
using transport::test::VisitorClient;
using transport::test::VisitorWish;

namespace {

const std::string challenge_path = "/.well-known/acme-challenge/";

std::optional<std::string> answer_to(std::string_view token) {
    return token == "known" ? std::optional<std::string>("known.thumb") : std::nullopt;
}

struct ChallengeRig : EdgeRig {
    ChallengeRig() : EdgeRig(quick_settings(), false, [](EdgeShared& shared) { shared.challenge_answer = answer_to; }) {
        const transport::test::Made made = transport::test::make_for("new.test");
        const std::string pem = transport::test::key_pem(made) + transport::test::certificate_pem(made);
        transport::CertificateReport report;
        transport::VisitorTlsSettings settings;
        settings.protocols = {"h2", "http/1.1"};
        tls = transport::VisitorTls::make(settings, transport::test::wall_now(), report, [pem](std::string_view name) {
            return name == "new.test" ? std::optional(pem) : std::nullopt;
        });
        HttpListenerSettings listening;
        listening.https = true;
        listening.make_pipe = [context = tls->context()](runtime::Fd socket) {
            return transport::make_tls_pipe(std::move(socket), context);
        };
        tls_address = add_listener(*edge, std::move(listening));
    }

    std::shared_ptr<transport::VisitorTls> tls;
    runtime::SocketAddress tls_address;
};

}  // namespace

TEST_CASE("HTTP-01: a known token is answered for any host, and any other is the service's", "[acme]") {
    ChallengeRig rig;
    Peer visitor = rig.visit(ask("nobody.test", challenge_path + "known"));
    Message response = visitor.read_message();
    CHECK(response.status() == 200);
    CHECK(response.body == "known.thumb");
    CHECK(response.field("content-type") == "text/plain");
    CHECK(response.field("cache-control") == "no-store");
    CHECK_FALSE(response.has("x-ferrotunnel-error"));
    visitor.send("HEAD " + challenge_path + "known HTTP/1.1\r\nHost: app.test\r\n\r\n");
    response = visitor.read_message(true);
    CHECK(response.status() == 200);
    CHECK(response.field("content-length") == "11");
    visitor.send(ask("nobody.test", challenge_path + "unknown"));
    CHECK(visitor.read_message().status() == 404);
    visitor.send(ask("app.test", challenge_path + "unknown"));
    Peer backend = rig.backend.accept();
    CHECK(backend.read_message().start == "GET " + challenge_path + "unknown HTTP/1.1");
    backend.send(answer("of the service"));
    CHECK(visitor.read_message().body == "of the service");
}

TEST_CASE("TLS-ALPN-01: the connection ends after the handshake, whatever is sent", "[acme]") {
    ChallengeRig rig;
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        VisitorWish wish;
        wish.name = "new.test";
        wish.protocols =
            "\x0a"
            "acme-tls/1";
        wish.version = version;
        runtime::Fd socket = connect_to(rig.tls_address);
        const int fd = socket.get();
        VisitorClient authority(std::move(socket), wish);
        while (!authority.step()) {
            wait_for(fd, POLLIN);
        }
        REQUIRE(authority.open);
        const std::string request = ask("app.test");
        std::size_t written = 0;
        (void)SSL_write_ex(authority.ssl(), request.data(), request.size(), &written);
        while ((SSL_get_shutdown(authority.ssl()) & SSL_RECEIVED_SHUTDOWN) == 0 && authority.alert.empty()) {
            wait_for(fd, POLLIN);
            authority.read_on();
        }
        CHECK(authority.text.empty());
    }
    CHECK(rig.counters().requests == 0);
    CHECK(rig.counters().handshakes_failed == 0);
    CHECK(eventually([&] { return rig.edge->connections() == 0; }));
}
