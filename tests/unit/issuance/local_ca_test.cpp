#include "issuance/local_ca.hpp"

#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include <catch2/catch.hpp>
#include <memory>
#include <stdexcept>
#include <string>

#include "acme/limits.hpp"
#include "base/free_with.hpp"
#include "issuance/limits.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::issuance;
using acme::Identifier;
using acme::Identifiers;
using acme::WallTime;

namespace {

using OwnedCertificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using OwnedStore = std::unique_ptr<X509_STORE, FreeWith<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, FreeWith<X509_STORE_CTX_free>>;

WallTime present() {
    return std::chrono::system_clock::now();
}

OwnedCertificate certificate_in(const std::string& pem) {
    const acme::BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    return OwnedCertificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

// What a verifier that trusts only the CA says: X509_V_OK, or why not.
int verified(const LocalCa& ca, const std::string& pem, const std::string& host) {
    const OwnedCertificate root = certificate_in(ca.certificate_pem());
    const OwnedCertificate leaf = certificate_in(pem);
    const OwnedStore store(X509_STORE_new());
    X509_STORE_add_cert(store.get(), root.get());
    const StoreContext context(X509_STORE_CTX_new());
    X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), nullptr);
    X509_VERIFY_PARAM* wanted = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_purpose(wanted, X509_PURPOSE_SSL_SERVER);
    if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) != 1) {
        X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), 0);
    }
    return X509_verify_cert(context.get()) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context.get());
}

Identifier dns_name(const std::string& name) {
    return {Identifier::Type::dns, name};
}

Identifier ip_name(const std::string& text) {
    return {Identifier::Type::ip, text};
}

LocalConstraints test_constraints() {
    LocalSettings settings;
    settings.domain = "tunnel.test";
    settings.public_host = "192.0.2.7";
    settings.names = {"app.example.org", "2001:db8::1"};
    return constraints_for(settings, "dev");
}

LocalCa test_ca() {
    return LocalCa::make(test_constraints(), "dev", present());
}

}  // namespace

TEST_CASE("local ca: verifiers accept names within the constraints", "[local-ca]") {
    const LocalCa ca = test_ca();
    for (const char* name : {"localhost", "a.localhost", "a.b.localhost", "tunnel.test", "a.tunnel.test",
                             "app.example.org", "x.app.example.org", "dev", "a_b.localhost"}) {
        INFO(name);
        CHECK(ca.permits({dns_name(name)}));
        CHECK(verified(ca, ca.issue({dns_name(name)}, present()), name) == X509_V_OK);
    }
    for (const char* name : {"127.0.0.1", "127.8.0.1", "::1", "192.0.2.7", "2001:db8::1"}) {
        INFO(name);
        CHECK(ca.permits({ip_name(name)}));
        CHECK(verified(ca, ca.issue({ip_name(name)}, present()), name) == X509_V_OK);
    }
    const Identifiers both{dns_name("tunnel.test"), dns_name("*.tunnel.test")};
    CHECK(ca.permits(both));
    CHECK(verified(ca, ca.issue(both, present()), "any.tunnel.test") == X509_V_OK);
    CHECK(verified(ca, ca.issue(both, present()), "other.test") == X509_V_ERR_HOSTNAME_MISMATCH);
}

TEST_CASE("local ca: verifiers reject names outside of the constraints", "[local-ca]") {
    const LocalCa ca = test_ca();
    for (const char* name : {"example.com", "test", "other.test", "xtunnel.test", "example.org", "xapp.example.org",
                             "a.dev", "*.dev", "localhost.evil.com", "*.test", "tunnel.test.evil.com"}) {
        INFO(name);
        CHECK_FALSE(ca.permits({dns_name(name)}));
        CHECK_FALSE(ca.permits({dns_name("localhost"), dns_name(name)}));
        const int code = verified(ca, ca.issue({dns_name(name)}, present()), name[0] == '*' ? "x" : name);
        CHECK((code == X509_V_ERR_PERMITTED_VIOLATION || code == X509_V_ERR_EXCLUDED_VIOLATION ||
               code == X509_V_ERR_HOSTNAME_MISMATCH));
        CHECK(code != X509_V_OK);
    }
    for (const char* name : {"128.0.0.1", "192.0.2.8", "10.0.0.1", "::2", "2001:db8::2"}) {
        INFO(name);
        CHECK_FALSE(ca.permits({ip_name(name)}));
        CHECK(verified(ca, ca.issue({ip_name(name)}, present()), name) == X509_V_ERR_PERMITTED_VIOLATION);
    }
}

