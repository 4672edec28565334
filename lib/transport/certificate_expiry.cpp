#include "transport/certificate_expiry.hpp"

#include <openssl/asn1.h>
#include <openssl/x509.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "base/limits.hpp"
#include "transport/certificate_names.hpp"

namespace ferrotunnel::transport {

std::chrono::system_clock::time_point time_of(const ASN1_TIME* time) {
    using std::chrono::seconds;
    using Time = std::chrono::system_clock::time_point;
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) {
        return {};
    }
    // 99991231235959Z, which means that a certificate does not expire, is more than a count of nanoseconds can be.
    constexpr auto first = std::chrono::ceil<seconds>(Time::min().time_since_epoch());
    constexpr auto last = std::chrono::floor<seconds>(Time::max().time_since_epoch());
    return Time(std::clamp(seconds(::timegm(&parts)), first, last));
}

CertificateExpiry expiry_of(X509* certificate, std::filesystem::path file) {
    CertificateNames names = names_in(certificate, 1);
    return {names.first.empty() ? common_name_in(certificate) : std::move(names.first.front()), std::move(file),
            time_of(X509_get0_notAfter(certificate))};
}

void keep_soonest(std::vector<CertificateExpiry>& all) {
    const auto sooner = [](const CertificateExpiry& left, const CertificateExpiry& right) {
        return left.expires < right.expires;
    };
    const std::size_t kept = std::min(all.size(), limits::certificates_listed_max);
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept), all.end(), sooner);
    all.resize(kept);
}

}  // namespace ferrotunnel::transport
