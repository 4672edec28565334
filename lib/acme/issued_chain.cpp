#include "acme/issued_chain.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "acme/certificate_facts.hpp"
#include "acme/crypto.hpp"
#include "acme/limits.hpp"
#include "base/text.hpp"

namespace ferrotunnel::acme {
namespace {

constexpr std::string_view certificate_begin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view certificate_end = "-----END CERTIFICATE-----";

using Certificates = std::vector<CertificatePtr>;
using ChainFault = std::string;  // follows "the chain"; empty: none

// The next certificate's text, which is removed from `rest`. Empty if there is none, or it has no end.
std::string_view take_pem(std::string_view& rest) {
    const std::size_t begin = rest.find(certificate_begin);
    if (begin == std::string_view::npos) {
        return {};
    }
    const std::size_t end = rest.find(certificate_end, begin);
    if (end == std::string_view::npos) {
        return {};
    }
    const std::string_view text = rest.substr(begin, end + certificate_end.size() - begin);
    rest.remove_prefix(end + certificate_end.size());
    return text;
}

// A CA has no reason to send anything else in PEM form, least of all a private key.
bool has_other_pem(std::string_view text) {
    constexpr std::string_view begin = "-----BEGIN ";
    for (std::size_t at = text.find(begin); at != std::string_view::npos; at = text.find(begin, at + 1)) {
        if (!text.substr(at).starts_with(certificate_begin)) {
            return true;
        }
    }
    return false;
}

CertificatePtr parse_certificate(std::string_view pem) {
    const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    CertificatePtr certificate(bio ? PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
    ERR_clear_error();
    return certificate;
}

// Only the certificates are shown to OpenSSL: the text of a file that is in use has its key, too.
Result<Certificates, ChainFault> parse_chain(std::string_view pem) {
    if (pem.size() > limits::body_max) {
        return ChainFault("is longer than 256 KiB");
    }
    Certificates all;
    for (std::string_view text = take_pem(pem); !text.empty(); text = take_pem(pem)) {
        if (all.size() == limits::chain_max) {
            return ChainFault("has more than 10 certificates");
        }
        all.push_back(parse_certificate(text));
        if (!all.back()) {
            return "has a damaged certificate, number " + std::to_string(all.size());
        }
    }
    if (pem.find(certificate_begin) != std::string_view::npos) {
        return ChainFault("is cut off within a certificate");
    }
    if (all.empty()) {
        return ChainFault("has no certificate in PEM form");
    }
    return all;
}

std::string chain_text(const Certificates& all) {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    for (const CertificatePtr& certificate : all) {
        require_crypto(bio && PEM_write_bio_X509(bio.get(), certificate.get()) == 1, "cannot encode a certificate");
    }
    return text_in(bio.get());
}

IssuedChain facts_of(const Certificates& all) {
    X509* first = all.front().get();
    IssuedChain chain{chain_text(all), names_of(first), time_of(X509_get0_notBefore(first)),
                      time_of(X509_get0_notAfter(first)), renewal_id_of(first)};
    ERR_clear_error();
    return chain;
}

ChainFault fault_of_names(const std::vector<std::string>& names, const Identifiers& ordered) {
    std::vector<std::string> wanted;
    for (const Identifier& identifier : ordered) {
        wanted.push_back(identifier.value);
    }
    for (const std::string& name : wanted) {
        if (std::find(names.begin(), names.end(), name) == names.end()) {
            return "is not for " + in_quotes(name) + ", which was ordered";
        }
    }
    for (const std::string& name : names) {
        if (std::find(wanted.begin(), wanted.end(), name) == wanted.end()) {
            return "is also for " + in_quotes(name) + ", which was not ordered";
        }
    }
    return wanted.empty() ? ChainFault("is for no name") : ChainFault();
}

ChainFault fault_of_times(const IssuedChain& chain, WallTime now) {
    if (chain.not_after <= now) {
        return "has expired; check this machine's clock if the CA is known to be right";
    }
    if (chain.not_before > now + limits::not_before_ahead_max) {
        return "is not valid yet; check this machine's clock if the CA is known to be right";
    }
    return chain.not_before < chain.not_after ? ChainFault() : ChainFault("expires before it is valid");
}

bool is_signed_by(X509* certificate, X509* issuer) {
    EVP_PKEY* key = X509_get0_pubkey(issuer);
    const bool is_issuer = key != nullptr && X509_check_issued(issuer, certificate) == X509_V_OK &&
                           X509_check_ca(issuer) != 0 && X509_verify(certificate, key) == 1;
    ERR_clear_error();
    return is_issuer;
}

ChainFault fault_of_issuers(const Certificates& all, WallTime now) {
    if (all.size() < 2) {
        return "has no issuer after its first certificate";
    }
    for (std::size_t i = 0; i + 1 < all.size(); ++i) {
        if (!is_signed_by(all[i].get(), all[i + 1].get())) {
            return "has a certificate, number " + std::to_string(i + 1) + ", that is not signed by the next one";
        }
    }
    // Those above may have expired: programs that trust a younger certificate of the same key do not use them.
    return time_of(X509_get0_notAfter(all[1].get())) > now ? ChainFault()
                                                           : ChainFault("has an issuer that has expired");
}

ChainFault fault_of_chain(const Certificates& all, const IssuedChain& chain, const Identifiers& names, const Key& key,
                          WallTime now) {
    if (ChainFault fault = fault_of_names(chain.names, names); !fault.empty()) {
        return fault;
    }
    EVP_PKEY* certified = X509_get0_pubkey(all.front().get());
    if (certified == nullptr || EVP_PKEY_eq(certified, key.native()) != 1) {
        ERR_clear_error();
        return "is for another key";
    }
    if ((X509_get_extension_flags(all.front().get()) & EXFLAG_CA) != 0) {
        return "begins with the certificate of a CA";
    }
    if (ChainFault fault = fault_of_times(chain, now); !fault.empty()) {
        return fault;
    }
    return fault_of_issuers(all, now);
}

}  // namespace

Result<IssuedChain, std::string> check_chain(std::string_view pem, const Identifiers& names, const Key& key,
                                             WallTime now) {
    const auto all = parse_chain(pem);
    if (!all) {
        return all.error();
    }
    if (has_other_pem(pem)) {
        return std::string("has something other than certificates in PEM form");
    }
    IssuedChain chain = facts_of(*all);
    if (ChainFault fault = fault_of_chain(*all, chain, names, key, now); !fault.empty()) {
        return fault;
    }
    return chain;
}

Result<IssuedChain, std::string> read_chain(std::string_view pem) {
    const auto all = parse_chain(pem);
    if (!all) {
        return all.error();
    }
    return facts_of(*all);
}

}  // namespace ferrotunnel::acme
