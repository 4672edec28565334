// Checks of a chain that a CA has issued.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "acme/identifier.hpp"
#include "acme/key.hpp"
#include "base/result.hpp"

namespace ferrotunnel::acme {

using WallTime = std::chrono::system_clock::time_point;

/// What the first certificate of a chain says.
struct IssuedChain {
    std::string pem{};  // the chain, without any text around it
    std::vector<std::string> names{};
    WallTime not_before{};
    WallTime not_after{};
    /// The identifier for renewal information (RFC 9773, 4.1): base64url of the authority key identifier, a dot, and
    /// base64url of the serial number. Empty if the certificate has no authority key identifier.
    std::string renewal_id{};
};

/// Reads a chain, and checks it against the order: at most limits::chain_max certificates and nothing else in PEM form,
/// the first one for exactly these names and with this key, not of a CA, valid at `now` (a not_before up to an hour
/// ahead is allowed), each signed by the next one, which is a CA, and at least one issuer, which has not expired. The
/// error is worded to follow "the chain".
Result<IssuedChain, std::string> check_chain(std::string_view pem, const Identifiers& names, const Key& key,
                                             WallTime now);

/// The same facts of a chain that is in use, without checks of its names, times and signatures. The key may be before
/// or behind the chain.
Result<IssuedChain, std::string> read_chain(std::string_view pem);

}  // namespace ferrotunnel::acme
