// Why a message is rejected: its status, its code (X-FerroTunnel-Error, counters), and a description.
#pragma once

#include <cstdint>
#include <string_view>

namespace ferrotunnel::http {

enum class Fault : std::uint8_t {
    none,
    // --- lines ---
    bare_line_feed,
    bare_carriage_return,
    control_in_head,
    leading_space,
    // --- the request line ---
    bad_request_line,
    bad_method,
    method_too_long,
    bad_target,
    target_too_long,
    bad_version,
    version_not_supported,
    connect_not_wanted,
    trace_not_wanted,
    asterisk_not_options,
    // --- the status line ---
    bad_status_line,
    bad_status,
    // --- fields ---
    folded_field,
    bad_field_name,
    space_before_colon,
    missing_colon,
    line_too_long,
    head_too_long,
    too_many_fields,
    // --- host ---
    missing_host,
    duplicate_host,
    bad_host,
    host_differs,
    // --- framing ---
    bad_content_length,
    duplicate_content_length,
    length_and_encoding,
    encoding_in_http10,
    duplicate_encoding,
    bad_encoding,
    unknown_encoding,
    body_not_allowed,
    // --- connection ---
    bad_connection,
    protected_field_in_connection,
    unknown_expectation,
    unoffered_upgrade,
    unknown_protocol,
    // --- chunked bodies ---
    bad_chunk_size,
    bad_chunk_extension,
    chunk_extensions_too_long,
    bad_chunk_end,
    bad_trailer,
    trailers_too_long,
    // --- at the end of a stream ---
    truncated,
};

struct Refusal {
    Fault fault = Fault::none;
    /// The status for the visitor if the message is a request; a response that breaks the rules is always 502.
    std::uint16_t status = 0;
    std::string_view code;  // "space_before_colon"
    std::string_view text;  // "a space before the colon of a field", for the log
};

/// The refusal of a request.
Refusal refusal_of(Fault fault) noexcept;
/// The refusal of a response: the same with status 502.
Refusal response_refusal_of(Fault fault) noexcept;

/// The reason phrase of a status ("Not Found"); empty for one that is not registered.
std::string_view reason_of(std::uint16_t status) noexcept;

}  // namespace ferrotunnel::http
