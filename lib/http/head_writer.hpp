// Writes heads from the model: a field that belongs to one connection, or a byte that no rule allows, is never passed
// on, nor an alias in a request; framing and persistence are set by the caller, not copied from what was received.
//
// Both functions return how many bytes the head needs. If that is more than `into` has, the head did not fit, and the
// content of `into` is meaningless.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "http/edits.hpp"
#include "http/head.hpp"

namespace ferrotunnel::http {

struct RequestOut {
    std::string_view method;
    std::string_view path;   // as in Target; for CONNECT, the authority
    std::string_view query;  // including its '?', or empty
    std::string_view host;   // with its port: the value of Host
    const Fields* fields = nullptr;
    const Edits* edits = nullptr;
    Body body;  // none, length or chunked
    /// Asks the backend to keep its connection. The request is always HTTP/1.1.
    bool keep_alive = true;
    bool expects_continue = false;
    bool accepts_trailers = false;
    /// The protocols that Upgrade offers; none if null or empty.
    const UpgradeOffer* upgrade = nullptr;

    /// The request as it arrived; the caller then changes it.
    static RequestOut of(const RequestHead& head) noexcept;
};

std::size_t write_request(const RequestOut& request, std::span<char> into) noexcept;

struct ResponseOut {
    std::uint16_t status = 200;
    std::string_view reason;  // empty: the registered phrase
    const Fields* fields = nullptr;
    const Edits* edits = nullptr;
    /// The kind is none, length, chunked (HTTP/1.1 only) or until_close, which closes the connection.
    Body body;
    /// Written if there is a Content-Length but no body: HEAD and 304.
    std::optional<std::uint64_t> content_length;
    /// The visitor's version; the status line has HTTP/1.1 for both versions.
    Version visitor = Version::http11;
    bool keep_alive = true;
    /// The Upgrade fields among `fields` are passed on: for a 101 or a 426.
    bool names_protocols = false;

    /// A backend's response, framed as the visitor can read it: a body that lasted until the close is chunked for 1.1,
    /// a chunked one lasts until the close for 1.0. `keep_alive` is what the visitor requested; it is off in the result
    /// if the framing or a protocol switch uses up the connection.
    static ResponseOut of(const ResponseHead& head, Version visitor, bool keep_alive) noexcept;
    /// Frames a body of unknown length: chunked, or until the close for 1.0.
    void forget_length() noexcept;
};

std::size_t write_response(const ResponseOut& response, std::span<char> into) noexcept;

}  // namespace ferrotunnel::http
