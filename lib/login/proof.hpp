// Proof that one side has the token, bound to this very connection.
//
//    HMAC-SHA-256( key,  role || 0x00 || version || exporter || client nonce || server nonce
//                        || SHA-256(client hello || server hello) )
//
// role:     "client" or "server", so that neither's proof can be sent back to it
// version:  one byte, the negotiated protocol version
// exporter: the 32 bytes of RFC 9266 ("EXPORTER-Channel-Binding"), which differ on the two halves of a connection that
//           a man in the middle terminates; empty with tls off
// hellos:   the payloads of both CONTROL messages as they travelled, so that nobody can edit versions, features, limits
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "login/key.hpp"

namespace ferrotunnel::login {

inline constexpr std::size_t exporter_bytes = 32;
inline constexpr std::size_t nonce_bytes = 32;

using Proof = Digest;

/// The shared data of a login once the hellos have been exchanged. The members are views.
struct Transcript {
    std::uint8_t version = 0;
    Bytes exporter;      // exporter_bytes, or empty
    Bytes client_nonce;  // nonce_bytes
    Bytes server_nonce;  // nonce_bytes
    Bytes client_hello;
    Bytes server_hello;
};

enum class Prover : std::uint8_t { client, server };

Proof make_proof(const Key& key, Prover prover, const Transcript& transcript);

/// Verifies in constant time, whatever `proof` holds.
bool verify_proof(const Key& key, Prover prover, const Transcript& transcript, Bytes proof);

/// The proof that a client has the token of one of its services:
///
///    HMAC-SHA-256( key,  "ferrotunnel service" || 0x00 || client's proof of the login || name of the service )
///
/// It is valid only on that connection, like the client's proof.
Proof make_service_proof(const Key& key, Bytes client_proof, std::string_view service);

/// The key of a session that can be resumed, which neither side ever sends:
///
///    HMAC-SHA-256( key,  "ferrotunnel resume key" || 0x00 || exporter || client's proof || server's proof )
///
/// all from the login that created the session: a token holder that was not an end of that connection does not have
/// it.
Key make_resume_key(const Key& key, Bytes exporter, Bytes client_proof, Bytes server_proof);

/// The proof of one side that it was an end of the session, bound to the present login by the side's proof in this
/// login:
///
///    HMAC-SHA-256( resume key,  role || 0x00 || attempt || received || proof of the same side in the login )
Proof make_resume_proof(const Key& resume_key, Prover prover, std::uint64_t attempt, std::uint64_t received,
                        Bytes login_proof);

}  // namespace ferrotunnel::login
