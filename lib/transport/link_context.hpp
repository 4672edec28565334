// TLS of links, the connections between the members of a cluster: version 1.3 with an external PSK (RFC 8446, 2.2).
//
// The PSK is derived from the cluster's key and the names of both members (link_identity.hpp). Both ends prove it, with
// a fresh key exchange (psk_dhe_ke): what was recorded stays secret even if the key becomes known later. There are no
// certificates, tickets or early data, so a repeated first flight does nothing.
//
//    dials: offers the first key ------> accepts: knows its id, and the binder proves the PSK --> open
//           \-- no PSK in the answer --> fails    \-- otherwise --> an alert, nothing was sent before
//
// Whoever has the key can be every member: names protect from misdirected connections, not from other members.
#pragma once

#include <memory>
#include <string_view>

#include "transport/cluster_key.hpp"
#include "transport/tls_context.hpp"

struct ssl_st;

namespace ferrotunnel::transport {

inline constexpr const char* link_alpn = "ferrotunnel-peer/1";

/// Make contexts for make_tls_pipe. They keep only what links need of `keys`. Throw TlsConfigError, also for names that
/// are not valid. `own` dials `peer` with the first key.
std::shared_ptr<TlsContext> make_link_dialler(const ClusterKeys& keys, std::string_view own, std::string_view peer);
/// `own` accepts any other member that has one of the keys.
std::shared_ptr<TlsContext> make_link_acceptor(const ClusterKeys& keys, std::string_view own);

// For TlsPipe and link_errors.hpp.

/// The name of the other end: the one that was dialled, or, once the handshake is done, the one that dials. Empty if it
/// is not known.
std::string_view link_peer_of(const ssl_st* ssl) noexcept;

/// Why the accepting end rejects the identity that it was offered, in words for the user; empty if it is as expected,
/// or of an unknown key.
std::string_view link_refusal(const ssl_st* ssl) noexcept;

/// The id of the key that is used to dial.
std::string_view link_key_id(const ssl_st* ssl) noexcept;

}  // namespace ferrotunnel::transport
