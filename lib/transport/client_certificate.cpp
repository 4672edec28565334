#include "transport/client_certificate.hpp"

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdint>
#include <new>
#include <vector>

#include "base/bytes.hpp"
#include "base/free_with.hpp"
#include "base/hex.hpp"
#include "base/percent.hpp"
#include "transport/certificate_names.hpp"

namespace ferrotunnel::transport {
namespace {

// Percent-encodes what is neither unreserved in URLs nor one of their delimiters; the comma separates names here.
std::string encoded_name(std::string_view kind, std::string_view name) {
    constexpr std::string_view kept = ":/?#[]@!$&'()*+;=";
    std::string text(kind);
    for (const char byte : name) {
        if (is_unreserved(byte) || kept.find(byte) != std::string_view::npos) {
            text += byte;
        } else {
            append_percent(text, byte);
        }
    }
    return text;
}

std::string ip_name(std::string_view bytes) {
    const std::string text = address_text(bytes);
    return text.empty() ? text : "IP:" + text;
}

// Empty for a kind of name that is left out.
std::string name_text(const GENERAL_NAME& name) {
    switch (name.type) {
        case GEN_DNS:
            return encoded_name("DNS:", bytes_of(name.d.dNSName));
        case GEN_EMAIL:
            return encoded_name("email:", bytes_of(name.d.rfc822Name));
        case GEN_URI:
            return encoded_name("URI:", bytes_of(name.d.uniformResourceIdentifier));
        case GEN_IPADD:
            return ip_name(bytes_of(name.d.iPAddress));
        default:
            return {};
    }
}

std::string digest_text(X509* certificate) {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest;
    unsigned bytes = 0;
    if (X509_digest(certificate, EVP_sha256(), digest.data(), &bytes) != 1) {
        throw std::bad_alloc();
    }
    return to_hex(Bytes(digest).first(bytes));
}

void free_der(unsigned char* der) noexcept {
    OPENSSL_free(der);
}

// The certificate as a byte sequence of RFC 8941: its DER in base64, between colons.
std::string byte_sequence(X509* certificate) {
    unsigned char* der = nullptr;
    const int bytes = i2d_X509(certificate, &der);
    if (bytes <= 0) {
        throw std::bad_alloc();
    }
    const std::unique_ptr<unsigned char, FreeWith<free_der>> owned(der);
    std::vector<unsigned char> base64(4 * (static_cast<std::size_t>(bytes) + 2) / 3 + 1);
    const int size = EVP_EncodeBlock(base64.data(), der, bytes);
    return ":" + std::string(reinterpret_cast<const char*>(base64.data()), static_cast<std::size_t>(size)) + ":";
}

std::string chain_text(const STACK_OF(X509) * verified) {
    int count = sk_X509_num(verified);
    if (count > 1 && X509_self_signed(sk_X509_value(verified, count - 1), 0) == 1) {
        --count;
    }
    std::string text;
    for (int i = 1; i < count && text.size() <= limits::client_certificate_text_max; ++i) {
        text.append(text.empty() ? "" : ", ").append(byte_sequence(sk_X509_value(verified, i)));
    }
    return text;
}

// The text, or nothing if it is too long.
std::string within(std::size_t most, std::string text) {
    return text.size() > most ? std::string() : text;
}

}  // namespace

std::string client_subject_text(X509* certificate) {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    if (!bio || X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) < 0) {
        return {};
    }
    char* data = nullptr;
    const long length = BIO_get_mem_data(bio.get(), &data);
    std::string text(data, static_cast<std::size_t>(length));
    if (text.ends_with("\\ ")) {  // a field's value cannot end with a space
        text.replace(text.size() - 1, 1, "20");
    }
    return text;
}

std::string client_names_text(X509* certificate, std::size_t most) {
    const GeneralNamesPtr all = alternative_names(certificate);
    std::string text;
    const int count = all ? sk_GENERAL_NAME_num(all.get()) : 0;
    for (int i = 0; i < count; ++i) {
        const std::string name = name_text(*sk_GENERAL_NAME_value(all.get(), i));
        text.append(text.empty() || name.empty() ? "" : ",").append(name);
        if (text.size() > most) {
            return {};
        }
    }
    return text;
}

std::shared_ptr<const ClientCertificate> describe_client_certificate(X509* certificate,
                                                                     const STACK_OF(X509) * verified) {
    auto made = std::make_shared<ClientCertificate>();
    made->subject = within(limits::client_certificate_subject_max, client_subject_text(certificate));
    made->names = client_names_text(certificate, limits::client_certificate_names_max);
    made->fingerprint = digest_text(certificate);
    if (verified != nullptr) {
        made->certificate = within(limits::client_certificate_text_max, byte_sequence(certificate));
        made->chain = made->certificate.empty() ? std::string()
                                                : within(limits::client_certificate_text_max, chain_text(verified));
    }
    return made;
}

}  // namespace ferrotunnel::transport
