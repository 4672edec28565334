#include "api/credential_uses.hpp"

#include <string>

#include "transport/client_authority.hpp"

namespace ferrotunnel::detail {
namespace {

std::string fault_for_visitors(const transport::LoadedCertificate& certificate) {
    const std::string fault = transport::host_fault(certificate);
    return fault.empty() ? fault : "is used for HTTPS visitors, but the certificate " + fault;
}

std::string fault_for_client_certificates(const transport::TrustAnchors& anchors) {
    const std::string fault = transport::authority_fault(anchors.authorities);
    return fault.empty() ? fault : "is used for client certificates, but " + fault;
}

}  // namespace

CredentialUses::CredentialUses(const Https& https, const std::function<void()>& changed) {
    for (const Certificate& certificate : https.certificates) {
        if (!certificate.credential.empty()) {
            credentials_.emplace_back(certificate.credential.state(),
                                      transport::CredentialState::User{fault_for_visitors, changed});
        }
    }
    if (https.fallback && !https.fallback->credential.empty()) {
        credentials_.emplace_back(https.fallback->credential.state(), transport::CredentialState::User{{}, changed});
    }
    for (const ClientCertificates& rule : https.client_certificates) {
        if (!rule.trust.empty()) {
            trusts_.emplace_back(rule.trust.state(),
                                 transport::TrustState::User{fault_for_client_certificates, changed});
        }
    }
}

std::string credential_fault(const Https& https) {
    for (const Certificate& certificate : https.certificates) {
        if (!certificate.credential.empty()) {
            if (const std::string fault = transport::host_fault(*certificate.credential.state()->current());
                !fault.empty()) {
                return "a credential for HTTPS visitors cannot be used: the certificate " + fault;
            }
        }
    }
    return {};
}

}  // namespace ferrotunnel::detail
