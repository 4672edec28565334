// Trust anchors of one connection, if the application may replace them: the content at its start.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>

#include "transport/credential_state.hpp"

namespace ferrotunnel::transport {

class TlsContext;

/// The version of everything replaceable in `context`, increasing; 0 if nothing is.
std::uint64_t live_version(const TlsContext& context) noexcept;

/// Makes `ssl`, whose handshake has not begun, verify its peer by the present content of the context's trust. Does
/// nothing without replaceable parts. Throws std::bad_alloc.
void begin_live_peer(SSL* ssl, const TlsContext& context);

/// What the peer of `ssl` is verified by; null if its context has no trust.
const TrustAnchors* anchors_of(const SSL* ssl) noexcept;
/// The version with which the connection began.
std::uint64_t live_version_of(const SSL* ssl) noexcept;

}  // namespace ferrotunnel::transport
