// What a head means: the model that parsers fill, the edge decides by and writers serialise. Every view points into the
// buffer that was parsed. Who holds a head that a parser has completed knows that all rules of docs/http.md hold.
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
    length,       // so many bytes
    chunked,      // chunks, then perhaps trailers
    until_close,  // everything that comes; responses alone
};

struct Body {
    BodyKind kind = BodyKind::none;
    std::uint64_t length = 0;  // of `length` alone

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
    std::string_view whole;  // as it was written
    /// What a backend is asked for: "/path?query", "*", or for CONNECT the authority. An absolute form without a path
    /// has "/" ("*" with OPTIONS) unless it has a query, see `path`.
    std::string_view path;   // begins with '/', or is "*", or (CONNECT) empty
    std::string_view query;  // with its '?', or empty
    bool https = false;      // the scheme of an absolute form
};

/// The protocols that a request offers by Upgrade, "websocket, foo/2", in a copy of its own: the answer may come when
/// the request's buffer is long gone. Never holds h2c, h2, HTTP or TLS.
class UpgradeOffer {
public:
    bool empty() const noexcept { return size_ == 0; }
    std::string_view text() const noexcept { return {text_.data(), size_}; }
    /// Not case-sensitive; the version is part of the name ("foo/2").
    bool has(std::string_view protocol) const noexcept;

    void clear() noexcept { size_ = 0; }
    /// False when there is no room for it.
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
    /// Of the target if it has one, else of Host. It is not in normal form: see normal_host().
    Authority authority;
    /// As it was written, with its port: "Example.com:8080".
    std::string_view authority_text;
    Fields fields;
    Body body;
    /// The visitor wants this connection to last, and the rules allow it.
    bool keep_alive = false;
    /// The visitor waits for 100 (Continue) before it sends its body.
    bool expects_continue = false;
    /// TE had "trailers".
    bool takes_trailers = false;
    UpgradeOffer upgrade;
};

struct ResponseHead {
    Version version = Version::http11;
    std::uint16_t status = 0;
    std::string_view reason;
    Fields fields;
    Body body;
    /// What Content-Length said, also where there is no body (HEAD, 304). Not with Transfer-Encoding.
    std::optional<std::uint64_t> content_length;
    /// The backend keeps the connection. False as well for what is to be closed by the rules.
    bool keep_alive = false;
    /// 101 with an offered protocol, or 2xx to CONNECT: from here on the bytes are not HTTP.
    bool switches = false;

    /// 1xx, but not 101: another head follows.
    bool is_interim() const noexcept { return status < 200 && !switches; }
};

}  // namespace ferrotunnel::http
