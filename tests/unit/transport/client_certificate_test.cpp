// Texts about visitors' client certificates: nothing in a certificate can split a field or pretend to be another name.
#include "transport/client_certificate.hpp"

#include <openssl/asn1.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "visitor_client.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::transport;
using namespace ferrotunnel::transport::test;

namespace {

CertificatePtr with_subject(std::string_view attribute, const std::string& value, int type = MBSTRING_UTF8) {
    CertificatePtr certificate(X509_new());
    X509_NAME* name = X509_get_subject_name(certificate.get());
    must(X509_NAME_add_entry_by_txt(name, "C", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("DE"), -1, -1, 0));
    must(X509_NAME_add_entry_by_txt(name, std::string(attribute).c_str(), type,
                                    reinterpret_cast<const unsigned char*>(value.data()),
                                    static_cast<int>(value.size()), -1, 0));
    return certificate;
}

std::string subject_of_name(const std::string& value) {
    return client_subject_text(with_subject("CN", value).get());
}

// A certificate with these names, as they are, whatever bytes they have.
CertificatePtr with_names(const std::vector<std::pair<int, std::string>>& names) {
    CertificatePtr certificate(X509_new());
    GENERAL_NAMES* all = sk_GENERAL_NAME_new_null();
    for (const auto& [kind, value] : names) {
        GENERAL_NAME* name = GENERAL_NAME_new();
        if (kind == GEN_RID) {
            GENERAL_NAME_set0_value(name, kind, OBJ_txt2obj(value.c_str(), 1));
            must(sk_GENERAL_NAME_push(all, name) > 0);
            continue;
        }
        ASN1_STRING* text = kind == GEN_IPADD ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
        must(ASN1_STRING_set(text, value.data(), static_cast<int>(value.size())) == 1);
        GENERAL_NAME_set0_value(name, kind, text);
        must(sk_GENERAL_NAME_push(all, name) > 0);
    }
    must(X509_add1_ext_i2d(certificate.get(), NID_subject_alt_name, all, 0, 0) == 1);
    GENERAL_NAMES_free(all);
    return certificate;
}

std::string names_of(const std::vector<std::pair<int, std::string>>& names) {
    return client_names_text(with_names(names).get(), limits::client_certificate_names_max);
}

bool is_printable_value(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char byte) { return byte >= ' ' && byte <= '~'; }) &&
           (text.empty() || (text.front() != ' ' && text.back() != ' '));
}

}  // namespace

TEST_CASE("a subject is in the form of RFC 4514, in printable ASCII") {
    CHECK(subject_of_name("alice") == "CN=alice,C=DE");
    CHECK(subject_of_name("Alice, CN=admin") == "CN=Alice\\, CN=admin,C=DE");
    CHECK(subject_of_name("a\r\nX-Client-Cert-Fingerprint: 00") == "CN=a\\0D\\0AX-Client-Cert-Fingerprint: 00,C=DE");
    CHECK(subject_of_name(std::string("a\0b\x7f", 4)) == "CN=a\\00b\\7F,C=DE");
    CHECK(subject_of_name("J\xc3\xbcrgen") == "CN=J\\C3\\BCrgen,C=DE");
    CHECK(subject_of_name("a+b\\c\"d;e<f>") == "CN=a\\+b\\\\c\\\"d\\;e\\<f\\>,C=DE");
    CHECK(client_subject_text(CertificatePtr(X509_new()).get()) == "");

    // What comes first in the certificate is last in the text: a space there would end the field.
    CertificatePtr spaced(X509_new());
    X509_NAME* name = X509_get_subject_name(spaced.get());
    must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(" a "), 3, -1, 0));
    CHECK(client_subject_text(spaced.get()) == "CN=\\ a\\20");

    for (int byte = 0; byte < 256; ++byte) {  // Latin-1, each at both ends
        const std::string one(1, static_cast<char>(byte));
        CAPTURE(byte);
        CHECK(is_printable_value(client_subject_text(with_subject("CN", one + "x" + one, V_ASN1_T61STRING).get())));
    }
}

