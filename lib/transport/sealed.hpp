// One end of a visit: TLS 1.3 between two clients, inside a stream that a server relays. Bytes in, bytes out; no
// socket.
//
//   handshaking --the peer has proved the key--> open --close_notify from the peer--> ended
//        \__ another key, no TLS at all ________\__ a record that is not the peer's __--> failed
//
// Both ends have the key and the server does not. The key is an external PSK (RFC 8446, 2.2) with a fresh key exchange
// (psk_dhe_ke), and there are no certificates: without the key nobody can read or take part, and what was
// recorded stays secret even if the key becomes known later. The PSK is bound to the service's name, so that a server
// cannot lead visitors of one service to another with the same key.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/permits.hpp"
#include "transport/limits.hpp"
#include "transport/openssl_ptr.hpp"

namespace ferrotunnel::transport {

/// State shared by all visits of one service at one end. Thread-safe.
class SealContext {
public:
    enum class End : std::uint8_t { visitor, service };
    /// The content: both ends have to agree on it, and the handshake fails if they do not.
    enum class Carries : std::uint8_t { bytes, datagrams };

    /// `key`: 32 bytes that both ends have. Throws TlsConfigError.
    SealContext(End end, Bytes key, std::string_view service, Carries carries = Carries::bytes);
    ~SealContext();
    SealContext(const SealContext&) = delete;
    SealContext& operator=(const SealContext&) = delete;

    End end() const noexcept { return end_; }
    Carries carries() const noexcept { return carries_; }
    SSL_CTX* native() const noexcept { return native_.get(); }

    /// Counts a handshake until the result is destroyed; null if there are limits::visit_handshakes_max already. This
    /// limits the memory for visitors that have not proved the key.
    PermitPtr begin_handshake() const { return handshakes_.acquire(); }

private:
    static int find_session(SSL* ssl, const unsigned char* identity, std::size_t size, SSL_SESSION** found);
    static int use_session(SSL* ssl, const EVP_MD* digest, const unsigned char** identity, std::size_t* size,
                           SSL_SESSION** used);
    SSL_SESSION* make_session(SSL* ssl) const;

    const End end_;
    const Carries carries_;
    std::array<std::uint8_t, 32> psk_{};
    SslContextPtr native_;
    const Permits handshakes_{limits::visit_handshakes_max};
};

/// One visit. For one thread.
class Sealed {
public:
    enum class State : std::uint8_t { handshaking, open, failed };
    /// The maximum of plain bytes in one record so that it fits into one frame of a stream.
    static constexpr std::size_t plain_max = 16'320;

    /// Throws std::bad_alloc.
    explicit Sealed(const SealContext& context);

    State state() const noexcept { return state_; }
    /// Continues the handshake. When it has failed, `why` is a part of a sentence.
    State shake_hands(std::string& why);

    /// Takes bytes from the peer. Call it again only after read() has returned nothing, so that little waits.
    void put(Bytes received);
    struct Got {
        std::size_t bytes = 0;
        bool failed = false;
    };
    /// Returns the peer's data; none: more has to arrive, or the peer has ended its direction.
    Got read(MutableBytes into);
    /// The peer has sealed its end. An end without this is not valid: the stream was cut.
    bool peer_has_ended() const noexcept;

    /// Seals at most `plain_max` bytes.
    void write(Bytes plain);
    /// Seals our end: no more data follows.
    void finish();

    /// The number of bytes to send to the peer.
    std::size_t to_send() const noexcept;
    std::size_t take(MutableBytes into) noexcept;

private:
    std::string failure() const;

    const bool is_service_;
    const bool is_of_datagrams_;
    State state_ = State::handshaking;
    SslPtr ssl_;
    BIO* in_ = nullptr;   // owned by `ssl_`
    BIO* out_ = nullptr;  // likewise
};

}  // namespace ferrotunnel::transport
