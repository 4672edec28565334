// Names of the fields that the edge itself reads. They are recognised once, while parsing, so that texts need not be
// compared later.
#pragma once

#include <cstdint>
#include <string_view>

namespace ferrotunnel::http {

enum class FieldName : std::uint8_t {
    other,
    accept,
    accept_encoding,
    authorization,
    cf_connecting_ip,
    client_ip,
    connection,
    content_encoding,
    content_length,
    content_range,
    content_type,
    cookie,
    date,
    expect,
    forwarded,
    forwarded_for,
    front_end_https,
    host,
    http2_settings,
    keep_alive,
    location,
    max_forwards,
    origin,
    proxy,
    proxy_authenticate,
    proxy_authorization,
    proxy_connection,
    range,
    retry_after,
    server,
    set_cookie,
    te,
    tls_claim,  // names that describe the visitor's TLS and certificate: X-SSL-*, Client-Cert and the like
    trailer,
    transfer_encoding,
    true_client_ip,
    upgrade,
    user_agent,
    via,
    www_authenticate,
    x_client_ip,
    x_cluster_client_ip,
    x_forwarded,
    x_forwarded_for,
    x_forwarded_host,
    x_forwarded_port,
    x_forwarded_proto,
    x_forwarded_other,  // any other name that begins with X-Forwarded-
    x_original_url,
    x_real_ip,
    x_request_id,
    x_rewrite_url,
    x_scheme,
    x_url_scheme,
};

/// Whether a field is a claim: it names a visitor, its certificate, a scheme or a path to backends that trust it, and
/// the edge does not make it itself, so only a trusted peer may send it. All unknown X-Forwarded-* fields are claims.
constexpr bool is_claim(FieldName name) noexcept {
    switch (name) {
        case FieldName::cf_connecting_ip:
        case FieldName::client_ip:
        case FieldName::forwarded_for:
        case FieldName::front_end_https:
        case FieldName::tls_claim:
        case FieldName::true_client_ip:
        case FieldName::x_client_ip:
        case FieldName::x_cluster_client_ip:
        case FieldName::x_forwarded:
        case FieldName::x_forwarded_other:
        case FieldName::x_original_url:
        case FieldName::x_rewrite_url:
        case FieldName::x_scheme:
        case FieldName::x_url_scheme:
            return true;
        default:
            return false;
    }
}

/// Whether a field belongs to a connection of HTTP/1.1 and not to a message (RFC 9113, 8.2.2; for HTTP2-Settings RFC
/// 7540, 3.2.1). Not TE, which HTTP/2 has for "trailers".
constexpr bool is_of_connection(FieldName name) noexcept {
    switch (name) {
        case FieldName::connection:
        case FieldName::http2_settings:
        case FieldName::keep_alive:
        case FieldName::proxy_connection:
        case FieldName::transfer_encoding:
        case FieldName::upgrade:
            return true;
        default:
            return false;
    }
}

/// Whether an edge adds fields of that name to what it forwards, or puts its own in their place: those are bounded
/// apart from all others, so that a head which one edge has let through is not too large for the next one. `name` is
/// the field's, `known` what it was recognised as.
bool is_edge_field(FieldName known, std::string_view name) noexcept;

/// Whether several names map to this value; also true for `other`.
constexpr bool is_many(FieldName name) noexcept {
    return name == FieldName::other || name == FieldName::x_forwarded_other || name == FieldName::tls_claim;
}

/// The known field of that name, case-insensitively. `name` is a token.
FieldName field_name_of(std::string_view name) noexcept;

/// The usual spelling, like "Content-Length"; empty for `other` and for values that stand for several names.
std::string_view spelling_of(FieldName name) noexcept;

/// Whether the texts are equal, ignoring ASCII case.
bool same_text(std::string_view a, std::string_view b) noexcept;

/// Whether some programs confuse the two names: they are equal, ignoring case, once each byte that is neither a letter
/// nor a digit has become '-' and those at the end are gone. CGI and its successors (WSGI, PHP, Rack) map names like
/// this, so X_Forwarded_For, X.Forwarded.For and X-Forwarded-For- all arrive as HTTP_X_FORWARDED_FOR.
bool same_name_loosely(std::string_view a, std::string_view b) noexcept;

/// A number that is equal for names that are the same by same_name_loosely(), and seldom for others: frequent
/// comparisons compare it first. The name is not empty.
std::uint32_t loose_mark(std::string_view name) noexcept;

/// The known field that some programs would confuse `name` with, by the same mapping; `other` if there is none.
FieldName field_name_loosely(std::string_view name) noexcept;

}  // namespace ferrotunnel::http