TEST_CASE("names of a certificate are separated by commas, which no name has") {
    CHECK(names_of({{GEN_DNS, "a.example"},
                    {GEN_EMAIL, "a+b@example.com"},
                    {GEN_URI, "spiffe://td/ns/a?x=1&y=2#z"},
                    {GEN_IPADD, std::string("\x0a\0\0\1", 4)},
                    {GEN_IPADD, std::string("\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16)}}) ==
          "DNS:a.example,email:a+b@example.com,URI:spiffe://td/ns/a?x=1&y=2#z,IP:10.0.0.1,IP:2001:db8::1");
    CHECK(names_of({{GEN_DNS, "a,DNS:admin"}}) == "DNS:a%2CDNS:admin");
    CHECK(names_of({{GEN_URI, "a%2Cb"}}) == "URI:a%252Cb");
    CHECK(names_of({{GEN_DNS, std::string("a\r\nX: y\0z\xff", 10)}}) == "DNS:a%0D%0AX:%20y%00z%FF");
    CHECK(names_of({{GEN_DNS, " a\" "}}) == "DNS:%20a%22%20");
    CHECK(names_of({{GEN_DNS, ""}, {GEN_RID, "1.2.3"}, {GEN_IPADD, "123"}, {GEN_DNS, "b"}}) == "DNS:,DNS:b");
    CHECK(client_names_text(CertificatePtr(X509_new()).get(), 100) == "");

    std::string every;
    for (int byte = 0; byte < 256; ++byte) {
        every += static_cast<char>(byte);
    }
    const std::string text = names_of({{GEN_DNS, every}, {GEN_URI, every}});
    CHECK(is_printable_value(text));
    CHECK(std::count(text.begin(), text.end(), ',') == 1);
}

TEST_CASE("a certificate of a hundred names has them all; too long a text is left out") {
    std::vector<std::pair<int, std::string>> names;
    for (int i = 0; i < 100; ++i) {
        names.emplace_back(GEN_DNS, "machine-" + std::to_string(i) + ".production.example");
    }
    const std::string hundred = names_of(names);
    CHECK(std::count(hundred.begin(), hundred.end(), ',') == 99);

    const std::size_t room = limits::client_certificate_names_max - std::string_view("DNS:").size();
    CHECK(names_of({{GEN_DNS, std::string(room, 'a')}}).size() == limits::client_certificate_names_max);
    CHECK(names_of({{GEN_DNS, std::string(room + 1, 'a')}}) == "");
    CHECK(names_of({{GEN_DNS, "a"}, {GEN_DNS, std::string(room, 'a')}}) == "");

    const Made made = make({.common_name = "alice"});
    const auto told = describe_client_certificate(made.certificate.get(), nullptr);
    CHECK(told->subject == "CN=alice");
    CHECK(told->fingerprint.size() == 64);
    CHECK(told->certificate == "");
    const auto subject_of_size = [](std::size_t size) {  // "2.5.4.13=..." has no bound of its own
        CertificatePtr certificate(X509_new());
        const std::string value(size - std::string_view("description=").size(), 'a');
        must(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "description", MBSTRING_ASC,
                                        reinterpret_cast<const unsigned char*>(value.data()),
                                        static_cast<int>(value.size()), -1, 0));
        const Made signer = make({.common_name = "x"});
        must(ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1));
        must(X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0) != nullptr);
        must(X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600) != nullptr);
        must(X509_set_pubkey(certificate.get(), signer.key.get()) == 1);
        must(X509_sign(certificate.get(), signer.key.get(), EVP_sha256()) != 0);
        return describe_client_certificate(certificate.get(), nullptr)->subject.size();
    };
    CHECK(subject_of_size(limits::client_certificate_subject_max) == limits::client_certificate_subject_max);
    CHECK(subject_of_size(limits::client_certificate_subject_max + 1) == 0);
}

TEST_CASE("a visitor's certificate and its chain, as byte sequences of RFC 9440") {
    const Made root = make({.common_name = "root", .authority = true});
    const Made middle = make({.common_name = "middle", .issuer = &root, .authority = true});
    const Made alice = make({.common_name = "alice", .issuer = &middle});
    const auto sequence_of = [](const Made& made) {
        std::string pem = certificate_pem(made);
        pem = pem.substr(pem.find('\n') + 1);
        pem = pem.substr(0, pem.find('-'));
        std::erase(pem, '\n');
        return ":" + pem + ":";
    };
    const ChainPtr verified(sk_X509_new_null());
    for (const Made* each : {&alice, &middle, &root}) {
        sk_X509_push(verified.get(), each->certificate.get());
    }
    auto told = describe_client_certificate(alice.certificate.get(), verified.get());
    CHECK(told->certificate == sequence_of(alice));
    CHECK(told->chain == sequence_of(middle));  // the root has signed itself
    (void)sk_X509_pop(verified.get());
    sk_X509_push(verified.get(), middle.certificate.get());
    told = describe_client_certificate(alice.certificate.get(), verified.get());
    CHECK(told->chain == sequence_of(middle) + ", " + sequence_of(middle));

    std::string names;
    for (int i = 0; i < 400; ++i) {
        names += (i == 0 ? "DNS:" : ",DNS:") + std::string("machine-") + std::to_string(i) + ".example";
    }
    const Made large = make({.alternative_names = names, .common_name = "large"});
    told = describe_client_certificate(large.certificate.get(), verified.get());
    CHECK(told->certificate == "");
    CHECK(told->chain == "");
    CHECK(told->names == "");
    CHECK(told->subject == "CN=large");
}
