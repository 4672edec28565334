#include "transport/certificate.hpp"

#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include "base/bytes.hpp"
#include "base/hex.hpp"
#include "ferrotunnel/detail/new_folder.hpp"
#include "ferrotunnel/detail/whole_file.hpp"
#include "runtime/socket.hpp"
#include "runtime/system_random.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::transport {

namespace {

constexpr const char* identity_file = "server-identity.pem";
constexpr long lifetime_seconds = 10L * 365 * 24 * 3600;
constexpr long clock_skew_seconds = 24 * 3600;  // so that a peer whose clock is behind accepts it as valid
constexpr std::size_t digest_bytes = 32;

void add_extension(X509* certificate, int id, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value);
    bool added = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    require_openssl(added, "cannot make a certificate");
}

void set_random_serial(X509* certificate) {
    unsigned char raw[16];
    require_openssl(RAND_bytes(raw, sizeof raw) == 1, "cannot get random bytes");
    raw[0] &= 0x7f;  // positive
    BIGNUM* number = BN_bin2bn(raw, sizeof raw, nullptr);
    bool set = number != nullptr && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
    BN_free(number);
    require_openssl(set, "cannot make a certificate");
}

std::string error_with(const std::filesystem::path& path, const std::string& what) {
    return path.string() + ": " + what;
}

[[noreturn]] void fail_with_errno(const std::filesystem::path& path, const char* what) {
    throw TlsConfigError(error_with(path, std::string(what) + ": " + std::strerror(errno)));
}

std::string to_pem(const Identity& identity) {
    BioPtr bio(BIO_new(BIO_s_mem()));
    require_openssl(
        bio != nullptr &&
            PEM_write_bio_PKCS8PrivateKey(bio.get(), identity.key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1 &&
            PEM_write_bio_X509(bio.get(), identity.certificate.get()) == 1,
        "cannot write a certificate");
    char* data = nullptr;
    long length = BIO_get_mem_data(bio.get(), &data);
    std::string pem(data, static_cast<std::size_t>(length));
    OPENSSL_cleanse(data, static_cast<std::size_t>(length));
    return pem;
}

Identity read_identity(const std::filesystem::path& path) {
    BioPtr bio(BIO_new_file(path.c_str(), "r"));
    if (!bio) {
        ERR_clear_error();
        fail_with_errno(path, "cannot be read");
    }
    // A key that needs a pass phrase must not stop the program at a prompt: the reply is an empty one.
    char no_phrase[] = "";
    Identity identity;
    identity.key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, no_phrase));
    identity.certificate.reset(PEM_read_bio_X509(bio.get(), nullptr, nullptr, no_phrase));
    if (!identity.key || !identity.certificate ||
        X509_check_private_key(identity.certificate.get(), identity.key.get()) != 1) {
        std::string reason = take_openssl_error();
        throw TlsConfigError(
            error_with(path, "is damaged (" + reason +
                                 "). It contains the server's key. Restore it from a backup, or delete it: "
                                 "the server then makes a new key, and clients that pin the old one need "
                                 "the new fingerprint"));
    }
    return identity;
}

// False with errno set.
bool try_directory(const std::filesystem::path& directory) {
    errno = ferrotunnel::detail::make_folder(directory, 0700).value();
    return errno == 0;
}

void make_directory(const std::filesystem::path& directory) {
    if (!try_directory(directory)) {
        fail_with_errno(directory, "cannot be created");
    }
}

// Keeps `pem` unless the file exists.
void keep_if_first(const std::filesystem::path& path, const std::string& pem) {
    const std::error_code error = ferrotunnel::detail::write_whole_file(path, pem, {.replaces = false});
    if (error && error != std::errc::file_exists) {
        errno = error.value();
        fail_with_errno(path, "cannot be written");
    }
}

std::string from_base64(std::string text) {
    for (char& c : text) {  // the URL-safe alphabet is accepted too
        c = c == '-' ? '+' : c;
        c = c == '_' ? '/' : c;
    }
    text.resize(44, '=');  // 32 bytes are 43 characters and one of padding
    unsigned char raw[33];
    if (EVP_DecodeBlock(raw, reinterpret_cast<const unsigned char*>(text.data()), 44) != 33) {
        return {};
    }
    return {reinterpret_cast<const char*>(raw), digest_bytes};
}

}  // namespace

