// The CA certificates of this system.
#pragma once

struct ssl_ctx_st;

namespace ferrotunnel::transport {

/// Has certificates verified against them: where this OpenSSL was told to look when it was built, or SSL_CERT_FILE and
/// SSL_CERT_DIR say; if nothing is there, as on a system of another kind, the usual files of Debian, Fedora, Alpine,
/// Arch and SUSE. Without any, nothing is trusted. False: what is there cannot be read.
bool use_system_authorities(ssl_ctx_st* context);

}  // namespace ferrotunnel::transport
