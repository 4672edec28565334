#include "issuance/local_ca.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <stdexcept>
#include <utility>

#include "acme/certificate_facts.hpp"
#include "acme/certificate_parts.hpp"
#include "acme/limits.hpp"
#include "base/wipe.hpp"
#include "issuance/limits.hpp"
#include "issuance/local_constraints.hpp"

namespace ferrotunnel::issuance {
namespace {

using acme::CertificatePtr;
using acme::require_crypto;
using acme::WallTime;
using ConstraintsPtr = std::unique_ptr<NAME_CONSTRAINTS, FreeWith<NAME_CONSTRAINTS_free>>;

constexpr const char* local_failure = "cannot make a certificate";
constexpr std::size_t shown_host_max = 30;  // a common name has at most 64 characters
constexpr std::chrono::hours clock_difference{1};

void set_times(X509* certificate, WallTime not_before, WallTime not_after) {
    const std::time_t from = std::chrono::system_clock::to_time_t(not_before);
    const std::time_t to = std::chrono::system_clock::to_time_t(not_after);
    require_crypto(ASN1_TIME_set(X509_getm_notBefore(certificate), from) != nullptr &&
                       ASN1_TIME_set(X509_getm_notAfter(certificate), to) != nullptr,
                   local_failure);
}

// `value` is a constant: OpenSSL's configuration language is not for names of others.
void add_extension(X509* certificate, X509* issuer, int id, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>> extension(
        X509V3_EXT_conf_nid(nullptr, &context, id, value));
    require_crypto(extension && X509_add_ext(certificate, extension.get(), -1) == 1, local_failure);
}

CertificatePtr new_certificate(EVP_PKEY* key) {
    CertificatePtr made(X509_new());
    require_crypto(made && X509_set_version(made.get(), X509_VERSION_3) == 1 && X509_set_pubkey(made.get(), key) == 1,
                   local_failure);
    acme::set_random_serial(made.get());
    return made;
}

void sign(X509* certificate, EVP_PKEY* key) {
    require_crypto(X509_sign(certificate, key, EVP_sha256()) > 0, local_failure);
}

// Everything but the signature. The subject stays empty: the names are in subjectAltName, which is critical then
// (RFC 5280, 4.1.2.6).
CertificatePtr unsigned_leaf(EVP_PKEY* key, const acme::Identifiers& names, X509* issuer, WallTime now) {
    CertificatePtr made = new_certificate(key);
    X509* certificate = made.get();
    const WallTime end = acme::time_of(X509_get0_notAfter(issuer));
    set_times(certificate, now - clock_difference, std::min<WallTime>(now + limits::local_time, end));
    const acme::GeneralNamesPtr all = acme::general_names(names);
    require_crypto(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
                       X509_add1_ext_i2d(certificate, NID_subject_alt_name, all.get(), 1, X509V3_ADD_DEFAULT) == 1,
                   local_failure);
    add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(certificate, issuer, NID_key_usage, "critical,digitalSignature");
    add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth");
    add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
    add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
    return made;
}

// As one who trusts only this CA does.
bool is_valid(X509* certificate, X509* authority) {
    const std::unique_ptr<X509_STORE, FreeWith<X509_STORE_free>> store(X509_STORE_new());
    const std::unique_ptr<X509_STORE_CTX, FreeWith<X509_STORE_CTX_free>> context(X509_STORE_CTX_new());
    require_crypto(store && context && X509_STORE_add_cert(store.get(), authority) == 1 &&
                       X509_STORE_set_flags(store.get(), X509_V_FLAG_NO_CHECK_TIME) == 1 &&
                       X509_STORE_CTX_init(context.get(), store.get(), certificate, nullptr) == 1,
                   "cannot verify a certificate");
    const bool is_fine = X509_verify_cert(context.get()) == 1;
    ERR_clear_error();
    return is_fine;
}

ConstraintsPtr constraints_of(const X509* certificate, bool& is_critical) {
    int critical = -1;
    ConstraintsPtr found(
        static_cast<NAME_CONSTRAINTS*>(X509_get_ext_d2i(certificate, NID_name_constraints, &critical, nullptr)));
    is_critical = critical == 1;
    return found;
}

CertificatePtr first_certificate(std::string_view pem) {
    const acme::BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    CertificatePtr found(bio ? PEM_read_bio_X509(bio.get(), nullptr, acme::no_passphrase, nullptr) : nullptr);
    ERR_clear_error();
    return found;
}

std::string common_name_of(const X509* certificate) {
    const X509_NAME* subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    const X509_NAME_ENTRY* entry = at >= 0 ? X509_NAME_get_entry(subject, at) : nullptr;
    const ASN1_STRING* text = entry != nullptr ? X509_NAME_ENTRY_get_data(entry) : nullptr;
    return text != nullptr ? std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                         static_cast<std::size_t>(ASN1_STRING_length(text)))
                           : std::string();
}

}  // namespace