std::string take_openssl_error() {
    unsigned long code = ERR_get_error();
    ERR_clear_error();
    const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
    return reason != nullptr ? reason : "unknown reason";
}

void require_openssl(bool fine, const char* what) {
    if (!fine) {
        throw TlsConfigError(std::string(what) + ": " + take_openssl_error());
    }
}

std::filesystem::path identity_path(const std::filesystem::path& directory) {
    return directory / identity_file;
}

Identity make_identity() {
    Identity identity;
    identity.key.reset(EVP_EC_gen("P-256"));
    identity.certificate.reset(X509_new());
    X509* certificate = identity.certificate.get();
    require_openssl(identity.key && certificate != nullptr, "cannot make a key");
    X509_set_version(certificate, X509_VERSION_3);
    set_random_serial(certificate);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -clock_skew_seconds);
    X509_gmtime_adj(X509_getm_notAfter(certificate), lifetime_seconds);
    X509_set_pubkey(certificate, identity.key.get());
    X509_NAME* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("ferrotunnel"), -1, -1,
                               0);
    X509_set_issuer_name(certificate, name);
    add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(certificate, NID_key_usage, "critical,digitalSignature");
    add_extension(certificate, NID_ext_key_usage, "serverAuth");
    add_extension(certificate, NID_subject_alt_name, "DNS:ferrotunnel");
    require_openssl(X509_sign(certificate, identity.key.get(), EVP_sha256()) > 0, "cannot sign a certificate");
    return identity;
}

Identity load_or_make_identity(const std::filesystem::path& directory) {
    std::filesystem::path path = directory / identity_file;
    if (::access(path.c_str(), F_OK) != 0) {
        make_directory(directory);
        std::string pem = to_pem(make_identity());
        keep_if_first(path, pem);
        OPENSSL_cleanse(pem.data(), pem.size());
    }
    return read_identity(path);
}

void try_identity(const std::filesystem::path& directory) {
    const std::filesystem::path path = directory / identity_file;
    if (::access(path.c_str(), F_OK) == 0) {
        read_identity(path);
        return;
    }
    std::vector<std::filesystem::path> missing;
    std::error_code ignored;
    for (auto folder = directory; !folder.empty() && !std::filesystem::exists(folder, ignored);
         folder = folder.parent_path()) {
        missing.push_back(folder);
    }
    const bool made = try_directory(directory);
    const int error = errno;
    for (const std::filesystem::path& folder : missing) {
        ::rmdir(folder.c_str());  // the innermost first; one that is in use meanwhile is not empty, and stays
    }
    if (!made) {
        errno = error;
        fail_with_errno(directory, "cannot be created");
    }
    if (missing.empty() && ::access(directory.c_str(), W_OK | X_OK) != 0) {
        fail_with_errno(path, "cannot be created");
    }
}

std::string key_digest(X509* certificate) {
    unsigned char* encoded = nullptr;
    int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &encoded);
    require_openssl(length > 0, "cannot encode a public key");
    std::string digest(digest_bytes, '\0');
    SHA256(encoded, static_cast<std::size_t>(length), reinterpret_cast<unsigned char*>(digest.data()));
    OPENSSL_free(encoded);
    return digest;
}

std::string fingerprint_text(const std::string& digest) {
    unsigned char text[45];
    EVP_EncodeBlock(text, reinterpret_cast<const unsigned char*>(digest.data()), static_cast<int>(digest.size()));
    return "sha256:" + std::string(reinterpret_cast<const char*>(text));
}

std::string parse_fingerprint(const std::string& text) {
    std::string raw;
    if (text.starts_with("sha256:")) {
        std::string value = text.substr(7);
        std::string digits;
        for (char c : value) {
            if (c != ':') {
                digits.push_back(c);
            }
        }
        if (std::array<std::uint8_t, digest_bytes> digest; from_hex(digits, digest)) {
            raw.assign(digest.begin(), digest.end());
        } else if (value.size() == 43 || (value.size() == 44 && value.back() == '=')) {
            raw = from_base64(value);
        }
    }
    if (raw.size() != digest_bytes) {
        throw TlsConfigError("\"" + text +
                             "\" is not a valid fingerprint: expected \"sha256:\" and 64 hexadecimal digits or 43 "
                             "characters of base64, as the server prints it");
    }
    return raw;
}

}  // namespace ferrotunnel::transport
