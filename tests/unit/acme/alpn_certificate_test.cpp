#include "acme/alpn_certificate.hpp"

#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <array>
#include <catch2/catch.hpp>
#include <ctime>
#include <memory>
#include <string>

#include "long_host.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::acme;

namespace {

struct AnswerPair {
    std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>> key;
    std::unique_ptr<X509, FreeWith<X509_free>> certificate;
};

AnswerPair parse_answer(const std::string& pem) {
    const std::unique_ptr<BIO, FreeWith<BIO_free_all>> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    AnswerPair pair;
    pair.key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
    pair.certificate.reset(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    REQUIRE((pair.key && pair.certificate));
    return pair;
}

// The extension's content, or "" if it is not there exactly once and critical.
std::string digest_extension(X509* certificate) {
    const std::unique_ptr<ASN1_OBJECT, FreeWith<ASN1_OBJECT_free>> object(OBJ_txt2obj("1.3.6.1.5.5.7.1.31", 1));
    const int at = X509_get_ext_by_OBJ(certificate, object.get(), -1);
    if (at < 0 || X509_get_ext_by_OBJ(certificate, object.get(), at) >= 0) {
        return "";
    }
    X509_EXTENSION* extension = X509_get_ext(certificate, at);
    const ASN1_OCTET_STRING* content = X509_EXTENSION_get_data(extension);
    return X509_EXTENSION_get_critical(extension) == 1
               ? std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(content)),
                             static_cast<std::size_t>(ASN1_STRING_length(content)))
               : "";
}

std::string digest_of(const std::string& text) {
    std::array<std::uint8_t, 32> digest{};
    SHA256(as_bytes(text).data(), text.size(), digest.data());
    return std::string(as_text(digest));
}

void check_only_name(X509* certificate, int type, const std::string& value) {
    auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    REQUIRE(sk_GENERAL_NAME_num(names) == 1);
    int found = 0;
    const auto* text =
        static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, 0), &found));
    CHECK(found == type);
    CHECK(std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                      static_cast<std::size_t>(ASN1_STRING_length(text))) == value);
    GENERAL_NAMES_free(names);
}

}  // namespace

TEST_CASE("a certificate that answers TLS-ALPN-01") {
    const AnswerPair pair =
        parse_answer(make_alpn_certificate(*read_identifier("app.example.com"), "token.thumbprint"));
    X509* certificate = pair.certificate.get();
    CHECK(X509_check_private_key(certificate, pair.key.get()) == 1);
    CHECK(X509_verify(certificate, pair.key.get()) == 1);
    CHECK(X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0);
    CHECK(X509_get_version(certificate) == X509_VERSION_3);
    check_only_name(certificate, GEN_DNS, "app.example.com");
    CHECK(digest_extension(certificate) == "\x04\x20" + digest_of("token.thumbprint"));
}

TEST_CASE("its times and serial number") {
    const AnswerPair one = parse_answer(make_alpn_certificate(*read_identifier("app.example.com"), "t.k"));
    const AnswerPair two = parse_answer(make_alpn_certificate(*read_identifier("app.example.com"), "t.k"));
    std::time_t now = std::time(nullptr);
    CHECK(X509_cmp_time(X509_get0_notBefore(one.certificate.get()), &now) < 0);
    int days = 0;
    int seconds = 0;
    REQUIRE(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(one.certificate.get()),
                           X509_get0_notAfter(one.certificate.get())) == 1);
    CHECK((days == 7 && seconds == 0));
    const ASN1_INTEGER* serial = X509_get0_serialNumber(one.certificate.get());
    CHECK(ASN1_STRING_length(serial) == 16);
    CHECK(ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(two.certificate.get())) != 0);
    CHECK(EVP_PKEY_eq(one.key.get(), two.key.get()) != 1);
}

TEST_CASE("certificates for addresses have them as addresses") {
    const AnswerPair pair = parse_answer(make_alpn_certificate(*read_identifier("127.0.0.1"), "t.k"));
    check_only_name(pair.certificate.get(), GEN_IPADD, std::string("\x7f\0\0\1", 4));
    const AnswerPair second = parse_answer(make_alpn_certificate(*read_identifier("::1"), "t.k"));
    check_only_name(second.certificate.get(), GEN_IPADD, std::string(15, '\0') + '\1');
}

TEST_CASE("a certificate for the longest name") {
    const std::string host = host_of_length(253);
    check_only_name(parse_answer(make_alpn_certificate(*read_identifier(host), "t.k")).certificate.get(), GEN_DNS,
                    host);
}
