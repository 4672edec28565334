// Keys that seal the session tickets of visitors. The visitor keeps the ticket; the key to open it again is kept here,
// in memory only, the same for all workers and for the process that replaces this one, and is discarded after some
// hours. An attacker who obtains the keys later can read no older data (of TLS 1.2; in TLS 1.3 a resumed session has
// fresh keys anyway).
//
//     new key every 4 h:   |--seals--|--opens only--|--opens only--|  discarded
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
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

    /// The keys and the age of the newest, for the process that replaces this one: secrets. Thread-safe.
    std::string hand_over(TimePoint now) const;
    /// Uses these keys in place of its own. False if the text does not come from hand_over(): nothing changes then.
    /// Thread-safe.
    bool take_over(std::string_view text, TimePoint now);

    /// Makes the context seal and open its tickets with these keys, which must outlive it.
    void install(SSL_CTX* context);

private:
    struct Key {
        std::array<std::uint8_t, 16> name;
        std::array<std::uint8_t, 32> cipher;
        std::array<std::uint8_t, 32> mac;
        ~Key();
        /// Calls `action(bytes)` for each part.
        template <typename Action>
        void for_each_part(Action action) {
            action(MutableBytes(name));
            action(MutableBytes(cipher));
            action(MutableBytes(mac));
        }
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
