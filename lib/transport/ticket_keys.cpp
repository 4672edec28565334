#include "transport/ticket_keys.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <system_error>

#include "base/hex.hpp"
#include "transport/certificate.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::transport {

namespace {

// The return values of the callback.
constexpr int failed = -1;
constexpr int unknown_ticket = 0;
constexpr int opened = 1;
constexpr int opened_by_an_old_key = 2;  // the visitor gets a new ticket

// Of a newest key: it is replaced long before.
constexpr std::uint64_t max_age_ms = 1'000ULL * 3'600 * 24;

int place_of_keys() {
    static const int place = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return place;
}

bool start_mac(EVP_MAC_CTX* mac, std::array<std::uint8_t, 32> key) {
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.data(), key.size()),
                               OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
    const bool fine = EVP_MAC_CTX_set_params(mac, parameters) == 1;
    OPENSSL_cleanse(key.data(), key.size());
    return fine;
}

}  // namespace

TicketKeys::Key::~Key() {
    OPENSSL_cleanse(cipher.data(), cipher.size());
    OPENSSL_cleanse(mac.data(), mac.size());
}

TicketKeys::TicketKeys() {
    keys_[0] = make_key();
}

std::shared_ptr<const TicketKeys::Key> TicketKeys::make_key() {
    auto key = std::make_shared<Key>();
    bool fine = true;
    key->for_each_part(
        [&fine](MutableBytes part) { fine = fine && RAND_bytes(part.data(), static_cast<int>(part.size())) == 1; });
    if (!fine) {
        throw TlsConfigError("cannot get random bytes: " + take_openssl_error());
    }
    return key;
}

void TicketKeys::rotate(TimePoint now) {
    const MutexLock lock(mutex_);
    if (made_at_ == never) {
        made_at_ = now;
    }
    // After a long sleep the old keys are too old to open anything.
    for (std::size_t i = 0; i < limits::ticket_keys_kept && now - made_at_ >= limits::ticket_key_seals_for; ++i) {
        auto key = make_key();
        std::move_backward(keys_.begin(), keys_.end() - 1, keys_.end());
        keys_[0] = std::move(key);
        made_at_ += limits::ticket_key_seals_for;
    }
    if (now - made_at_ >= limits::ticket_key_seals_for) {
        made_at_ = now;
    }
}

// "14400000:00ff...": the age in milliseconds, and the keys in hexadecimal digits, the newest first.
std::string TicketKeys::hand_over(TimePoint now) const {
    const MutexLock lock(mutex_);
    const Duration age = made_at_ == never ? Duration::zero() : now - made_at_;
    std::string text = std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(age).count()) + ':';
    text.reserve(text.size() + 2 * sizeof(Key) * keys_.size());  // so that it leaves no copies behind
    for (const auto& key : keys_) {
        if (key) {
            Key copy = *key;
            copy.for_each_part([&text](MutableBytes part) { append_hex(text, part); });
        }
    }
    return text;
}

bool TicketKeys::take_over(std::string_view text, TimePoint now) {
    const std::size_t colon = text.find(':');
    std::uint64_t age = 0;
    const char* const age_end = text.data() + std::min(colon, text.size());
    const auto [end, error] = std::from_chars(text.data(), age_end, age);
    if (colon == std::string_view::npos || error != std::errc() || end != age_end) {
        return false;
    }
    text.remove_prefix(colon + 1);
    Keys taken;
    std::size_t count = 0;
    for (; !text.empty(); ++count) {
        if (count == taken.size() || text.size() < 2 * sizeof(Key)) {
            return false;
        }
        auto key = std::make_shared<Key>();
        bool fine = true;
        key->for_each_part([&](MutableBytes part) {
            fine = fine && from_hex(text.substr(0, 2 * part.size()), part);
            text.remove_prefix(2 * part.size());
        });
        if (!fine) {
            return false;
        }
        taken[count] = std::move(key);
    }
    if (count == 0 || age > max_age_ms) {
        return false;
    }
    const MutexLock lock(mutex_);
    keys_ = std::move(taken);
    made_at_ = now - std::chrono::milliseconds(age);
    return true;
}

void TicketKeys::install(SSL_CTX* context) {
    if (SSL_CTX_set_ex_data(context, place_of_keys(), this) != 1 ||
        SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket) != 1) {
        throw TlsConfigError("cannot set up session tickets: " + take_openssl_error());
    }
}

TicketKeys::Keys TicketKeys::keys() const {
    const MutexLock lock(mutex_);
    return keys_;
}

int TicketKeys::on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                          int sealing) {
    const auto* self = static_cast<const TicketKeys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), place_of_keys()));
    const Keys keys = self->keys();
    if (sealing != 0) {
        const Key& key = *keys[0];
        std::memcpy(name, key.name.data(), key.name.size());
        const bool fine = RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1 &&
                          EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv) == 1 &&
                          start_mac(mac, key.mac);
        return fine ? opened : failed;
    }
    for (std::size_t i = 0; i < keys.size() && keys[i]; ++i) {
        const Key& key = *keys[i];
        if (std::memcmp(name, key.name.data(), key.name.size()) != 0) {
            continue;
        }
        const bool fine = EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv) == 1 &&
                          start_mac(mac, key.mac);
        return !fine ? failed : i == 0 ? opened : opened_by_an_old_key;
    }
    return unknown_ticket;
}

}  // namespace ferrotunnel::transport
