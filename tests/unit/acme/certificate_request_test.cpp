#include "acme/certificate_request.hpp"

#include <openssl/x509v3.h>

#include <catch2/catch.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "long_host.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::acme;

namespace {

using ParsedRequest = std::unique_ptr<X509_REQ, FreeWith<X509_REQ_free>>;

ParsedRequest parse_request(const std::string& der) {
    const unsigned char* at = as_bytes(der).data();
    ParsedRequest request(d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())));
    REQUIRE(request != nullptr);
    REQUIRE(at == as_bytes(der).data() + der.size());
    return request;
}

struct RequestedNames {
    std::vector<std::string> texts{};
    bool is_critical = false;
    int extensions = 0;
};

RequestedNames requested_names(X509_REQ* request) {
    STACK_OF(X509_EXTENSION)* all = X509_REQ_get_extensions(request);
    RequestedNames names;
    names.extensions = sk_X509_EXTENSION_num(all);
    int critical = 0;
    auto* list = static_cast<GENERAL_NAMES*>(X509V3_get_d2i(all, NID_subject_alt_name, &critical, nullptr));
    for (int i = 0; i < sk_GENERAL_NAME_num(list); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(list, i);
        const ASN1_STRING* value = name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
        names.texts.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                                 static_cast<std::size_t>(ASN1_STRING_length(value)));
        CHECK((name->type == GEN_DNS || name->type == GEN_IPADD));
    }
    names.is_critical = critical == 1;
    GENERAL_NAMES_free(list);
    sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
    return names;
}

}  // namespace

TEST_CASE("a request has all names in subjectAltName, and an empty subject") {
    const Key key = Key::make();
    const Identifiers names{*read_identifier("example.com"), *read_identifier("*.example.com"),
                            *read_identifier("192.0.2.1"), *read_identifier("2001:db8::1")};
    const ParsedRequest request = parse_request(make_certificate_request(key, names));
    CHECK(X509_REQ_get_version(request.get()) == X509_REQ_VERSION_1);
    CHECK(X509_NAME_entry_count(X509_REQ_get_subject_name(request.get())) == 0);
    CHECK(X509_REQ_verify(request.get(), key.native()) == 1);
    CHECK(EVP_PKEY_eq(X509_REQ_get0_pubkey(request.get()), key.native()) == 1);
    const RequestedNames found = requested_names(request.get());
    CHECK(found.extensions == 1);
    CHECK(found.is_critical);
    CHECK(found.texts == std::vector<std::string>{"example.com", "*.example.com", "\xc0" + std::string("\0\2\1", 3),
                                                  std::string("\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16)});
}

TEST_CASE("a request for the longest name") {
    const std::string host = host_of_length(253);
    const ParsedRequest request = parse_request(make_certificate_request(Key::make(), {*read_identifier(host)}));
    CHECK(requested_names(request.get()).texts == std::vector<std::string>{host});
}

TEST_CASE("a request for what is not an address") {
    CHECK_THROWS_AS(make_certificate_request(Key::make(), {{Identifier::Type::ip, "example.com"}}), std::runtime_error);
    CHECK_THROWS_AS(make_certificate_request(Key::make(), {{Identifier::Type::dns, ""}}), std::runtime_error);
}
