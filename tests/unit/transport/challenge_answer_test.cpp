// Handshakes of CAs that check a host by TLS-ALPN-01, beside those of visitors.
#include <catch2/catch.hpp>

#include <map>

#include "transport/challenge_certificate.hpp"
#include "transport/visitor_tls.hpp"
#include "visitor_client.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::transport;
using namespace ferrotunnel::transport::test;

namespace {

const std::string acme_only =
    "\x0a"
    "acme-tls/1";
const std::string acme_and_h2 =
    "\x02h2\x0a"
    "acme-tls/1";

// A server with a certificate for app.example, which answers CAs that check the hosts of `answers`.
struct ChallengeRig {
    TemporaryDirectory directory;
    VisitorTlsSettings settings;
    std::map<std::string, std::string, std::less<>> answers;
    int lookups = 0;

    ChallengeRig() {
        put_pair(directory.path(), "app", make({.alternative_names = "DNS:app.example", .common_name = "app"}));
        settings.certificates.folders = {directory.path()};
        settings.protocols = {"h2", "http/1.1"};
    }
    void answer(const std::string& host) {
        const Made made = make({.alternative_names = "DNS:" + host, .common_name = "challenge"});
        answers[host] = key_pem(made) + certificate_pem(made);
    }
    std::shared_ptr<VisitorTls> tls() {
        CertificateReport report;
        return VisitorTls::make(settings, wall_now(), report, [this](std::string_view name) {
            ++lookups;
            const auto found = answers.find(name);
            return found == answers.end() ? std::nullopt : std::optional(found->second);
        });
    }
};

}  // namespace

TEST_CASE("a CA gets the certificate that answers it, for a host with and one without a certificate", "[acme]") {
    ChallengeRig rig;
    rig.answer("app.example");
    rig.answer("new.example");
    rig.answer("1.0.0.127.in-addr.arpa");
    auto tls = rig.tls();
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        for (const std::string name : {"app.example", "new.example", "1.0.0.127.in-addr.arpa"}) {
            const Visit got = visit(tls, {.name = name, .protocols = acme_only, .version = version});
            CHECK(got.open);
            CHECK(got.why == "");
            CHECK(got.common_name == "challenge");
            CHECK(got.told.protocol == "acme-tls/1");
            CHECK(got.told.server_name == name);
            CHECK_FALSE(got.session);  // no ticket
        }
    }
    CHECK(visit(tls, {.name = "new.example",
                      .protocols = acme_only,
                      .version = TLS1_3_VERSION,
                      .groups = "X448:P-256"})  // a second ClientHello
              .common_name == "challenge");
}

TEST_CASE("a visitor of a host that a CA checks gets what it has always got", "[acme]") {
    ChallengeRig rig;
    rig.answer("app.example");
    rig.answer("new.example");
    auto tls = rig.tls();
    Visit got = visit(tls, {.name = "app.example", .protocols = "\x02h2"});
    CHECK(got.common_name == "app");
    CHECK(got.told.protocol == "h2");
    CHECK(visit(tls, {.name = "app.example"}).common_name == "app");
    got = visit(tls, {.name = "app.example", .protocols = acme_and_h2});
    CHECK(got.common_name == "app");
    CHECK(got.told.protocol == "h2");
    CHECK(visit(tls, {.name = "new.example", .protocols = acme_and_h2}).alert == "tlsv1 unrecognized name");
    CHECK(rig.lookups == 0);  // visitors cost none
    CHECK_FALSE(visit(tls, {.protocols = acme_only}).open);
    CHECK(rig.lookups == 0);
}

TEST_CASE("acme-tls/1 without an answer is refused, and costs one lookup", "[acme]") {
    ChallengeRig rig;
    auto tls = rig.tls();
    CHECK(visit(tls, {.name = "app.example", .protocols = acme_only}).alert == "tlsv1 alert no application protocol");
    CHECK(rig.lookups == 1);
    CHECK(visit(tls, {.name = "new.example", .protocols = acme_only}).alert == "tlsv1 unrecognized name");
    CHECK(rig.lookups == 2);
    rig.settings.protocols.clear();  // without ALPN for visitors, too
    tls = rig.tls();
    CHECK(visit(tls, {.name = "app.example", .protocols = "\x02h2"}).told.protocol == "");
    rig.answer("new.example");
    CHECK(visit(tls, {.name = "new.example", .protocols = acme_only}).told.protocol == "acme-tls/1");
}

TEST_CASE("a CA is not requested for a client certificate", "[acme]") {
    ChallengeRig rig;
    const Made authority = make({.common_name = "CA", .authority = true});
    put_file(rig.directory.path() / "ca", certificate_pem(authority));
    rig.settings.client_authorities = {{"app.example", rig.directory.path() / "ca", true}};
    rig.answer("app.example");
    auto tls = rig.tls();
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const Visit got = visit(tls, {.name = "app.example", .protocols = acme_only, .version = version});
        CHECK(got.open);
        CHECK(got.common_name == "challenge");
        CHECK(got.told.authority == "");
        CHECK_FALSE(tls->may_serve(got.told, "app.example"));
        CHECK_FALSE(visit(tls, {.name = "app.example", .protocols = "\x02h2", .version = version}).open);
    }
}

TEST_CASE("a visitor's session is not resumed by a CA's handshake", "[acme]") {
    ChallengeRig rig;
    auto tls = rig.tls();
    rig.answer("app.example");
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const SessionPtr session = visit(tls, {.name = "app.example", .version = version}).session;
        REQUIRE(session);
        const Visit got =
            visit(tls, {.name = "app.example", .protocols = acme_only, .version = version, .session = session});
        CHECK(got.open);
        CHECK_FALSE(got.told.resumed);
        CHECK(got.common_name == "challenge");
    }
}

TEST_CASE("an answer that is no certificate with its key ends the handshake, with the reason", "[acme]") {
    ChallengeRig rig;
    auto tls = rig.tls();
    const Made one = make_for("new.example");
    const Made other = make_for("new.example");
    const std::string start = "the visitor was rejected: the certificate that answers a CA cannot be used: ";
    for (const auto& [text, reason] : std::map<std::string, std::string>{
             {"", "contains no certificate in PEM form"},
             {certificate_pem(one), "contains no private key in PEM form"},
             {certificate_pem(one) + key_pem(other), "the private key does not belong to it"}}) {
        rig.answers["new.example"] = text;
        const Visit got = visit(tls, {.name = "new.example", .protocols = acme_only});
        CHECK_FALSE(got.open);
        CHECK(got.why == start + reason);
    }
}
