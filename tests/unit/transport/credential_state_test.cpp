// Certificates, keys, CAs and pins from memory, and what their replacement does to connections.
#include "transport/credential_state.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "transport/certificate.hpp"
#include "transport/limits.hpp"
#include "transport/tls_context.hpp"
#include "transport/tls_pipe.hpp"
#include "unit/transport/made_certificates.hpp"
#include "unit/transport/visitor_client.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::transport;
using namespace ferrotunnel::transport::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

std::shared_ptr<CredentialState> credential_of(const Made& made) {
    return std::make_shared<CredentialState>(parse_credential(certificate_pem(made), key_pem(made), {}, wall_now()));
}

std::shared_ptr<TrustState> trust_in(const Made& made) {
    return std::make_shared<TrustState>(parse_trust(certificate_pem(made), {}, wall_now()));
}

std::string pin_of(const Made& made) {
    return fingerprint_text(key_digest(made.certificate.get()));
}

std::shared_ptr<TrustState> pins_of(const std::vector<std::string>& pins) {
    return std::make_shared<TrustState>(parse_trust({}, pins, wall_now()));
}

std::string credential_error(const std::string& chain, const std::string& key, const std::string& password = {}) {
    try {
        (void)parse_credential(chain, key, password, wall_now());
    } catch (const TlsConfigError& error) {
        return error.what();
    }
    return {};
}

std::string trust_error(const std::string& pem, const std::vector<std::string>& pins = {}) {
    try {
        (void)parse_trust(pem, pins, wall_now());
    } catch (const TlsConfigError& error) {
        return error.what();
    }
    return {};
}

struct Shaken {
    Outcome client;
    Outcome server;
    std::unique_ptr<Pipe> client_pipe;
    std::unique_ptr<Pipe> server_pipe;
};

Shaken shake_live(const std::shared_ptr<TlsContext>& client, const std::shared_ptr<TlsContext>& server) {
    auto [left, right] = tcp_pair();
    Shaken made;
    made.client_pipe = make_tls_pipe(std::move(left), client);
    made.server_pipe = make_tls_pipe(std::move(right), server);
    std::tie(made.client, made.server) = shake_hands(made.client_pipe, made.server_pipe);
    return made;
}

bool carries_bytes(Shaken& pair) {
    std::array<std::uint8_t, 8> bytes{};
    const Bytes word = as_bytes("hello");
    if (pair.client_pipe->write(std::span(&word, 1)).status != IoStatus::ok) {
        return false;
    }
    wait_for(pair.server_pipe->fd(), POLLIN);
    return pair.server_pipe->read(bytes).bytes == word.size();
}

}  // namespace

namespace {

std::string subject_seen(const VisitorHandshake& handshake) {
    return handshake.certificate ? handshake.certificate->subject : std::string();
}

}  // namespace

