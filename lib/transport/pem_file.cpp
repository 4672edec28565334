#include "transport/pem_file.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/limits.hpp"
#include "ferrotunnel/detail/text_encoding.hpp"
#include "runtime/socket.hpp"
#include "transport/certificate.hpp"

namespace ferrotunnel::transport {

namespace {

using DecoderPtr = std::unique_ptr<OSSL_DECODER_CTX, FreeWith<OSSL_DECODER_CTX_free>>;

std::string errno_text() {
    return std::strerror(errno);
}

BioPtr bio_of(const PemText& pem) {
    return BioPtr(BIO_new_mem_buf(pem.text().data(), static_cast<int>(pem.text().size())));
}

// Whether the file simply ended, which OpenSSL reports as an error.
bool ended_in_order() {
    const unsigned long code = ERR_peek_last_error();
    return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

struct PasswordQuestion {
    std::string_view password;
    bool was_asked = false;
};

// A key with a passphrase must not stop the program at a prompt.
int answer_password(char* into, int room, int, void* question_in) {
    auto& question = *static_cast<PasswordQuestion*>(question_in);
    question.was_asked = true;
    if (question.password.size() > static_cast<std::size_t>(room)) {
        return 0;
    }
    std::copy(question.password.begin(), question.password.end(), into);
    return static_cast<int>(question.password.size());
}

// Reads a key of this type. Null if there is none, or if it needs more care.
KeyPtr key_of_type(const PemText& pem, const char* type) {
    EVP_PKEY* key = nullptr;
    DecoderPtr decoder(OSSL_DECODER_CTX_new_for_pkey(&key, "PEM", nullptr, type, EVP_PKEY_KEYPAIR, nullptr, nullptr));
    const auto* at = reinterpret_cast<const unsigned char*>(pem.text().data());
    std::size_t left = pem.text().size();
    const bool found = decoder && OSSL_DECODER_from_data(decoder.get(), &at, &left) == 1;
    ERR_clear_error();
    KeyPtr owned(key);
    return found ? std::move(owned) : nullptr;
}

}  // namespace

std::string PemText::digest() const {
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(text_.data()), text_.size(),
           reinterpret_cast<unsigned char*>(digest.data()));
    return digest;
}

void PemText::wipe() noexcept {
    if (!text_.empty()) {
        OPENSSL_cleanse(text_.data(), text_.size());
    }
}

PemText& PemText::operator=(PemText&& other) noexcept {
    if (this != &other) {
        wipe();
        text_ = std::move(other.text_);
        other.text_.clear();
        others_may_read = other.others_may_read;
        mode = other.mode;
    }
    return *this;
}

Result<PemText, std::string> read_pem_file(const std::filesystem::path& file) {
    // Opened without blocking, so that a pipe or device by that name is refused below instead of waited for.
    runtime::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat about {};
    if (!fd || ::fstat(fd.get(), &about) != 0) {
        return errno_text();
    }
    if (!S_ISREG(about.st_mode)) {
        return std::string("is not a regular file");
    }
    if (about.st_size > static_cast<off_t>(limits::pem_file_bytes_max)) {
        return std::string("is larger than 1 MiB, so it is not a certificate or key");
    }
    std::string text(static_cast<std::size_t>(about.st_size), '\0');
    std::size_t have = 0;
    while (have < text.size()) {
        ssize_t got = ::read(fd.get(), text.data() + have, text.size() - have);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            PemText wiped(std::move(text));
            return got < 0 ? errno_text() : std::string("became shorter while it was read");
        }
        have += static_cast<std::size_t>(got);
    }
    std::string_view rest = text;
    const std::string_view fault = ferrotunnel::detail::take_byte_order_mark(rest);
    text.erase(0, text.size() - rest.size());  // OpenSSL would skip the first block after a mark
    PemText pem(std::move(text));
    if (!fault.empty()) {
        return std::string(fault);
    }
    pem.others_may_read = (about.st_mode & S_IROTH) != 0;
    pem.mode = about.st_mode & 07777U;
    return pem;
}

std::string encoding_fault(const std::filesystem::path& file) {
    std::array<char, 4> raw{};
    const runtime::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat about {};
    const bool is_file = fd && ::fstat(fd.get(), &about) == 0 && S_ISREG(about.st_mode);  // a pipe is read once
    const ssize_t got = is_file ? ::read(fd.get(), raw.data(), raw.size()) : 0;
    const std::string_view all(raw.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    std::string_view rest = all;
    const std::string_view fault = ferrotunnel::detail::take_byte_order_mark(rest);
    return fault.empty() && rest.size() < all.size() ? "begins with a byte order mark; save it without one"
                                                     : std::string(fault);
}

bool others_may_read(const std::filesystem::path& file) noexcept {
    struct stat about {};
    return ::stat(file.c_str(), &about) == 0 && S_ISREG(about.st_mode) && (about.st_mode & S_IROTH) != 0;
}

Result<std::vector<CertificatePtr>, std::string> certificates_in(const PemText& pem) {
    ERR_clear_error();
    std::vector<CertificatePtr> all;
    BioPtr bio = bio_of(pem);
    while (bio) {
        CertificatePtr one(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
        if (!one) {
            break;
        }
        all.push_back(std::move(one));
    }
    if (!bio || !ended_in_order()) {
        return "contains a damaged certificate (" + take_openssl_error() + ")";
    }
    ERR_clear_error();
    if (all.empty()) {
        return std::string("contains no certificate in PEM form");
    }
    return all;
}

Result<KeyPtr, KeyFault> key_in(const PemText& pem, const char* likely_type, std::string_view password) {
    ERR_clear_error();
    if (KeyPtr key = likely_type != nullptr ? key_of_type(pem, likely_type) : nullptr) {
        return key;
    }
    PasswordQuestion question{password};
    BioPtr bio = bio_of(pem);
    KeyPtr key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, answer_password, &question) : nullptr);
    if (key) {
        ERR_clear_error();
        return key;
    }
    const bool none = pem.text().find("PRIVATE KEY-----") == std::string::npos;  // OpenSSL does not distinguish the two
    const std::string reason = take_openssl_error();
    if (question.was_asked && password.empty()) {
        return KeyFault{
            "contains a private key with a passphrase, which the program cannot ask for; remove the passphrase", true};
    }
    if (question.was_asked) {
        return KeyFault{"contains a private key that the password does not decrypt"};
    }
    return KeyFault{none ? "contains no private key in PEM form" : "contains a damaged private key (" + reason + ")"};
}

std::string curve_fault(EVP_PKEY* key) {
    std::array<char, 64> name{};
    std::size_t length = 0;
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC ||
        EVP_PKEY_get_group_name(key, name.data(), name.size(), &length) != 1) {
        ERR_clear_error();
        return {};
    }
    const std::string curve(name.data(), length);
    const bool is_known = curve == "prime256v1" || curve == "P-256" || curve == "secp384r1" || curve == "P-384" ||
                          curve == "secp521r1" || curve == "P-521";
    return is_known ? std::string()
                    : "its key is on the curve " + curve + ", which TLS does not support; use P-256 (prime256v1)";
}

}  // namespace ferrotunnel::transport
