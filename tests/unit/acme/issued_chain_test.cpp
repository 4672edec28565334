#include "acme/issued_chain.hpp"

#include <openssl/err.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "acme/certificate_facts.hpp"
#include "acme/limits.hpp"
#include "chain_maker.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::acme;

namespace {

const WallTime chain_now = std::chrono::system_clock::from_time_t(1'800'000'000);
const Identifiers ordered_names{*read_identifier("example.com"), *read_identifier("*.example.com")};
const char* const certified_names = "DNS:example.com,DNS:*.example.com";

struct ChainMaker {
    TestCa ca{chain_now};
    Key key = Key::make();

    // What is wrong with this chain; "" if it is accepted.
    std::string fault(const std::string& pem, const Identifiers& names = ordered_names) const {
        const auto chain = check_chain(pem, names, key, chain_now);
        CHECK(ERR_peek_error() == 0);
        return chain ? "" : chain.error();
    }
    std::string fault(const Wanted& wanted, const Identifiers& names = ordered_names) const {
        return fault(ca.chain(wanted, key), names);
    }
    std::string fault_of_names(const std::string& names, const Identifiers& wanted = ordered_names) const {
        return fault(ca.leaf(names), wanted);
    }
};

bool has_part(const std::string& text, const char* part) {
    INFO(text);
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a chain as it was ordered") {
    const ChainMaker at;
    const std::string pem = at.ca.chain(at.ca.leaf(certified_names), at.key);
    const auto chain = check_chain("text before\n" + pem + "text behind", ordered_names, at.key, chain_now);
    REQUIRE(chain);
    CHECK(chain->pem == pem);
    CHECK(chain->names == std::vector<std::string>{"*.example.com", "example.com"});
    CHECK(chain->not_before == chain_now - std::chrono::hours(1));
    CHECK(chain->not_after == chain_now + std::chrono::hours(90 * 24));
    CHECK(has_part(chain->renewal_id, ".EjQ"));
    CHECK(at.fault(pem + at.ca.root_pem()).empty());
    CHECK(at.fault_of_names("DNS:Example.COM,DNS:*.EXAMPLE.com,DNS:example.com").empty());
}

TEST_CASE("a chain for addresses") {
    const ChainMaker at;
    const Identifiers addresses{*read_identifier("192.0.2.1"), *read_identifier("2001:db8::1")};
    CHECK(at.fault_of_names("IP:192.0.2.1,IP:2001:db8::1", addresses).empty());
    CHECK(has_part(at.fault_of_names("DNS:192.0.2.1,IP:2001:db8::1", addresses), R"(is not for "192.0.2.1")"));
    CHECK(has_part(at.fault_of_names("IP:192.0.2.1,IP:2001:db8::2", addresses), R"(is not for "2001:db8::1")"));
}

TEST_CASE("wrong names") {
    const ChainMaker at;
    CHECK(has_part(at.fault_of_names("DNS:example.com"), R"(is not for "*.example.com", which was ordered)"));
    CHECK(has_part(at.fault_of_names("DNS:evil.example"), "is not for"));
    CHECK(has_part(at.fault_of_names("DNS:example.com,DNS:*.example.com,DNS:evil.example"),
                   R"(is also for "evil.example", which was not ordered)"));
    CHECK(has_part(at.fault_of_names("DNS:example.com,DNS:*.example.com,IP:192.0.2.1"), R"(is also for "192.0.2.1")"));
    CHECK(has_part(at.fault_of_names("DNS:example.com,DNS:*.example.com,email:a@example.com"), "is also for \"email:"));
    CHECK(has_part(at.fault_of_names("DNS:example.com,DNS:*.example.com,URI:https://a/"), "is also for \"URI:"));
    CHECK(has_part(at.fault_of_names("DNS:example.com,DNS:*.example.com,RID:1.2.3"), "another kind"));
    CHECK(has_part(at.fault_of_names(""), "is not for"));
    CHECK(has_part(at.fault_of_names("", {}), "is for no name"));
    Wanted subject = at.ca.leaf("DNS:other.example");
    subject.subject = "example.com";
    CHECK(has_part(at.fault(subject, {ordered_names.front()}), "is not for"));
}

TEST_CASE("a wrong key") {
    const ChainMaker at;
    CHECK(has_part(at.fault(at.ca.chain(at.ca.leaf(certified_names), Key::make())), "is for another key"));
}

TEST_CASE("wrong times") {
    const ChainMaker at;
    Wanted wanted = at.ca.leaf(certified_names);
    wanted.not_after = chain_now;
    CHECK(has_part(at.fault(wanted), "has expired"));
    wanted.not_after = chain_now + std::chrono::seconds(1);
    CHECK(at.fault(wanted).empty());
    wanted.not_after = chain_now + std::chrono::hours(48);
    wanted.not_before = chain_now + acme::limits::not_before_ahead_max;
    CHECK(at.fault(wanted).empty());
    wanted.not_before += std::chrono::seconds(1);
    CHECK(has_part(at.fault(wanted), "is not valid yet"));
    wanted.not_before = chain_now + std::chrono::minutes(10);
    wanted.not_after = chain_now + std::chrono::minutes(5);
    CHECK(has_part(at.fault(wanted), "expires before it is valid"));
}

TEST_CASE("a time that is more than a count can be") {
    const ChainMaker at;
    ASN1_TIME* time = ASN1_TIME_new();
    REQUIRE(ASN1_TIME_set_string(time, "99991231235959Z") == 1);
    CHECK(time_of(time) > chain_now + std::chrono::hours(24 * 365 * 200));
    REQUIRE(ASN1_TIME_set_string(time, "00010101000000Z") == 1);
    CHECK(time_of(time) < chain_now - std::chrono::hours(24 * 365 * 200));
    ASN1_TIME_free(time);
}

TEST_CASE("issuers that are missing, wrong, or unordered") {
    const ChainMaker at;
    const std::string leaf = at.ca.issue_pem(at.ca.leaf(certified_names), at.key);
    const TestCa other(chain_now);
    CHECK(has_part(at.fault(leaf), "has no issuer"));
    CHECK(has_part(at.fault(at.ca.issuer_pem() + leaf), "is not for"));
    CHECK(has_part(at.fault(leaf + at.ca.root_pem() + at.ca.issuer_pem()),
                   "number 1, that is not signed by the next one"));
    CHECK(has_part(at.fault(leaf + other.issuer_pem()), "number 1, that is not signed"));
    CHECK(has_part(at.fault(leaf + at.ca.issuer_pem() + other.root_pem()), "number 2, that is not signed"));
    CHECK(has_part(at.fault(leaf + leaf + at.ca.issuer_pem()), "number 1, that is not signed"));
    // Without key identifiers it is the signature alone that tells the two issuers apart.
    Wanted bare = at.ca.leaf(certified_names);
    bare.has_authority_key = false;
    CHECK(has_part(at.fault(at.ca.issue_pem(bare, at.key) + other.issuer_pem()), "number 1, that is not signed"));
    CHECK(at.fault(at.ca.chain(bare, at.key)).empty());
}

TEST_CASE("a certificate that signs itself, and one whose issuer is not a CA") {
    const ChainMaker at;
    Wanted self = at.ca.leaf(certified_names);
    self.subject = "self";
    const std::string own = pem_of_made(make_certificate(self, at.key.native(), nullptr, at.key.native()).get());
    CHECK(has_part(at.fault(own), "has no issuer"));
    CHECK(has_part(at.fault(own + own), "is not signed by the next one"));

    const Key middle_key = Key::make();
    Wanted middle = at.ca.leaf("DNS:middle.example");
    middle.subject = "middle";
    const TestCertificate not_a_ca = at.ca.issue(middle, middle_key);
    const TestCertificate leaf =
        make_certificate(at.ca.leaf(certified_names), at.key.native(), not_a_ca.get(), middle_key.native());
    CHECK(has_part(at.fault(pem_of_made(leaf.get()) + pem_of_made(not_a_ca.get()) + at.ca.issuer_pem()),
                   "number 1, that is not signed"));
}

TEST_CASE("the certificate of a CA instead of the ordered one") {
    const ChainMaker at;
    Wanted wanted = at.ca.leaf(certified_names);
    wanted.is_ca = true;
    CHECK(has_part(at.fault(wanted), "begins with the certificate of a CA"));
}

TEST_CASE("an issuer that has expired") {
    const ChainMaker at;
    Wanted old = at.ca.ca("old");
    old.not_after = chain_now - std::chrono::seconds(1);
    const Key key = Key::make();
    const TestCertificate issuer = make_certificate(old, key.native(), nullptr, key.native());
    const TestCertificate leaf =
        make_certificate(at.ca.leaf(certified_names), at.key.native(), issuer.get(), key.native());
    CHECK(has_part(at.fault(pem_of_made(leaf.get()) + pem_of_made(issuer.get())), "has an issuer that has expired"));
}

TEST_CASE("what is not a chain") {
    const ChainMaker at;
    const std::string pem = at.ca.chain(at.ca.leaf(certified_names), at.key);
    CHECK(has_part(at.fault(""), "has no certificate"));
    CHECK(has_part(at.fault("garbage"), "has no certificate"));
    CHECK(has_part(at.fault(R"({"type":"urn:ietf:params:acme:error:malformed"})"), "has no certificate"));
    CHECK(has_part(at.fault(at.key.to_pem()), "has no certificate"));
    CHECK(has_part(at.fault(pem + at.key.to_pem()), "something other than certificates"));
    CHECK(has_part(at.fault("-----BEGIN X509 CRL-----\n" + pem), "something other than certificates"));
    CHECK(has_part(at.fault(pem.substr(0, pem.size() - 30)), "is cut off"));
    CHECK(has_part(at.fault("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
                   "damaged certificate, number 1"));
    CHECK(has_part(at.fault("-----BEGIN CERTIFICATE----------END CERTIFICATE-----"), "damaged"));
    std::string damaged = pem;
    damaged[damaged.rfind("-----BEGIN") + 200] ^= 4;
    CHECK_FALSE(at.fault(damaged).empty());
    // It must not prompt for a passphrase.
    CHECK(has_part(at.fault("-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: "
                            "AES-256-CBC,00000000000000000000000000000000\n\nAAAA\n-----END CERTIFICATE-----\n"),
                   "damaged"));
}

TEST_CASE("limit: certificates of a chain", "[limits]") {
    const ChainMaker at;
    std::vector<Key> keys;
    std::string pem;
    std::vector<TestCertificate> issuers;
    for (std::size_t i = 0; i < acme::limits::chain_max; ++i) {
        keys.push_back(Key::make());
        const Wanted wanted = at.ca.ca("issuer " + std::to_string(i));
        X509* above = i == 0 ? nullptr : issuers.back().get();
        issuers.push_back(make_certificate(wanted, keys.back().native(), above, keys[i == 0 ? 0 : i - 1].native()));
        pem.insert(0, pem_of_made(issuers.back().get()));
        const auto leaf =
            make_certificate(at.ca.leaf(certified_names), at.key.native(), issuers.back().get(), keys.back().native());
        const std::string fault = at.fault(pem_of_made(leaf.get()) + pem);
        CHECK((i + 2 <= acme::limits::chain_max ? fault.empty() : has_part(fault, "more than 10 certificates")));
    }
}

TEST_CASE("limit: the length of a chain", "[limits]") {
    const ChainMaker at;
    const std::string pem = at.ca.chain(at.ca.leaf(certified_names), at.key);
    CHECK(at.fault(std::string(acme::limits::body_max - pem.size(), '\n') + pem).empty());
    CHECK(has_part(at.fault(std::string(acme::limits::body_max - pem.size() + 1, '\n') + pem), "longer than 256 KiB"));
    CHECK(has_part(at.fault(std::string(1'024 * 1'024, '-')), "longer than 256 KiB"));
}

TEST_CASE("facts of a chain that is in use") {
    const ChainMaker at;
    Wanted old = at.ca.leaf("DNS:example.com,IP:192.0.2.1");
    old.not_after = chain_now - std::chrono::hours(24);
    old.not_before = chain_now - std::chrono::hours(48);
    const std::string pem = at.ca.chain(old, at.key);
    for (const std::string& text : {at.key.to_pem() + pem, pem + at.key.to_pem(), pem}) {
        const auto chain = read_chain(text);
        REQUIRE(chain);
        CHECK(chain->pem == pem);
        CHECK(chain->names == std::vector<std::string>{"192.0.2.1", "example.com"});
        CHECK(chain->not_after == old.not_after);
    }
    CHECK(read_chain(at.ca.issue_pem(old, at.key)));
    CHECK_FALSE(read_chain(at.key.to_pem()));
}

TEST_CASE("the identifier for renewal information") {
    // The example of RFC 9773, 4.1.
    const std::string key_identifier =
        "\x69\x88\x5b\x6b\x87\x46\x40\x41\xe1\xb3\x7b\x84\x7b\xa0\xae\x2c\xde\x01\xc8\xd4";
    const std::string serial("\x00\x87\x65\x43\x21", 5);
    CHECK(renewal_id_text(key_identifier, serial) == "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
    CHECK(renewal_id_text("", serial).empty());
    CHECK(renewal_id_text(key_identifier, "").empty());
    CHECK_FALSE(renewal_id_text(std::string(64, 'a'), std::string(64, 'b')).empty());
    CHECK(renewal_id_text(std::string(65, 'a'), serial).empty());
    CHECK(renewal_id_text(key_identifier, std::string(65, 'b')).empty());

    const ChainMaker at;
    const auto id = [&at](std::string number, bool has_authority_key) {
        Wanted wanted = at.ca.leaf(certified_names);
        wanted.serial = std::move(number);
        wanted.has_authority_key = has_authority_key;
        return read_chain(at.ca.chain(wanted, at.key))->renewal_id;
    };
    const ASN1_OCTET_STRING* issuer = X509_get0_subject_key_id(at.ca.issuer());
    const std::string issuer_text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(issuer)),
                                  static_cast<std::size_t>(ASN1_STRING_length(issuer)));
    CHECK(id("87654321", true) == renewal_id_text(issuer_text, serial));
    CHECK(id("7654321", true) == renewal_id_text(issuer_text, "\x07\x65\x43\x21"));
    CHECK(id("0", true) == renewal_id_text(issuer_text, std::string(1, '\0')));
    CHECK(id("87654321", false).empty());
    CHECK(id(std::string(400, '7'), true).empty());
}
