// The certificate that answers a CA's check of a name by TLS-ALPN-01 (RFC 8737): read from memory, for one handshake.
#pragma once

#include <memory>
#include <string>

#include "transport/certificate_file.hpp"
#include "transport/pem_file.hpp"

namespace ferrotunnel::transport {

/// Reads the certificate, and its key, of `pem`. Null if a handshake cannot use it; `why` then has the reason.
std::shared_ptr<const LoadedCertificate> challenge_certificate(const PemText& pem, std::string& why);

}  // namespace ferrotunnel::transport
