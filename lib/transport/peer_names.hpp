// Names in a peer's certificate, for messages about a mismatch with the requested name.
#pragma once

#include <string>

struct ssl_st;

namespace ferrotunnel::transport {

struct PeerNames {
    std::string listed;  // from the subjectAltName, the first few: "app.internal, 10.0.0.5 and 3 more"; empty if none
    std::string common_name;  // from the subject, which is not checked: RFC 9525, 6.3
};

/// The names of the peer's certificate, even if it was not accepted. All are safe to print. Empty if there is no
/// certificate.
PeerNames peer_names(ssl_st* ssl);

}  // namespace ferrotunnel::transport
