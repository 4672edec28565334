// Model of a head, which parsers fill, the edge decides by, and writers serialise. Every view points into the parsed
// buffer. A head that a parser has completed obeys all rules of docs/http.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/limits.hpp"
#include "http/authority.hpp"
#include "http/fields.hpp"
#include "http/method.hpp"

namespace ferrotunnel::http {

enum class Version : std::uint8_t { http10, http11 };

enum class BodyKind : std::uint8_t {
    none,         // the message ends with its head
    length,       // a known number of bytes
    chunked,      // chunks, then possibly trailers
    until_close,  // everything until the close; responses only
};

struct Body {
    BodyKind kind = BodyKind::none;
    std::uint64_t length = 0;  // for `length` only

    static constexpr Body of_length(std::uint64_t length) noexcept { return {BodyKind::length, length}; }
    bool operator==(const Body&) const = default;
};

enum class TargetForm : std::uint8_t {
    origin,     // /path?query
    absolute,   // http://host/path?query
    authority,  // host:port, with CONNECT
    asterisk,   // *, with OPTIONS
};

struct Target {
    TargetForm form = TargetForm::origin;
    std::string_view whole;  // as written
    /// The backend receives `path` and `query`: "/path?query" or "*"; for CONNECT, the authority instead. An absolute
    /// form without a path has "/" ("*" with OPTIONS, unless it has a query).
    std::string_view path;   // begins with '/', or is "*", or (CONNECT) empty
    std::string_view query;  // including its '?', or empty
    bool https = false;      // the scheme of an absolute form
};

/// The protocols that a request offers in Upgrade, like "websocket, foo/2", in a copy of its own: the response may
/// arrive when the request's buffer no longer exists. It never holds h2c, h2, HTTP or TLS.
class UpgradeOffer {
public:
    bool empty() const noexcept { return size_ == 0; }
    std::string_view text() const noexcept { return {text_.data(), size_}; }
    /// Whether `protocol` is offered. Case-insensitive; the version is part of the name ("foo/2").
    bool has(std::string_view protocol) const noexcept;

    void clear() noexcept { size_ = 0; }
    /// False if there is no room for the protocol.
    bool add(std::string_view protocol) noexcept;

private:
    std::uint8_t size_ = 0;
    std::array<char, limits::http_upgrade_offer_max> text_;
};

struct RequestHead {
    Method method = Method::other;
    std::string_view method_text;
    Target target;
    Version version = Version::http11;
    /// The authority of the target if it has one, otherwise of Host. It is not in normal form: see normal_host().
    Authority authority;
    /// The authority as written, with its port: "Example.com:8080".
    std::string_view authority_text;
    Fields fields;
    Body body;
    /// The visitor wants to keep this connection, and the rules allow it.
    bool keep_alive = false;
    /// The visitor waits for 100 (Continue) before it sends its body.
    bool expects_continue = false;
    /// The visitor accepts trailers: TE had "trailers".
    bool accepts_trailers = false;
    UpgradeOffer upgrade;
};

struct ResponseHead {
    Version version = Version::http11;
    std::uint16_t status = 0;
    std::string_view reason;
    Fields fields;
    Body body;
    /// The value of Content-Length, even if there is no body (HEAD, 304). Empty with Transfer-Encoding.
    std::optional<std::uint64_t> content_length;
    /// The backend keeps the connection. Also false if the rules demand that it is closed.
    bool keep_alive = false;
    /// The status is 101 with an offered protocol, or 2xx to CONNECT: the bytes that follow are not HTTP.
    bool switches = false;

    /// The status is 1xx, but not 101: another head follows.
    bool is_interim() const noexcept { return status < 200 && !switches; }
};

}  // namespace ferrotunnel::http
