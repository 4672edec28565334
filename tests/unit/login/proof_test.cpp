#include "login/proof.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "base/hex.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::login;

namespace {

std::vector<std::uint8_t> filled(std::uint8_t value) {
    return std::vector<std::uint8_t>(32, value);
}

Key counting_key() {
    std::vector<std::uint8_t> bytes(32);
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
    return Key(bytes);
}

// Everything that a proof depends on, in one place that a test can change.
struct Login {
    std::uint8_t version = 1;
    std::vector<std::uint8_t> exporter = filled(0xee);
    std::vector<std::uint8_t> client_nonce = filled(0xc1);
    std::vector<std::uint8_t> server_nonce = filled(0x51);
    std::string client_hello = "client hello";
    std::string server_hello = "server hello";

    Transcript transcript() const {
        return {version, exporter, client_nonce, server_nonce, as_bytes(client_hello), as_bytes(server_hello)};
    }
};

}  // namespace

TEST_CASE("proofs are the documented bytes") {
    // Computed with another implementation of SHA-256 and HMAC.
    Login login;
    CHECK(to_hex(make_proof(counting_key(), Prover::client, login.transcript())) ==
          "1baddd7be6b2bc16d4be27181980ff67986408ecdd5a7a0db885588add278eb9");
    CHECK(to_hex(make_proof(counting_key(), Prover::server, login.transcript())) ==
          "15f2e62e9ef22dbe231842a58cd58c7cce8cd62a0793efa707fcee69e749d1f3");
    login.exporter.clear();
    CHECK(to_hex(make_proof(counting_key(), Prover::client, login.transcript())) ==
          "db954060e0b5a69921d044797f047683d03d308e361315e942390b507a30d950");
    CHECK(to_hex(make_proof(counting_key(), Prover::server, login.transcript())) ==
          "4e27ee7491c77ccdfb93fec6e1c8bbc625612ff137abe557e4571761a20ebba3");
}

TEST_CASE("a proof holds for its own login alone") {
    const Login login;
    const Key key = counting_key();
    const Proof proof = make_proof(key, Prover::client, login.transcript());
    CHECK(verify_proof(key, Prover::client, login.transcript(), proof));

    SECTION("not for the other role") {
        CHECK_FALSE(verify_proof(key, Prover::server, login.transcript(), proof));
    }
    SECTION("not for another key") {
        CHECK_FALSE(verify_proof(Key(filled(1)), Prover::client, login.transcript(), proof));
    }
    SECTION("not when anything of the login differs") {
        std::vector<Login> others(7, login);
        others[0].version = 2;
        others[1].exporter[31] ^= 1;
        others[2].exporter.clear();
        others[3].client_nonce[0] ^= 1;
        others[4].server_nonce[0] ^= 1;
        others[5].client_hello += "x";
        others[6].server_hello += "x";
        for (const Login& other : others) {
            CHECK_FALSE(verify_proof(key, Prover::client, other.transcript(), proof));
        }
    }
    SECTION("not when any bit of it differs, nor cut or longer") {
        for (std::size_t bit = 0; bit < 256; ++bit) {
            Proof wrong = proof;
            wrong[bit / 8] = static_cast<std::uint8_t>(wrong[bit / 8] ^ 1U << bit % 8);
            CHECK_FALSE(verify_proof(key, Prover::client, login.transcript(), wrong));
        }
        CHECK_FALSE(verify_proof(key, Prover::client, login.transcript(), Bytes(proof).first(31)));
        CHECK_FALSE(verify_proof(key, Prover::client, login.transcript(), {}));
        std::vector<std::uint8_t> longer(proof.begin(), proof.end());
        longer.push_back(0);
        CHECK_FALSE(verify_proof(key, Prover::client, login.transcript(), longer));
    }
}
