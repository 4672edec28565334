#include "http/refusal.hpp"

#include <array>
#include <cstddef>

namespace ferrotunnel::http {
namespace {

// The refusals, in the order of the enumeration.
constexpr std::array refusals = {
    Refusal{Fault::none, 0, "none", "nothing is wrong"},
    Refusal{Fault::bare_line_feed, 400, "bare_line_feed", "a line ends with LF without CR"},
    Refusal{Fault::bare_carriage_return, 400, "bare_carriage_return", "a CR without LF after it"},
    Refusal{Fault::control_in_head, 400, "control_in_head", "a control character in a field"},
    Refusal{Fault::leading_space, 400, "leading_space", "whitespace before the first field or the request line"},
    Refusal{Fault::bad_request_line, 400, "bad_request_line", "the first line is not METHOD TARGET VERSION"},
    Refusal{Fault::bad_method, 400, "bad_method", "the method is not a token"},
    Refusal{Fault::method_too_long, 501, "method_too_long", "the method is longer than any known one"},
    Refusal{Fault::bad_target, 400, "bad_target", "the request target is not well-formed"},
    Refusal{Fault::target_too_long, 414, "target_too_long", "the request target is too long"},
    Refusal{Fault::bad_version, 400, "bad_version", "the version is not HTTP/1.1 or HTTP/1.0"},
    Refusal{Fault::version_not_supported, 505, "version_not_supported", "a version of HTTP other than 1.1 and 1.0"},
    Refusal{Fault::connect_not_wanted, 405, "connect_not_wanted", "CONNECT, which no service here accepts"},
    Refusal{Fault::trace_not_wanted, 405, "trace_not_wanted", "TRACE, which could reveal header fields"},
    Refusal{Fault::asterisk_not_options, 400, "asterisk_not_options", "the target * with a method other than OPTIONS"},
    Refusal{Fault::bad_status_line, 502, "bad_status_line", "the first line is not VERSION STATUS REASON"},
    Refusal{Fault::bad_status, 502, "bad_status", "the status is not a number from 100 to 599"},
    Refusal{Fault::folded_field, 400, "folded_field", "a field continues in a line that begins with whitespace"},
    Refusal{Fault::bad_field_name, 400, "bad_field_name", "the name of a field is empty or not a token"},
    Refusal{Fault::space_before_colon, 400, "space_before_colon", "whitespace in or after the name of a field"},
    Refusal{Fault::missing_colon, 400, "missing_colon", "a line without a colon among the fields"},
    Refusal{Fault::line_too_long, 431, "line_too_long", "a line of the head is too long"},
    Refusal{Fault::head_too_long, 431, "head_too_long", "the head is too long"},
    Refusal{Fault::too_many_fields, 431, "too_many_fields", "the head has too many fields"},
    Refusal{Fault::missing_host, 400, "missing_host", "no Host field"},
    Refusal{Fault::duplicate_host, 400, "duplicate_host", "more than one Host field"},
    Refusal{Fault::bad_host, 400, "bad_host", "Host, or the authority of the target, names no host"},
    Refusal{Fault::host_differs, 400, "host_differs", "Host and the target name different hosts"},
    Refusal{Fault::bad_content_length, 400, "bad_content_length", "Content-Length is not one number below 2^63"},
    Refusal{Fault::duplicate_content_length, 400, "duplicate_content_length", "more than one Content-Length field"},
    Refusal{Fault::length_and_encoding, 400, "length_and_encoding", "both Content-Length and Transfer-Encoding"},
    Refusal{Fault::encoding_in_http10, 400, "encoding_in_http10", "Transfer-Encoding in HTTP/1.0"},
    Refusal{Fault::duplicate_encoding, 400, "duplicate_encoding", "more than one Transfer-Encoding"},
    Refusal{Fault::bad_encoding, 400, "bad_encoding", "Transfer-Encoding is not well-formed"},
    Refusal{Fault::unknown_encoding, 501, "unknown_encoding", "a transfer coding other than chunked"},
    Refusal{Fault::body_not_allowed, 400, "body_not_allowed", "a body with CONNECT"},
    Refusal{Fault::bad_connection, 400, "bad_connection", "Connection is not a short list of names"},
    Refusal{Fault::protected_field_in_connection, 400, "protected_field_in_connection",
            "Connection names a field that must not be removed"},
    Refusal{Fault::unknown_expectation, 417, "unknown_expectation",
            "Expect asks for something other than 100-continue"},
    Refusal{Fault::unoffered_upgrade, 502, "unoffered_upgrade", "101 to a protocol that was not offered"},
    Refusal{Fault::unknown_protocol, 501, "unknown_protocol", "CONNECT for a protocol other than websocket"},
    Refusal{Fault::bad_chunk_size, 400, "bad_chunk_size", "a chunk size that is not 1 to 16 hexadecimal digits"},
    Refusal{Fault::bad_chunk_extension, 400, "bad_chunk_extension", "a chunk extension that is not well-formed"},
    Refusal{Fault::chunk_extensions_too_long, 400, "chunk_extensions_too_long", "too many bytes of chunk extensions"},
    Refusal{Fault::bad_chunk_end, 400, "bad_chunk_end", "a line of the chunked framing does not end with CR LF"},
    Refusal{Fault::bad_trailer, 400, "bad_trailer", "a trailer field is not well-formed"},
    Refusal{Fault::trailers_too_long, 431, "trailers_too_long", "the trailer section is too long"},
    Refusal{Fault::truncated, 400, "truncated", "the stream ended before the message did"},
};

constexpr bool all_faults_are_there() {
    for (std::size_t i = 0; i < refusals.size(); ++i) {
        if (static_cast<std::size_t>(refusals[i].fault) != i) {
            return false;
        }
    }
    return refusals.size() == static_cast<std::size_t>(Fault::truncated) + 1;
}
static_assert(all_faults_are_there());

}  // namespace

Refusal refusal_of(Fault fault) noexcept {
    return refusals[static_cast<std::size_t>(fault)];
}

Refusal response_refusal_of(Fault fault) noexcept {
    Refusal refusal = refusal_of(fault);
    refusal.status = fault == Fault::none ? std::uint16_t{0} : std::uint16_t{502};
    return refusal;
}

}  // namespace ferrotunnel::http
