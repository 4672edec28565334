#include "http/field_name.hpp"

#include <catch2/catch.hpp>
#include <cctype>
#include <string>

using namespace ferrotunnel::http;

namespace {

constexpr auto first = static_cast<int>(FieldName::accept);
constexpr auto last = static_cast<int>(FieldName::x_url_scheme);

template <typename Change>
std::string changed(std::string_view text, Change change) {
    std::string copy(text);
    for (std::size_t i = 0; i < copy.size(); ++i) {
        copy[i] = static_cast<char>(change(static_cast<unsigned char>(copy[i]), i));
    }
    return copy;
}

}  // namespace

TEST_CASE("field_name: each known name is recognised in any case") {
    for (int i = first; i <= last; ++i) {
        const auto id = static_cast<FieldName>(i);
        const std::string_view name = spelling_of(id);
        if (id == FieldName::x_forwarded_other || id == FieldName::tls_claim) {
            CHECK(is_many(id));
            CHECK(name.empty());
            continue;
        }
        INFO(name);
        CHECK_FALSE(name.empty());
        CHECK(field_name_of(name) == id);
        CHECK(field_name_of(changed(name, [](int c, std::size_t) { return std::tolower(c); })) == id);
        CHECK(field_name_of(changed(name, [](int c, std::size_t) { return std::toupper(c); })) == id);
        CHECK(field_name_of(changed(
                  name, [](int c, std::size_t at) { return at % 2 == 0 ? std::tolower(c) : std::toupper(c); })) == id);
    }
}

TEST_CASE("field_name: a name that differs in one byte is another") {
    const std::string_view token = "!#$%&'*+-.^_`|~09azAZ";
    for (int i = first; i <= last; ++i) {
        const auto id = static_cast<FieldName>(i);
        const std::string name(spelling_of(id));
        for (std::size_t at = 0; at < name.size(); ++at) {
            for (char c : token) {
                std::string other = name;
                other[at] = c;
                const bool same = same_text(other, name);
                INFO(other);
                CHECK((field_name_of(other) == id) == same);
            }
            std::string shorter = name;
            shorter.erase(at, 1);
            CHECK(field_name_of(shorter) != id);
            CHECK(field_name_of(name.substr(0, at) + "x" + name.substr(at)) != id);
        }
    }
    CHECK(field_name_of("") == FieldName::other);
    CHECK(field_name_of("x") == FieldName::other);
    CHECK(field_name_of(std::string(70'000, 'x')) == FieldName::other);
}

TEST_CASE("field_name: all of X-Forwarded-* is known to be so") {
    CHECK(field_name_of("X-Forwarded-Server") == FieldName::x_forwarded_other);
    CHECK(field_name_of("x-forwarded-x") == FieldName::x_forwarded_other);
    CHECK(field_name_of("X-Forwarded-") == FieldName::other);
    CHECK(field_name_of("X-Forwarded") == FieldName::x_forwarded);
    CHECK(field_name_of("X-Forwardee-For") == FieldName::other);
}

TEST_CASE("field_name: what proxies tell of a visitor's certificate") {
    for (const char* name :
         {"X-SSL", "X-SSL-Client-Verify", "x-ssl-cert", "X-Client-Cert", "X-Client-Certificate", "X-Client-DN",
          "SSL-Client-S-DN", "Client-Cert", "client-cert-chain", "X-TLS-Client-Serial",
          "X-Amzn-Mtls-Clientcert-Subject", "X-ARR-ClientCert", "CF-Client-Cert-Sha256", "WL-Proxy-Client-Cert"}) {
        CAPTURE(name);
        CHECK(field_name_of(name) == FieldName::tls_claim);
        CHECK(is_claim(field_name_of(name)));
    }
    for (const char* name : {"X-SS", "SSL", "X-Client-Version", "X-Client-Data", "X-Client-Id", "X-CSRF-Token",
                             "Client-Hints", "Sec-Fetch-Site", "Cache-Control"}) {
        CAPTURE(name);
        CHECK(field_name_of(name) == FieldName::other);
    }
    CHECK(field_name_loosely("SSL_CLIENT_VERIFY") == FieldName::tls_claim);
    CHECK(field_name_loosely("x.client.cert_") == FieldName::tls_claim);
}

TEST_CASE("field_name: names that programs confuse") {
    for (std::string_view name : {"Content_Length", "content.length", "CONTENT-LENGTH-", "Content-Length..",
                                  "Content~Length", "Content-Length"}) {
        INFO(name);
        CHECK(field_name_loosely(name) == FieldName::content_length);
        CHECK(same_name_loosely(name, "content-length"));
        CHECK(same_name_loosely("CONTENT_length", name));
    }
    CHECK(field_name_loosely("ContentLength") == FieldName::other);
    CHECK(field_name_loosely("-Content-Length") == FieldName::other);
    CHECK(field_name_loosely("X_Forwarded_Whatever_" + std::string(100, 'x')) == FieldName::x_forwarded_other);
    CHECK(field_name_loosely("---") == FieldName::other);
    CHECK(field_name_loosely("") == FieldName::other);
    CHECK_FALSE(same_name_loosely("X-User", "X-Users"));
    CHECK_FALSE(same_name_loosely("X-User", "Y-User"));
    CHECK(same_name_loosely("X-User", "X_User_"));
}
