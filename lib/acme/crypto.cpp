#include "acme/crypto.hpp"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <optional>
#include <stdexcept>

#include "base/base64url.hpp"
#include "base/bytes.hpp"
#include "net/ip_text.hpp"

namespace ferrotunnel::acme {
namespace {

std::string address_bytes(const std::string& text) {
    std::optional<net::Address> address = net::parse_ipv4(text);
    if (!address) {
        address = net::parse_ipv6(text);
    }
    return address ? std::string(as_text(Bytes(address->bytes.data(), address->size()))) : std::string();
}

void add_general_name(GENERAL_NAMES& all, const Identifier& identifier) {
    const bool is_dns = identifier.type == Identifier::Type::dns;
    const std::string bytes = is_dns ? identifier.value : address_bytes(identifier.value);
    std::unique_ptr<ASN1_STRING, FreeWith<ASN1_STRING_free>> text(
        ASN1_STRING_type_new(is_dns ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING));
    std::unique_ptr<GENERAL_NAME, FreeWith<GENERAL_NAME_free>> name(GENERAL_NAME_new());
    require_crypto(!bytes.empty() && text && name &&
                       ASN1_STRING_set(text.get(), bytes.data(), static_cast<int>(bytes.size())) == 1,
                   "cannot encode a name");
    GENERAL_NAME_set0_value(name.get(), is_dns ? GEN_DNS : GEN_IPADD, text.release());
    require_crypto(sk_GENERAL_NAME_push(&all, name.get()) > 0, "cannot encode a name");
    static_cast<void>(name.release());  // owned by the list now
}

}  // namespace

void require_crypto(bool is_fine, const char* what) {
    if (is_fine) {
        return;
    }
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
    throw std::runtime_error(std::string(what) + (reason != nullptr ? ": " + std::string(reason) : ""));
}

Sha256 sha256_of(std::string_view text) {
    Sha256 digest{};
    require_crypto(EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1,
                   "cannot calculate a digest");
    return digest;
}

std::string digest_text(std::string_view text) {
    return encode_base64url(sha256_of(text));
}

GeneralNamesPtr general_names(const Identifiers& names) {
    GeneralNamesPtr all(GENERAL_NAMES_new());
    require_crypto(all != nullptr, "cannot encode a name");
    for (const Identifier& identifier : names) {
        add_general_name(*all, identifier);
    }
    return all;
}

int no_passphrase(char*, int, int, void*) noexcept {
    return -1;
}

std::string text_in(BIO* bio) {
    char* data = nullptr;
    const long length = BIO_get_mem_data(bio, &data);
    return length > 0 ? std::string(data, static_cast<std::size_t>(length)) : std::string();
}

}  // namespace ferrotunnel::acme
