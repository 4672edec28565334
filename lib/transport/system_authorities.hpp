// The CA certificates of this system.
#pragma once

struct ssl_ctx_st;

namespace ferrotunnel::transport {

/// Makes a context verify certificates against them: those at OpenSSL's built-in location, or in SSL_CERT_FILE and
/// SSL_CERT_DIR; if nothing is there, as on a system of another kind, the usual files of Debian, Fedora, Alpine, Arch
/// and SUSE. Without any, nothing is trusted. False if the existing file cannot be read.
bool use_system_authorities(ssl_ctx_st* context);

}  // namespace ferrotunnel::transport
