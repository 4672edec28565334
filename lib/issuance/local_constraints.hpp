// Name constraints of a local CA, as an extension of its certificate.
#pragma once

#include <openssl/x509.h>

#include "issuance/local_names.hpp"

namespace ferrotunnel::issuance {

/// Adds them, critical. Loopback addresses are always allowed. Throws std::runtime_error.
void add_name_constraints(X509* certificate, const LocalConstraints& constraints);

}  // namespace ferrotunnel::issuance
