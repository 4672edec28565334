#include "trusted_ca.hpp"

#include <arpa/inet.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <stdexcept>

#include "ferrotunnel/detail/private_zone.hpp"
#include "printable.hpp"

namespace ferrotunnel::cli {
namespace {

// The template for a function of OpenSSL's, whose type cannot be deduced from a macro.
template <auto free_function>
struct FreeCall {
    template <typename Object>
    void operator()(Object* object) const noexcept {
        free_function(object);
    }
};
using CaBio = std::unique_ptr<BIO, FreeCall<BIO_free_all>>;
using CaCertificate = std::unique_ptr<X509, FreeCall<X509_free>>;
using CaConstraints = std::unique_ptr<NAME_CONSTRAINTS, FreeCall<NAME_CONSTRAINTS_free>>;

constexpr std::size_t address_size_v4 = 4;
constexpr std::size_t address_size_v6 = 16;
constexpr char loopback_byte = 127;  // of 127.0.0.0/8

CaBio bio_of(std::string_view text) {
    return CaBio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

CaCertificate next_certificate(BIO* bio) {
    CaCertificate found(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
    ERR_clear_error();
    return found;
}

std::string fingerprint_of(const X509* certificate) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) {
        throw std::runtime_error("has no fingerprint");
    }
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
        text += fmt::format("{:02x}", digest[i]);
    }
    return text;
}

std::string name_of_ca(const X509* certificate) {
    std::array<char, 256> text{};
    const int length = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text.data(),
                                                 static_cast<int>(text.size()));
    return length > 0 ? printable({text.data(), static_cast<std::size_t>(length)}) : "without a name";
}

std::string end_of(const X509* certificate) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) {
        throw std::runtime_error("has no valid end date");
    }
    return fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

std::string_view bytes_of(const ASN1_STRING* text) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

// An address and a mask of the same length.
std::string network_text(std::string_view bytes) {
    const std::size_t half = bytes.size() / 2;
    if (bytes.size() % 2 != 0 || (half != address_size_v4 && half != address_size_v6)) {
        throw std::runtime_error("has constraints that are not valid");
    }
    const std::string_view mask = bytes.substr(half);
    const std::size_t fixed = half == address_size_v4 && bytes.front() == loopback_byte ? 1 : half;
    if (mask.substr(0, fixed).find_first_not_of('\xff') != std::string_view::npos ||
        mask.substr(fixed).find_first_not_of('\0') != std::string_view::npos) {
        throw std::runtime_error("may sign for a whole network of IP addresses, so it is not trusted");
    }
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = half == address_size_v4 ? AF_INET : AF_INET6;
    if (::inet_ntop(family, bytes.data(), text.data(), text.size()) == nullptr) {
        throw std::runtime_error("has constraints that are not valid");
    }
    return fixed == half ? std::string(text.data()) : fmt::format("{}/8", text.data());
}

struct Allowed {
    std::vector<std::string> names{};
    bool has_hosts = false;
    bool has_addresses = false;
};

Allowed names_in(const STACK_OF(GENERAL_SUBTREE) * subtrees, bool are_allowed) {
    Allowed all;
    for (int i = 0; i < sk_GENERAL_SUBTREE_num(subtrees); ++i) {
        const GENERAL_NAME* base = sk_GENERAL_SUBTREE_value(subtrees, i)->base;
        if (base->type == GEN_DNS) {
            const std::string_view host = bytes_of(base->d.dNSName);
            if (are_allowed && host.find_first_not_of('.') == std::string_view::npos) {
                throw std::runtime_error("may sign for all hosts, so it is not trusted");
            }
            all.has_hosts = true;
            all.names.push_back(printable(host));
        } else if (base->type == GEN_IPADD) {
            all.has_addresses = true;
            all.names.push_back(network_text(bytes_of(base->d.iPAddress)));
        }
    }
    return all;
}

