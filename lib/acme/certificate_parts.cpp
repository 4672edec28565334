#include "acme/certificate_parts.hpp"

#include <openssl/pem.h>
#include <openssl/rand.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "acme/crypto.hpp"

namespace ferrotunnel::acme {
namespace {

constexpr std::size_t serial_bytes = 16;

}  // namespace

void set_random_serial(X509* certificate) {
    std::array<std::uint8_t, serial_bytes> bytes{};
    require_crypto(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1, "cannot make a serial number");
    bytes[0] = static_cast<std::uint8_t>((bytes[0] & 0x7fU) | 0x40U);  // positive, and as long as the others
    const BignumPtr number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
    require_crypto(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr,
                   "cannot make a serial number");
}

std::string pem_of(X509* certificate) {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    require_crypto(bio && PEM_write_bio_X509(bio.get(), certificate) == 1, "cannot encode a certificate");
    return text_in(bio.get());
}

}  // namespace ferrotunnel::acme