TEST_CASE("each fault of a certificate and key from memory has its words", "[credentials]") {
    const Made one = make_for("one.example");
    const Made other = make_for("other.example");
    CHECK(credential_error(certificate_pem(one), key_pem(one)).empty());
    CHECK(credential_error(certificate_pem(one) + key_pem(one), "").empty());
    CHECK(credential_error(key_pem(one) + certificate_pem(one), "").empty());

    CHECK(credential_error("", key_pem(one)) == "the certificate's text contains no certificate in PEM form");
    CHECK(credential_error("/etc/one.pem", key_pem(one)) ==
          "the certificate's text contains no certificate in PEM form");
    CHECK(credential_error(certificate_pem(one), "") == "the private key's text contains no private key in PEM form");
    CHECK(credential_error(certificate_pem(one), certificate_pem(one)) ==
          "the private key's text contains no private key in PEM form");
    CHECK(credential_error(certificate_pem(one), key_pem(other)) ==
          "the private key does not belong to the certificate");
    std::string damaged = certificate_pem(one);
    damaged[damaged.size() / 2] = '!';
    CHECK_THAT(credential_error(damaged, key_pem(one)),
               StartsWith("the certificate's text contains a damaged certificate"));
    CHECK_THAT(credential_error(std::string(limits::pem_file_bytes_max + 1, 'x'), ""), Contains("larger than 1 MiB"));

    const std::string encrypted = key_pem(one, "open sesame");
    CHECK(credential_error(certificate_pem(one), encrypted) == "the private key is encrypted: give its password");
    CHECK(credential_error(certificate_pem(one), encrypted, "wrong") ==
          "the private key's text contains a private key that the password does not decrypt");
    CHECK(credential_error(certificate_pem(one), encrypted, std::string(5'000, 'x')) ==
          "the private key's text contains a private key that the password does not decrypt");
    CHECK(credential_error(certificate_pem(one), encrypted, "open sesame").empty());

    const Made ended = make({.alternative_names = "DNS:a.example", .from_seconds = -7'200, .until_seconds = -3'600});
    CHECK_THAT(credential_error(certificate_pem(ended), key_pem(ended)), StartsWith("the certificate expired on 20"));
    const Made early = make({.alternative_names = "DNS:a.example", .from_seconds = 3'600});
    CHECK_THAT(credential_error(certificate_pem(early), key_pem(early)),
               StartsWith("the certificate is not valid before 20"));
    CHECK_THAT(credential_error(certificate_pem(one) + certificate_pem(make({.common_name = "nobody"})), key_pem(one)),
               Contains("its chain is not in order: certificate 2 did not sign certificate 1"));
    const Made weak = make({.alternative_names = "DNS:a.example", .rsa_bits = 1'024});
    CHECK_THAT(credential_error(certificate_pem(weak), key_pem(weak)), Contains("cannot be used"));
}

TEST_CASE("each fault of CAs and pins from memory has its words", "[credentials]") {
    const Made authority = make({.common_name = "CA", .authority = true});
    const Made ended = make({.common_name = "CA", .authority = true, .from_seconds = -7'200, .until_seconds = -3'600});
    CHECK(trust_error(certificate_pem(authority)).empty());
    CHECK(trust_error(certificate_pem(ended) + certificate_pem(authority)).empty());
    CHECK(trust_error(certificate_pem(ended)) == "the CA's certificate has expired");
    CHECK(trust_error("no PEM") == "the CAs' text contains no certificate in PEM form");
    CHECK_THAT(trust_error("", {"sha256:1234"}), Contains("is not a valid fingerprint"));
    CHECK(trust_error("", std::vector<std::string>(limits::trust_pins_max, pin_of(authority))).empty());
    CHECK(trust_error("", std::vector<std::string>(limits::trust_pins_max + 1, pin_of(authority))) ==
          "there are more than 16 pins");
}

TEST_CASE("users of a live value may object to the next one, and learn of it", "[credentials]") {
    const auto live = std::make_shared<Live<int>>(std::make_shared<const int>(1));
    int changes = 0;
    {
        const Live<int>::Use use(
            live, {[](const int& next) { return std::string(next < 0 ? "negative" : ""); }, [&changes] { ++changes; }});
        const std::uint64_t version = live->version();
        CHECK(live->replace(std::make_shared<const int>(-1)) == "negative");
        CHECK(*live->current() == 1);
        CHECK(live->version() == version);
        CHECK(changes == 0);
        CHECK(live->replace(std::make_shared<const int>(2)).empty());
        CHECK(*live->current() == 2);
        CHECK(live->version() > version);
        CHECK(changes == 1);
    }
    CHECK(live->replace(std::make_shared<const int>(-1)).empty());
    CHECK(changes == 1);
}

TEST_CASE("a tunnel's certificate, CA and pin are replaced for new connections; old ones continue", "[credentials]") {
    const Made old_ca = make({.common_name = "old CA", .authority = true});
    const Made new_ca = make({.common_name = "new CA", .authority = true});
    const Made old_one = make({.alternative_names = "DNS:server.example", .issuer = &old_ca});
    const Made new_one = make({.alternative_names = "DNS:server.example", .issuer = &new_ca});
    const auto own = credential_of(old_one);
    const auto authorities = trust_in(old_ca);
    const auto pins = pins_of({pin_of(old_one)});
    const auto server = TlsContext::make_server({.credential = own});
    const auto by_ca = TlsContext::make_client({.server_name = "server.example", .trust = authorities});
    const auto by_pin = TlsContext::make_client({.trust = pins});
    CHECK(by_ca->verifies());
    CHECK_FALSE(by_ca->is_pinned());
    CHECK_FALSE(by_pin->verifies());
    CHECK(by_pin->is_pinned());
    CHECK(server->fingerprint() == pin_of(old_one));
    CHECK(server->shows_the_same(*TlsContext::make_server({.credential = own})));

    Shaken before = shake_live(by_ca, server);
    REQUIRE(before.client.status == IoStatus::ok);
    REQUIRE(shake_live(by_pin, server).client.status == IoStatus::ok);

    REQUIRE(own->replace(credential_of(new_one)->current()).empty());
    CHECK(server->fingerprint() == pin_of(new_one));
    CHECK_THAT(shake_live(by_ca, server).client.why, Contains("certificate"));
    CHECK_THAT(shake_live(by_pin, server).client.why,
               Contains("the server's key is not the pinned one") && Contains(pin_of(new_one)));
    CHECK(carries_bytes(before));

    REQUIRE(authorities->replace(trust_in(new_ca)->current()).empty());
    REQUIRE(pins->replace(pins_of({pin_of(old_one), pin_of(new_one)})->current()).empty());
    CHECK(shake_live(by_ca, server).client.status == IoStatus::ok);
    CHECK(shake_live(by_pin, server).client.status == IoStatus::ok);
    CHECK(shake_live(by_ca->for_server("server.example"), server).client.status == IoStatus::ok);
    CHECK(shake_live(by_ca->for_server("other.example"), server).client.status == IoStatus::error);
    CHECK(carries_bytes(before));
}

TEST_CASE("CAs and pins together need both", "[credentials]") {
    const Made authority = make({.common_name = "CA", .authority = true});
    const Made one = make({.alternative_names = "DNS:server.example", .issuer = &authority});
    const Made other = make({.alternative_names = "DNS:server.example", .issuer = &authority});
    const auto server = TlsContext::make_server({.credential = credential_of(one)});
    const auto outcome_with = [&](const std::string& pin) {
        const auto trust = std::make_shared<TrustState>(parse_trust(certificate_pem(authority), {pin}, wall_now()));
        return shake_live(TlsContext::make_client({.server_name = "server.example", .trust = trust}), server)
            .client.status;
    };
    CHECK(outcome_with(pin_of(one)) == IoStatus::ok);
    CHECK(outcome_with(pin_of(other)) == IoStatus::error);
}

namespace {

// A backend that wants a client certificate of `authority`, and offers tickets.
struct LiveBackend {
    explicit LiveBackend(const Made& certificate, const Made& authority) {
        settings.certificates.credentials = {credential_of(certificate)};
        settings.client_authorities = {{"*", {}, true, trust_in(authority)}};
        CertificateReport report;
        tls = VisitorTls::make(settings, wall_now(), report);
    }
    // Reads the tickets, too.
    VisitorHandshake connect(const std::shared_ptr<TlsContext>& client, std::string* why = nullptr) const {
        Shaken pair = shake_live(client, tls->context());
        if (why != nullptr) {
            *why = pair.client.status == IoStatus::ok ? pair.server.why : pair.client.why;
        }
        if (!pair.client_pipe || !pair.server_pipe) {
            return {};
        }
        const Bytes word = as_bytes("x");
        (void)pair.server_pipe->write(std::span(&word, 1));
        wait_for(pair.client_pipe->fd(), POLLIN);
        std::array<std::uint8_t, 8> bytes{};
        (void)pair.client_pipe->read(bytes);
        return *pair.server_pipe->visitor();
    }
    VisitorTlsSettings settings;
    std::shared_ptr<VisitorTls> tls;
};

}  // namespace

TEST_CASE("a session with a backend is not resumed once its client certificate or CA was replaced", "[credentials]") {
    const Made authority = make({.common_name = "CA", .authority = true});
    const Made backend = make({.alternative_names = "DNS:app.internal", .issuer = &authority});
    const Made first = make({.common_name = "first", .issuer = &authority});
    const Made second = make({.common_name = "second", .issuer = &authority});
    const LiveBackend rig(backend, authority);
    const auto own = credential_of(first);
    const auto trust = trust_in(authority);
    const auto client =
        TlsContext::make_for_backend({.server_name = "app.internal", .trust = trust, .credential = own});
    CHECK(subject_seen(rig.connect(client)) == "CN=first");
    CHECK(rig.connect(client).resumed);

    REQUIRE(own->replace(credential_of(second)->current()).empty());
    const VisitorHandshake next = rig.connect(client);
    CHECK_FALSE(next.resumed);
    CHECK(subject_seen(next) == "CN=second");
    CHECK(rig.connect(client).resumed);

    const Made other = make({.common_name = "other CA", .authority = true});
    REQUIRE(trust->replace(trust_in(other)->current()).empty());
    std::string why;
    CHECK(subject_seen(rig.connect(client, &why)).empty());
    CHECK_THAT(why, Contains("certificate"));
}

TEST_CASE("a backend may be pinned instead of verified by a CA", "[credentials]") {
    const Made authority = make({.common_name = "CA", .authority = true});
    const Made backend = make({.alternative_names = "DNS:app.internal"});
    const Made own = make({.common_name = "own", .issuer = &authority});
    const LiveBackend rig(backend, authority);
    const auto pins = pins_of({pin_of(backend)});
    const auto client =
        TlsContext::make_for_backend({.server_name = "app.internal", .trust = pins, .credential = credential_of(own)});
    CHECK(subject_seen(rig.connect(client)) == "CN=own");
    CHECK(rig.connect(client).resumed);
    REQUIRE(pins->replace(pins_of({pin_of(own)})->current()).empty());
    std::string why;
    (void)rig.connect(client, &why);
    CHECK_THAT(why, Contains("the backend's key is not the pinned one"));
}

TEST_CASE("visitors get a replaced certificate, also at its other hosts, and meet replaced CAs", "[credentials]") {
    const Made one = make({.alternative_names = "DNS:one.example,DNS:both.example", .common_name = "one"});
    const Made two = make({.alternative_names = "DNS:two.example,DNS:both.example", .common_name = "two"});
    const Made fallback = make({.common_name = "fallback"});
    const Made old_ca = make({.common_name = "old CA", .authority = true});
    const Made new_ca = make({.common_name = "new CA", .authority = true});
    const Made old_visitor = make({.common_name = "old", .issuer = &old_ca});
    const Made new_visitor = make({.common_name = "new", .issuer = &new_ca});
    const auto own = credential_of(one);
    const auto authorities = trust_in(old_ca);
    VisitorTlsSettings settings;
    settings.certificates.credentials = {own};
    settings.certificates.fallback_credential = credential_of(fallback);
    settings.client_authorities = {{"both.example", {}, true, authorities}};
    CertificateReport report;
    const auto tls = VisitorTls::make(settings, wall_now(), report);
    CHECK(report.problems.empty());
    CHECK(report.certificates == 2);
    const auto name_at = [&tls](const std::string& host) { return visit(tls, {.name = host}).common_name; };
    CHECK(name_at("one.example") == "one");
    CHECK(name_at("two.example") == "fallback");
    CHECK(subject_seen(visit(tls, {.name = "both.example", .certificate = &old_visitor}).told) == "CN=old");

    REQUIRE(own->replace(credential_of(two)->current()).empty());
    REQUIRE(authorities->replace(trust_in(new_ca)->current()).empty());
    const auto loaded = tls->reload_if_changed(wall_now());
    REQUIRE(loaded);
    CHECK(loaded->read == 1);
    CHECK(name_at("two.example") == "two");
    CHECK(name_at("one.example") == "fallback");
    CHECK(subject_seen(visit(tls, {.name = "both.example", .certificate = &new_visitor}).told) == "CN=new");
    CHECK(subject_seen(visit(tls, {.name = "both.example", .certificate = &old_visitor}).told).empty());
    CHECK_FALSE(tls->reload_if_changed(wall_now()));
    CHECK(tls->expiries().size() == 2);

    CertificateSources sources = settings.certificates;  // another handle in the place of the first
    sources.credentials = {credential_of(one)};
    tls->set_certificates(sources);
    REQUIRE(tls->reload_if_changed(wall_now()));
    CHECK(name_at("one.example") == "one");
}
