// Certificate signing requests.
#pragma once

#include <string>

#include "acme/identifier.hpp"
#include "acme/key.hpp"

namespace ferrotunnel::acme {

/// A request with an empty subject and these names in subjectAltName: DER. Throws std::runtime_error.
std::string make_certificate_request(const Key& key, const Identifiers& names);

}  // namespace ferrotunnel::acme
