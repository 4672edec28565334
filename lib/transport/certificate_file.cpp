#include "transport/certificate_file.hpp"

#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "net/host_name.hpp"
#include "transport/certificate.hpp"
#include "transport/certificate_expiry.hpp"
#include "transport/certificate_names.hpp"
#include "transport/pem_file.hpp"
#include "transport/visitor_context.hpp"

namespace ferrotunnel::transport {

namespace {

using WallTime = std::chrono::system_clock::time_point;

constexpr std::size_t shown_name_max = 100;

std::string day_of(WallTime time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    std::tm parts{};
    char text[32];
    const bool fine =
        ::gmtime_r(&seconds, &parts) != nullptr && std::strftime(text, sizeof text, "%Y-%m-%d", &parts) != 0;
    return fine ? text : "an unknown day";
}

// Collects the names. Those that could never be requested are left out, with a warning.
void take_hosts(LoadedCertificate& loaded, std::vector<std::string>& warnings) {
    const GeneralNamesPtr names = alternative_names(loaded.certificate.get());
    const int count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
    for (int i = 0; i < count; ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type == GEN_IPADD && loaded.addresses.size() < limits::certificate_names_max) {
            loaded.addresses.push_back(address_text(bytes_of(name->d.iPAddress)));
        }
        if (name->type != GEN_DNS) {
            continue;
        }
        const std::string_view text = bytes_of(name->d.dNSName);
        auto host = net::normal_host_pattern(text);
        if (!host) {
            warnings.push_back("the name \"" + printable(text, shown_name_max) + "\" in it " + host.error());
        } else if (loaded.hosts.size() == limits::certificate_names_max) {
            warnings.push_back("has more than " + std::to_string(limits::certificate_names_max) +
                               " names; the others are left out");
            return;
        } else {
            loaded.hosts.push_back(std::move(*host));
        }
    }
}

bool set_chain(LoadedCertificate& loaded, std::vector<CertificatePtr> all, ChainCertificates& chains) {
    loaded.certificate = std::move(all.front());
    loaded.chain_view.reset(sk_X509_new_null());
    for (std::size_t i = 1; i < all.size(); ++i) {
        loaded.chain.push_back(chains.share(std::move(all[i])));
        if (!loaded.chain_view || sk_X509_push(loaded.chain_view.get(), loaded.chain.back().get()) == 0) {
            return false;
        }
    }
    return loaded.chain_view != nullptr;
}

using About = CertificateReading::About;

CertificateReading reading_failed(const std::filesystem::path& file, std::string error,
                                  About about = About::certificate) {
    CertificateReading reading;
    reading.file = file;
    reading.about = about;
    reading.error = std::move(error);
    return reading;
}

void add_warning(std::vector<std::string>& warnings, std::string text) {
    if (!text.empty()) {
        warnings.push_back(std::move(text));
    }
}

}  // namespace

std::shared_ptr<X509> ChainCertificates::share(CertificatePtr certificate) {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    unsigned length = 0;
    if (X509_digest(certificate.get(), EVP_sha256(), digest, &length) != 1) {
        return std::shared_ptr<X509>(std::move(certificate));
    }
    std::weak_ptr<X509>& place = known_[std::string(reinterpret_cast<const char*>(digest), length)];
    std::shared_ptr<X509> known = place.lock();
    if (!known) {
        known = std::shared_ptr<X509>(std::move(certificate));
        place = known;
    }
    return known;
}

void ChainCertificates::sweep() {
    std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
}

std::string host_fault(const LoadedCertificate& certificate) {
    return certificate.hosts.empty() ? "has no DNS name in its subjectAltName that a visitor could request" : "";
}

std::string date_fault(const LoadedCertificate& certificate, WallTime now) {
    return certificate.not_after < now    ? "expired on " + day_of(certificate.not_after)
           : certificate.not_before > now ? "is not valid before " + day_of(certificate.not_before)
                                          : std::string();
}

