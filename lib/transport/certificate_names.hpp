// Names in a certificate: reading, checking, and as texts that are safe to print.
#pragma once

#include <openssl/x509v3.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/free_with.hpp"

namespace ferrotunnel::transport {

/// Only names in subjectAltName count (RFC 9525, 6.3): the subject's CN is free text.
inline constexpr unsigned name_check_flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;

/// Whether the certificate is for this host.
bool has_host(X509* certificate, std::string_view host) noexcept;

using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, FreeWith<GENERAL_NAMES_free>>;
/// The names in its subjectAltName; null if it has none.
GeneralNamesPtr alternative_names(X509* certificate);

/// The content of `text`, which outlives the result.
std::string_view bytes_of(const ASN1_STRING* text);
/// An IP address of a subjectAltName in the system's spelling; empty unless it has 4 or 16 bytes.
std::string address_text(std::string_view bytes);

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
