// The groups in which keys are agreed, for every TLS context. X25519MLKEM768 comes first where OpenSSL has it (3.5 and
// newer): a connection that is recorded today cannot be read with a quantum computer later (FIPS 203,
// draft-ietf-tls-ecdhe-mlkem).
#pragma once

#include <openssl/ssl.h>

#include <cstdint>

#include "base/key_group.hpp"

namespace ferrotunnel::transport {

enum class GroupsOf : std::uint8_t {
    peers,     // clients and servers of tunnels, backends, private visits
    visitors,  // and P-384, for older clients
};

/// False if OpenSSL rejects the groups; its error queue has the reason.
bool use_key_groups(SSL_CTX* context, GroupsOf whose);

/// In which the handshake of `ssl` agreed on its keys.
KeyGroup key_group_of(SSL* ssl) noexcept;

}  // namespace ferrotunnel::transport