std::string day_of(WallTime time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    std::tm parts{};
    std::string text(10, ' ');
    gmtime_r(&seconds, &parts);
    (void)std::strftime(text.data(), text.size() + 1, "%Y-%m-%d", &parts);
    return text;
}

LocalCa LocalCa::make(const LocalConstraints& constraints, std::string_view host_name, WallTime now) {
    acme::Key key = acme::Key::make();
    CertificatePtr made = new_certificate(key.native());
    X509* certificate = made.get();
    std::string name = "FerroTunnel local CA ";
    name.append(host_name.substr(0, shown_host_max)).append(host_name.empty() ? "" : " ").append(day_of(now));
    X509_NAME* subject = X509_get_subject_name(certificate);
    require_crypto(X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_ASC, as_bytes(name).data(),
                                              static_cast<int>(name.size()), -1, 0) == 1 &&
                       X509_set_issuer_name(certificate, subject) == 1,
                   local_failure);
    set_times(certificate, now - clock_difference, now + limits::local_ca_time);
    add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(certificate, certificate, NID_ext_key_usage, "serverAuth");
    add_extension(certificate, certificate, NID_subject_key_identifier, "hash");
    add_name_constraints(certificate, constraints);
    sign(certificate, key.native());
    return {std::move(key), std::move(made)};
}

LocalCa LocalCa::from_pem(std::string_view pem) {
    acme::Key key = acme::Key::from_pem(pem);
    CertificatePtr found = first_certificate(pem);
    bool is_critical = false;
    if (!found) {
        throw std::runtime_error("has no certificate behind its key");
    }
    const ConstraintsPtr constraints = constraints_of(found.get(), is_critical);
    if (!constraints || !is_critical || X509_check_ca(found.get()) != 1) {
        throw std::runtime_error("is not a CA with name constraints");
    }
    if (X509_check_private_key(found.get(), key.native()) != 1 || X509_verify(found.get(), key.native()) != 1) {
        ERR_clear_error();
        throw std::runtime_error("has a certificate of another key");
    }
    return {std::move(key), std::move(found)};
}

std::string LocalCa::to_pem() const {
    std::string key = key_.to_pem();
    const std::string certificate = certificate_pem();
    std::string both;
    both.reserve(key.size() + certificate.size());  // so that no copy of the key is left behind
    both.append(key).append(certificate);
    wipe(key);
    return both;
}

std::string LocalCa::certificate_pem() const {
    return acme::pem_of(certificate_.get());
}

std::string LocalCa::name() const {
    return common_name_of(certificate_.get());
}

WallTime LocalCa::not_after() const {
    return acme::time_of(X509_get0_notAfter(certificate_.get()));
}

bool LocalCa::permits(const acme::Identifiers& names) const {
    const CertificatePtr leaf = unsigned_leaf(key_.native(), names, certificate_.get(), not_after());
    sign(leaf.get(), key_.native());
    return is_valid(leaf.get(), certificate_.get());
}

std::string LocalCa::issue(const acme::Identifiers& names, WallTime now) const {
    const acme::Key key = acme::Key::make();
    const CertificatePtr made = unsigned_leaf(key.native(), names, certificate_.get(), now);
    sign(made.get(), key_.native());
    std::string key_pem = key.to_pem();
    const std::string pem = acme::pem_of(made.get());
    std::string both;
    both.reserve(key_pem.size() + pem.size());
    both.append(key_pem).append(pem);
    wipe(key_pem);
    return both;
}

LocalCa::Issued LocalCa::read_issued(std::string_view pem) const {
    const CertificatePtr found = first_certificate(pem);
    const bool is_own = found && X509_verify(found.get(), key_.native()) == 1;
    ERR_clear_error();
    return is_own ? Issued{acme::names_of(found.get()), acme::time_of(X509_get0_notAfter(found.get()))} : Issued();
}

}  // namespace ferrotunnel::issuance
