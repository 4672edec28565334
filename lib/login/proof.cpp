#include "login/proof.hpp"

#include <array>
#include <string_view>
#include <tuple>

#include "base/check.hpp"

namespace ferrotunnel::login {

Proof make_proof(const Key& key, Prover prover, const Transcript& transcript) {
    // No two different transcripts result in the same bytes: every part has one possible length, except for the
    // exporter, which has 0 or 32 bytes and so affects the total length.
    check(transcript.exporter.empty() || transcript.exporter.size() == exporter_bytes, "an exporter has 32 bytes");
    check(transcript.client_nonce.size() == nonce_bytes && transcript.server_nonce.size() == nonce_bytes,
          "a nonce has 32 bytes");
    std::string_view role = prover == Prover::client ? "client" : "server";
    const std::uint8_t fixed[] = {0x00, transcript.version};
    Digest hellos = sha256({transcript.client_hello, transcript.server_hello});
    return hmac_sha256(
        key, {as_bytes(role), fixed, transcript.exporter, transcript.client_nonce, transcript.server_nonce, hellos});
}

bool verify_proof(const Key& key, Prover prover, const Transcript& transcript, Bytes proof) {
    return equal_constant_time(make_proof(key, prover, transcript), proof);
}

Proof make_service_proof(const Key& key, Bytes client_proof, std::string_view service) {
    check(client_proof.size() == std::tuple_size_v<Proof>, "a login's proof has 32 bytes");
    constexpr std::string_view label("ferrotunnel service\0", 20);
    return hmac_sha256(key, {as_bytes(label), client_proof, as_bytes(service)});
}

Key make_resume_key(const Key& key, Bytes exporter, Bytes client_proof, Bytes server_proof) {
    check(exporter.empty() || exporter.size() == exporter_bytes, "an exporter has 32 bytes");
    constexpr std::string_view label("ferrotunnel resume key\0", 23);
    Digest digest = hmac_sha256(key, {as_bytes(label), exporter, client_proof, server_proof});
    Key made(digest);
    wipe(digest);
    return made;
}

Proof make_resume_proof(const Key& resume_key, Prover prover, std::uint64_t attempt, std::uint64_t received,
                        Bytes login_proof) {
    std::array<std::uint8_t, 17> fixed{};
    store_be<8>(fixed.data() + 1, attempt);
    store_be<8>(fixed.data() + 9, received);
    std::string_view role = prover == Prover::client ? "client" : "server";
    return hmac_sha256(resume_key, {as_bytes(role), fixed, login_proof});
}

}  // namespace ferrotunnel::login
