// Files in PEM form: read with care, since their names come from settings and folders, and wiped, since some hold keys.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "transport/openssl_ptr.hpp"

namespace ferrotunnel::transport {

/// The content of a file, wiped when the object is destroyed.
class PemText {
public:
    PemText() = default;
    explicit PemText(std::string text) noexcept : text_(std::move(text)) {}
    PemText(PemText&& other) noexcept
        : others_may_read(other.others_may_read), mode(other.mode), text_(std::move(other.text_)) {
        other.text_.clear();
    }
    PemText& operator=(PemText&& other) noexcept;
    PemText(const PemText&) = delete;
    PemText& operator=(const PemText&) = delete;
    ~PemText() { wipe(); }

    const std::string& text() const noexcept { return text_; }
    /// SHA-256 of the text, 32 raw bytes.
    std::string digest() const;
    bool others_may_read = false;  // all users of this machine may read the file
    mode_t mode = 0;               // permissions of the file

private:
    void wipe() noexcept;
    std::string text_;
};

/// Reads a regular file of bounded size. The error is only the reason, without the file's name.
Result<PemText, std::string> read_pem_file(const std::filesystem::path& file);

/// Why OpenSSL, if it reads the file by itself, would skip its beginning: a byte order mark, or UTF-16. Empty if it
/// would not.
std::string encoding_fault(const std::filesystem::path& file);

/// Whether all users of this machine can read the file.
bool others_may_read(const std::filesystem::path& file) noexcept;

/// Returns all certificates in `pem`, in its order; other things between them are skipped.
Result<std::vector<CertificatePtr>, std::string> certificates_in(const PemText& pem);

struct KeyFault {
    std::string text;
    bool needs_password = false;  // the key is encrypted, and no password was given
};
/// Returns the first private key in `pem`. A correct `likely_type` ("EC", "RSA", ...) makes this several times faster:
/// without one OpenSSL tries all types. `password` decrypts the key; empty: there is none.
Result<KeyPtr, KeyFault> key_in(const PemText& pem, const char* likely_type = nullptr, std::string_view password = {});

/// Why TLS cannot use the key of a certificate that is otherwise right: its curve. Empty if it can be used.
std::string curve_fault(EVP_PKEY* key);

}  // namespace ferrotunnel::transport