TEST_CASE("local ca: it signs no other CA, and has an end and a readable name", "[local-ca]") {
    const LocalCa ca = test_ca();
    const OwnedCertificate root = certificate_in(ca.certificate_pem());
    CHECK(X509_check_ca(root.get()) == 1);
    CHECK(X509_get_pathlen(root.get()) == 0);
    CHECK(X509_get_key_usage(root.get()) == (KU_KEY_CERT_SIGN | KU_CRL_SIGN));
    int critical = 0;
    NAME_CONSTRAINTS_free(
        static_cast<NAME_CONSTRAINTS*>(X509_get_ext_d2i(root.get(), NID_name_constraints, &critical, nullptr)));
    CHECK(critical == 1);
    CHECK(ca.name() == "FerroTunnel local CA dev " + day_of(present()));
    CHECK(ca.not_after() - present() <= issuance::limits::local_ca_time);
    CHECK(ca.not_after() - present() > issuance::limits::local_ca_time - std::chrono::hours(1));

    const std::string leaf = ca.issue({dns_name("localhost")}, present());
    const LocalCa::Issued issued = ca.read_issued(leaf);
    CHECK(issued.names == std::vector<std::string>{"localhost"});
    CHECK(issued.not_after - present() <= issuance::limits::local_time);
    CHECK(X509_check_ca(certificate_in(leaf).get()) == 0);
    CHECK(X509_NAME_entry_count(X509_get_subject_name(certificate_in(leaf).get())) == 0);

    SECTION("a long host name") {
        const LocalCa other = LocalCa::make(test_constraints(), std::string(64, 'h'), present());
        CHECK(other.name().size() <= 64);
    }
    SECTION("a certificate is not valid for longer than the CA") {
        const WallTime late = ca.not_after() - std::chrono::hours(10);
        CHECK(ca.read_issued(ca.issue({dns_name("localhost")}, late)).not_after == ca.not_after());
    }
    SECTION("another CA's certificate is not its own") {
        CHECK(test_ca().read_issued(leaf).names.empty());
        CHECK(ca.read_issued("").names.empty());
    }
}

TEST_CASE("local ca: it is read again, and nothing else is", "[local-ca]") {
    const LocalCa ca = test_ca();
    const std::string pem = ca.to_pem();
    CHECK(LocalCa::from_pem(pem).certificate_pem() == ca.certificate_pem());
    const auto fault = [](const std::string& text) {
        try {
            LocalCa::from_pem(text);
            return std::string();
        } catch (const std::runtime_error& problem) {
            return std::string(problem.what());
        }
    };
    const std::string key = pem.substr(0, pem.find("-----BEGIN CERTIFICATE"));
    CHECK(fault("") == "is not a private key in PEM form without a passphrase");
    CHECK(fault(ca.certificate_pem()) == "is not a private key in PEM form without a passphrase");
    CHECK(fault(key) == "has no certificate behind its key");
    CHECK(fault(pem.substr(0, pem.size() - 80)) == "has no certificate behind its key");
    CHECK(fault(key + test_ca().certificate_pem()) == "has a certificate of another key");
    CHECK(fault(ca.issue({dns_name("localhost")}, present())) == "is not a CA with name constraints");
}

TEST_CASE("local ca: what the constraints are made of", "[local-ca]") {
    LocalSettings settings;
    CHECK(constraints_for(settings, "").hosts == std::vector<std::string>{"localhost"});
    CHECK(constraints_for(settings, "").single.empty());
    CHECK(constraints_for(settings, "laptop").single == std::vector<std::string>{"laptop"});
    CHECK(constraints_for(settings, "test").hosts == std::vector<std::string>{"localhost", "test"});
    settings.domain = "tunnel.dev";
    CHECK(constraints_for(settings, "dev").single.empty());  // ".dev" would exclude the domain
    settings.public_host = "127.0.0.1";
    settings.names = {"127.0.0.5", "::1", "10.0.0.1", "Lan.Test"};
    CHECK(constraints_for(settings, "h.example").addresses == std::vector<std::string>{"10.0.0.1"});
    CHECK(constraints_for(settings, "h.example").hosts ==
          std::vector<std::string>{"localhost", "tunnel.dev", "lan.test", "h.example"});
}

TEST_CASE("local ca: names that a public CA certifies are left to ACME", "[local-ca]") {
    LocalSettings settings;
    settings.domain = "tunnel.example.com";
    settings.public_host = "tunnel.example.com";
    CHECK(domain_names(settings).size() == 2);
    CHECK(has_domain_certificate(settings, "a.tunnel.example.com"));
    CHECK_FALSE(has_domain_certificate(settings, "a.b.tunnel.example.com"));
    settings.has_acme = true;
    CHECK(domain_names(settings).empty());
    CHECK_FALSE(has_domain_certificate(settings, "a.tunnel.example.com"));
    CHECK(machine_names(settings, "laptop").size() == 4);  // localhost, its addresses, laptop
    CHECK_FALSE(is_left_to_acme(settings, dns_name("a.localhost")));
    CHECK_FALSE(is_left_to_acme(settings, ip_name("127.0.0.1")));
    CHECK(is_left_to_acme(settings, dns_name("app.example.com")));

    settings.has_acme = false;
    settings.domain = "localhost";
    CHECK(domain_names(settings) == Identifiers{dns_name("localhost")});  // verifiers reject *.localhost
    CHECK_FALSE(has_domain_certificate(settings, "a.localhost"));
}
