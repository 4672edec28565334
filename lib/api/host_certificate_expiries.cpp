#include "api/host_certificate_expiries.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/limits.hpp"

namespace ferrotunnel::detail {

// Names are read of the few that are listed: there may be ten thousand.
std::vector<transport::CertificateExpiry> expiries_of(
    std::vector<std::shared_ptr<const transport::LoadedCertificate>> certificates,
    std::chrono::system_clock::time_point now) {
    std::erase_if(certificates, [now](const auto& one) { return one->not_after < now; });
    std::sort(certificates.begin(), certificates.end(), [](const auto& left, const auto& right) {
        return std::pair(left->not_after, left.get()) < std::pair(right->not_after, right.get());
    });
    certificates.erase(std::unique(certificates.begin(), certificates.end()), certificates.end());
    certificates.resize(std::min(certificates.size(), limits::certificates_listed_max));
    std::vector<transport::CertificateExpiry> expiries;
    expiries.reserve(certificates.size());
    for (const auto& one : certificates) {
        expiries.push_back(transport::expiry_of(one->certificate.get(), {}));
    }
    return expiries;
}

}  // namespace ferrotunnel::detail
