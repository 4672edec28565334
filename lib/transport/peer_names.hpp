// The names in a peer's certificate, for messages about one that was asked for by another name.
#pragma once

#include <string>

struct ssl_st;

namespace ferrotunnel::transport {

struct PeerNames {
    std::string listed;       // of the subjectAltName, the first few: "app.internal, 10.0.0.5 and 3 more"; empty: none
    std::string common_name;  // of the subject, which does not count: RFC 9525, 6.3
};

/// The names of the certificate that the peer has shown, also where it was not accepted. All is safe to print. Nothing
/// where there is no certificate.
PeerNames peer_names(ssl_st* ssl);

}  // namespace ferrotunnel::transport