std::string chain_fault(const LoadedCertificate& certificate) {
    X509* signed_one = certificate.certificate.get();
    std::size_t number = 1;
    for (const auto& signer : certificate.chain) {
        if (X509_check_issued(signer.get(), signed_one) != X509_V_OK) {
            ERR_clear_error();
            return "its chain is not in order: certificate " + std::to_string(number + 1) +
                   " did not sign certificate " + std::to_string(number);
        }
        signed_one = signer.get();
        ++number;
    }
    return {};
}

CertificateReading read_certificate(const CertificateFiles& files, bool needs_hosts, WallTime now,
                                    ChainCertificates& chains) {
    auto certificate_text = read_pem_file(files.certificate);
    if (!certificate_text) {
        return reading_failed(files.certificate, certificate_text.error());
    }
    const std::filesystem::path& key_file = files.key.empty() ? files.certificate : files.key;
    auto key_text = read_pem_file(key_file);
    if (!key_text) {
        return reading_failed(key_file, key_text.error());
    }
    CertificateReading reading =
        load_certificate({*certificate_text, *key_text, {files.certificate, key_file}}, needs_hosts, now, chains);
    if (reading.loaded && key_text->others_may_read) {
        reading.warnings.push_back("the key in " + key_file.string() + " can be read by all users of this machine");
    }
    return reading;
}

CertificateReading load_certificate(const CertificateTexts& texts, bool needs_hosts, WallTime now,
                                    ChainCertificates& chains) {
    const CertificateFiles& files = texts.files;
    auto all = certificates_in(texts.certificate);
    if (!all) {
        return reading_failed(files.certificate, all.error());
    }
    if (all->size() > 1 + limits::certificate_chain_max) {
        return reading_failed(
            files.certificate,
            "contains more than " + std::to_string(1 + limits::certificate_chain_max) + " certificates");
    }
    const EVP_PKEY* public_key = X509_get0_pubkey(all->front().get());
    auto key = key_in(texts.key, public_key != nullptr ? EVP_PKEY_get0_type_name(public_key) : nullptr, texts.password);
    if (!key) {
        CertificateReading reading = reading_failed(files.key, key.error().text, About::key);
        reading.needs_password = key.error().needs_password;
        return reading;
    }
    auto loaded = std::make_shared<LoadedCertificate>();
    loaded->key = std::move(*key);
    loaded->key_type = EVP_PKEY_get_base_id(loaded->key.get());
    loaded->content = texts.certificate.digest() + texts.key.digest();
    if (!set_chain(*loaded, std::move(*all), chains)) {
        return reading_failed(files.certificate, "out of memory for its chain");
    }
    if (X509_check_private_key(loaded->certificate.get(), loaded->key.get()) != 1) {
        ERR_clear_error();
        return reading_failed(files.key,
                              "the private key does not belong to the certificate" +
                                  (files.certificate.empty() ? "" : ' ' + files.certificate.string()),
                              About::pair);
    }
    if (std::string fault = fault_as_visitor_certificate(*loaded); !fault.empty()) {
        return reading_failed(files.certificate, "cannot be used: " + fault);
    }
    loaded->not_before = time_of(X509_get0_notBefore(loaded->certificate.get()));
    loaded->not_after = time_of(X509_get0_notAfter(loaded->certificate.get()));

    CertificateReading reading;
    reading.file = files.certificate;
    take_hosts(*loaded, reading.warnings);
    if (needs_hosts && loaded->hosts.empty()) {
        return reading_failed(files.certificate, host_fault(*loaded));
    }
    add_warning(reading.warnings, date_fault(*loaded, now));
    add_warning(reading.warnings, chain_fault(*loaded));
    if (X509_check_purpose(loaded->certificate.get(), X509_PURPOSE_SSL_SERVER, 0) != 1) {
        reading.warnings.emplace_back("is not meant for servers (its key usage says so)");
    }
    ERR_clear_error();
    reading.loaded = std::move(loaded);
    return reading;
}

}  // namespace ferrotunnel::transport
