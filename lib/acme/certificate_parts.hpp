// Parts of certificates that this program makes itself.
#pragma once

#include <openssl/x509.h>

#include <string>

namespace ferrotunnel::acme {

/// Sets a random serial number of 16 bytes. Throws std::runtime_error.
void set_random_serial(X509* certificate);

/// The certificate in PEM form. Throws std::runtime_error.
std::string pem_of(X509* certificate);

}  // namespace ferrotunnel::acme
