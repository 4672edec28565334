#include "http/certificate_fields.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace ferrotunnel::http {
namespace {

struct CertificateField {
    std::string_view name;
    std::string ClientCertificate::*value;
};

constexpr std::array certificate_fields{
    CertificateField{"X-Client-Cert-Subject", &ClientCertificate::subject},
    CertificateField{"X-Client-Cert-SAN", &ClientCertificate::names},
    CertificateField{"X-Client-Cert-Fingerprint", &ClientCertificate::fingerprint},
    CertificateField{"Client-Cert", &ClientCertificate::certificate},
    CertificateField{"Client-Cert-Chain", &ClientCertificate::chain},
};

}  // namespace

bool put_certificate(const ClientCertificate* certificate, Edits& edits) noexcept {
    return std::all_of(certificate_fields.begin(), certificate_fields.end(), [&](const CertificateField& field) {
        const std::string_view value =
            certificate != nullptr ? std::string_view(certificate->*field.value) : std::string_view();
        return value.empty() ? edits.remove(field.name) : edits.set(field.name, value);
    });
}

std::shared_ptr<const ClientCertificate> read_certificate(const RequestHead& head) {
    auto read = std::make_shared<ClientCertificate>();
    for (const CertificateField& field : certificate_fields) {
        if (const auto value = head.fields.first(field.name)) {
            (*read).*field.value = std::string(*value);
        }
    }
    return read->fingerprint.empty() ? nullptr : std::shared_ptr<const ClientCertificate>(std::move(read));
}

bool is_certificate_field(std::string_view name) noexcept {
    return std::any_of(certificate_fields.begin(), certificate_fields.end(),
                       [name](const CertificateField& field) { return same_text(field.name, name); });
}

}  // namespace ferrotunnel::http
