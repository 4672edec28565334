// Facts of one certificate: its names, its times, and its identifier for renewal information.
#pragma once

#include <openssl/x509.h>

#include <string>
#include <string_view>
#include <vector>

#include "acme/issued_chain.hpp"

namespace ferrotunnel::acme {

/// The names in subjectAltName: hosts in lower case and IP addresses, sorted and without duplicates. Names of other
/// kinds, and addresses as DNS names, have their kind in front: "email:a@example.com".
std::vector<std::string> names_of(const X509* certificate);

/// A time that cannot be represented is the last that can be.
WallTime time_of(const ASN1_TIME* time);

/// See IssuedChain::renewal_id.
std::string renewal_id_of(X509* certificate);

/// The identifier for these two numbers, as they are in the certificate; empty if one of them is missing or too long.
std::string renewal_id_text(std::string_view key_identifier, std::string_view serial);

}  // namespace ferrotunnel::acme
