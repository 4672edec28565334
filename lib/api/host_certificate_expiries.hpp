// When certificates found by host expire.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "transport/certificate_expiry.hpp"
#include "transport/certificate_file.hpp"

namespace ferrotunnel::detail {

/// The certificates that expire first, limits::certificates_listed_max at most; each once, for however many hosts it is
/// there. Without those that have expired by `now`, which no visitor gets.
std::vector<transport::CertificateExpiry> expiries_of(
    std::vector<std::shared_ptr<const transport::LoadedCertificate>> certificates,
    std::chrono::system_clock::time_point now);

}  // namespace ferrotunnel::detail
