// Describes a visitor's client certificate in texts for backends.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/client_certificate.hpp"
#include "transport/openssl_ptr.hpp"

namespace ferrotunnel::transport {

/// The description of a verified certificate. `verified`: its chain, from the certificate itself to the trusted CA;
/// null if it is not to be sent, and then the certificate itself is not either. A trusted CA that has signed itself is
/// left out of the chain: whoever verifies it has to have it already. Throws std::bad_alloc.
std::shared_ptr<const ClientCertificate> describe_client_certificate(X509* certificate,
                                                                     const STACK_OF(X509) * verified);

/// The subject as in RFC 4514. Bytes beyond ASCII, control characters and a space at the end are written as "\XX".
/// Empty if the certificate has none, or if it cannot be read.
std::string client_subject_text(X509* certificate);

/// The names in subjectAltName, in their order, separated by commas: "DNS:", "email:", "URI:" or "IP:" and the name, in
/// which everything is percent-encoded that is not a letter, a digit or one of -._~:/?#[]@!$&'()*+;= so that a name can
/// contain neither a comma nor the end of a line. Other kinds of names are left out. Longer than `most`: empty.
std::string client_names_text(X509* certificate, std::size_t most);

}  // namespace ferrotunnel::transport
