// Names in a certificate, as texts that are safe to print.
#pragma once

#include <openssl/x509.h>

#include <cstddef>
#include <string>
#include <vector>

namespace ferrotunnel::transport {

/// Hosts and IP addresses of its subjectAltName.
struct CertificateNames {
    std::vector<std::string> first;
    std::size_t count = 0;  // of all
};

/// The first `most` of them, and how many there are.
CertificateNames names_in(X509* certificate, std::size_t most);

/// The CN of its subject, which is free text; empty if there is none.
std::string common_name_in(X509* certificate);

}  // namespace ferrotunnel::transport
