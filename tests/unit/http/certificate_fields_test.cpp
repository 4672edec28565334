// Fields about a visitor's client certificate: set by the edge alone, whoever sends them and however they are spelled.
// spelled.
#include "http/certificate_fields.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "http/forwarding.hpp"
#include "parse.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::http;
using ferrotunnel::test::ParsedRequest;
using ferrotunnel::test::written;

namespace {

const std::string forged_certificate =
    "X-Client-Cert-Subject: CN=root\r\nx_client_cert_subject: CN=root\r\nX-CLIENT-CERT-SAN: DNS:root\r\n"
    "X.Client.Cert.Fingerprint-: 66\r\nX-Client_Cert-Fingerprint: 66\r\nClient-Cert: :66:\r\nclient_cert_chain: "
    ":66:\r\n"
    "X-Client-Cert-Serial: 66\r\n";

ClientCertificate alices() {
    ClientCertificate made;
    made.subject = "CN=alice";
    made.names = "DNS:alice.example";
    made.fingerprint = std::string(64, 'a');
    return made;
}

// The fields of the head that the backend gets, from where those about a certificate can be.
std::string seen(const std::string& fields, bool owns, const ClientCertificate* certificate, bool trusted = false) {
    const ParsedRequest request("GET / HTTP/1.1\r\nHost: a.example\r\n" + fields + "\r\n");
    ForwardingFacts facts;
    facts.peer = "192.0.2.1";
    facts.trusted = trusted;
    facts.owns_certificate = owns;
    facts.certificate = certificate;
    const Forwarding forwarding(request.head(), facts);
    Edits edits;
    REQUIRE(forwarding.write(edits));
    RequestOut out = RequestOut::of(request.head());
    out.edits = &edits;
    std::string text = written(out);
    for (const std::string_view usual :
         {"X-Forwarded-For: 192.0.2.1\r\n", "X-Forwarded-Proto: http\r\n", "X-Forwarded-Host: a.example\r\n",
          "X-Forwarded-Port: 80\r\n", "X-Real-IP: 192.0.2.1\r\n"}) {
        const std::size_t at = text.find(usual);
        REQUIRE(at != std::string::npos);
        text.erase(at, usual.size());
    }
    text = text.substr(text.find("a.example\r\n") + 11);
    return text.substr(0, text.size() - 2);
}

}  // namespace

TEST_CASE("certificate fields: the edge's own, and a stranger's never") {
    const ClientCertificate one = alices();
    const std::string own =
        "X-Client-Cert-Subject: CN=alice\r\nX-Client-Cert-SAN: DNS:alice.example\r\n"
        "X-Client-Cert-Fingerprint: " +
        std::string(64, 'a') + "\r\n";
    CHECK(seen("", true, &one) == own);
    CHECK(seen(forged_certificate, true, &one) == own);
    CHECK(seen(forged_certificate, true, nullptr) == "");
    CHECK(seen(forged_certificate, false, nullptr) == "");  // without a rule, and without TLS

    ClientCertificate whole = one;
    whole.subject.clear();  // was too long
    whole.certificate = ":MII=:";
    whole.chain = ":MIA=:, :MIB=:";
    CHECK(seen(forged_certificate, true, &whole) ==
          own.substr(own.find('\n') + 1) + "Client-Cert: :MII=:\r\nClient-Cert-Chain: :MIA=:, :MIB=:\r\n");
}

TEST_CASE("certificate fields: under a rule not even a trusted peer's count") {
    const ClientCertificate one = alices();
    CHECK(seen("X-Client-Cert-Subject: CN=bob\r\nClient_Cert: :66:\r\n", false, nullptr, true) ==
          "X-Client-Cert-Subject: CN=bob\r\nClient_Cert: :66:\r\n");
    CHECK(seen("X-Client-Cert-Subject: CN=bob\r\nClient_Cert: :66:\r\nX-SSL-Client-Serial: 1\r\n", true, nullptr,
               true) == "X-SSL-Client-Serial: 1\r\n");
    CHECK(seen("Client_Cert_Chain: :66:\r\nX-Client-Cert-SAN: DNS:bob\r\n", true, &one, true)
              .starts_with("X-Client-Cert-Subject: CN=alice\r\n"));
    CHECK(seen("Client_Cert_Chain: :66:\r\n", true, &one, true).find("66") == std::string::npos);
}

TEST_CASE("certificate fields: another member reads what one has written") {
    ClientCertificate whole = alices();
    whole.certificate = ":MII=:";
    whole.chain = ":MIA=:, :MIB=:";
    const ParsedRequest request("GET / HTTP/1.1\r\nHost: a.example\r\n" + seen(forged_certificate, true, &whole) +
                                "\r\n");
    const auto read = read_certificate(request.head());
    REQUIRE(read);
    CHECK(*read == whole);
    CHECK_FALSE(read_certificate(ParsedRequest("GET / HTTP/1.1\r\nHost: a.example\r\nX-Client-Cert-Subject: CN=a\r\n"
                                               "\r\n")
                                     .head()));
}

TEST_CASE("certificate fields: they are among those that an edge may add to a full head") {
    for (const std::string_view name : {"X-Client-Cert-Subject", "x-client-cert-san", "X-Client-Cert-Fingerprint",
                                        "Client-Cert", "CLIENT-CERT-CHAIN"}) {
        CAPTURE(name);
        CHECK(is_certificate_field(name));
        CHECK(is_edge_field(field_name_of(name), name));
        CHECK(is_claim(field_name_of(name)));
    }
    CHECK_FALSE(is_edge_field(field_name_of("X-Client-Cert-Serial"), "X-Client-Cert-Serial"));
}
