// Keys that seal the session tickets of visitors. The visitor keeps the ticket; the key to open it again is kept here,
// in memory only, the same for all workers, and is discarded after some hours. An attacker who obtains the keys
// later can read no older data (of TLS 1.2; in TLS 1.3 a resumed session has fresh keys anyway).
//
//     new key every 4 h:   |--seals--|--opens only--|--opens only--|  discarded
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/mutex.hpp"

namespace ferrotunnel::transport {

class TicketKeys {
public:
    /// Makes the first key. Throws TlsConfigError if there are no random bytes.
    TicketKeys();

    /// Makes a new key if it is time for one, and discards the oldest. The first call only starts the clock.
    /// Thread-safe.
    void rotate(TimePoint now);

    /// Makes the context seal and open its tickets with these keys, which must outlive it.
    void install(SSL_CTX* context);

private:
    struct Key {
        std::array<std::uint8_t, 16> name;
        std::array<std::uint8_t, 32> cipher;
        std::array<std::uint8_t, 32> mac;
        ~Key();
    };
    using Keys =
        std::array<std::shared_ptr<const Key>, limits::ticket_keys_kept>;  // the newest first; the last may be null

    static std::shared_ptr<const Key> make_key();
    static int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                         int sealing);
    Keys keys() const;

    mutable Mutex mutex_;
    Keys keys_ GUARDED_BY(mutex_);
    TimePoint made_at_ GUARDED_BY(mutex_) = never;  // time of the newest key; never: not known yet
};

}  // namespace ferrotunnel::transport