// A top-level domain is everybody's: a host with one label may be allowed without what is below it.
void check_zones(const TrustedCa& ca) {
    for (const std::string& name : ca.allowed) {
        const std::size_t start = name.find_first_not_of('.');  // there is one: see names_in()
        const std::string zone = name.substr(start, name.find_last_not_of('.') + 1 - start);
        if (zone.find_first_of(".:") == std::string::npos && !detail::is_private_zone(zone) &&
            std::ranges::find(ca.excluded, "." + zone) == ca.excluded.end()) {
            throw std::runtime_error("may sign for the whole top-level domain " + zone + ", so it is not trusted");
        }
    }
}

void check_extensions(X509* certificate) {
    if (X509_check_ca(certificate) != 1 || X509_get_pathlen(certificate) != 0) {
        throw std::runtime_error("is not the certificate of a CA that signs hosts only (pathlen:0)");
    }
    if (X509_self_signed(certificate, 1) != 1) {
        throw std::runtime_error("is not signed by itself");
    }
    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0) {
        throw std::runtime_error("has ended on " + end_of(certificate));
    }
}

void read_constraints(X509* certificate, TrustedCa& ca) {
    int critical = -1;
    const CaConstraints constraints(
        static_cast<NAME_CONSTRAINTS*>(X509_get_ext_d2i(certificate, NID_name_constraints, &critical, nullptr)));
    if (!constraints || critical != 1 || constraints->permittedSubtrees == nullptr) {
        throw std::runtime_error(
            "has no critical name constraints: it could sign for any host, so it is not trusted. A CA of "
            "`ferrotunnel server --https-self` has some");
    }
    Allowed allowed = names_in(constraints->permittedSubtrees, true);
    if (!allowed.has_hosts || !allowed.has_addresses) {
        throw std::runtime_error(
            "has name constraints without hosts or without IP addresses: it could sign for any, so "
            "it is not trusted");
    }
    ca.allowed = std::move(allowed.names);
    ca.excluded = names_in(constraints->excludedSubtrees, false).names;
    check_zones(ca);
    if (X509_get_extended_key_usage(certificate) != XKU_SSL_SERVER) {
        throw std::runtime_error("may sign for more than servers (extendedKeyUsage), so it is not trusted");
    }
}

template <typename Predicate>
bool has_any(const std::string& bundle, Predicate predicate) {
    const CaBio bio = bio_of(bundle);
    while (const CaCertificate certificate = bio ? next_certificate(bio.get()) : nullptr) {
        if (predicate(certificate.get())) {
            return true;
        }
    }
    return false;
}

}  // namespace

TrustedCa read_trusted_ca(std::string_view pem) {
    if (pem.find("PRIVATE KEY") != std::string_view::npos) {
        throw std::runtime_error("has a private key in it: give the file of the certificate, ca.pem");
    }
    const CaBio bio = bio_of(pem);
    const CaCertificate certificate = bio ? next_certificate(bio.get()) : nullptr;
    if (!certificate) {
        throw std::runtime_error("is not a certificate in PEM form");
    }
    if (next_certificate(bio.get())) {
        throw std::runtime_error("has more than one certificate");
    }
    TrustedCa ca;
    check_extensions(certificate.get());
    read_constraints(certificate.get(), ca);
    ca.name = name_of_ca(certificate.get());
    ca.fingerprint = fingerprint_of(certificate.get());
    ca.end = end_of(certificate.get());
    const CaBio text(BIO_new(BIO_s_mem()));
    char* data = nullptr;
    if (!text || PEM_write_bio_X509(text.get(), certificate.get()) != 1) {
        throw std::runtime_error("cannot be written in PEM form");
    }
    const long length = BIO_get_mem_data(text.get(), &data);
    ca.pem.assign(data, static_cast<std::size_t>(std::max(length, 0L)));
    return ca;
}

bool has_certificate(const std::string& bundle, const TrustedCa& ca) {
    return has_any(bundle, [&](const X509* each) { return fingerprint_of(each) == ca.fingerprint; });
}

bool has_certificate_named(const std::string& bundle, std::string_view beginning) {
    return has_any(bundle, [&](const X509* each) { return name_of_ca(each).starts_with(beginning); });
}

}  // namespace ferrotunnel::cli
