#include "exchange/grpc_status.hpp"

#include "http/field_name.hpp"
#include "wire/http2_code.hpp"

namespace ferrotunnel::exchange {

bool is_grpc(std::string_view content_type) noexcept {
    constexpr std::string_view type = "application/grpc";
    if (!http::same_text(content_type.substr(0, type.size()), type)) {
        return false;
    }
    const std::string_view rest = content_type.substr(type.size());
    return rest.empty() || rest.front() == '+' || rest.front() == ';' || rest.front() == ' ';
}

bool is_trailers_only(const http::ResponseHead& head) noexcept {
    const bool has_body =
        head.body.kind != http::BodyKind::none && !(head.body.kind == http::BodyKind::length && head.body.length == 0);
    return !has_body && head.fields.first("grpc-status").has_value();
}

std::string_view grpc_status_of(std::uint16_t status) noexcept {
    switch (status) {
        case 400:
        case 414:
        case 417:
        case 431:
        case 500:
        case 508:
            return "13";  // INTERNAL
        case 401:
            return "16";  // UNAUTHENTICATED
        case 403:
            return "7";  // PERMISSION_DENIED
        case 404:
        case 405:
        case 501:
        case 505:
            return "12";  // UNIMPLEMENTED
        case 408:
        case 504:
            return "4";  // DEADLINE_EXCEEDED
        case 413:
            return "8";  // RESOURCE_EXHAUSTED
        case 421:
        case 429:
        case 502:
        case 503:
            return "14";  // UNAVAILABLE
        default:
            return "2";  // UNKNOWN
    }
}

std::string_view grpc_status_of_reset(wire::Code code) noexcept {
    const std::optional<std::uint32_t> error = wire::http2_error_of(code);
    if (!error) {
        return {};
    }
    switch (*error) {
        case 0x7:         // REFUSED_STREAM
            return "14";  // UNAVAILABLE
        case 0x8:         // CANCEL
            return "1";   // CANCELLED
        case 0xb:         // ENHANCE_YOUR_CALM
            return "8";   // RESOURCE_EXHAUSTED
        case 0xc:         // INADEQUATE_SECURITY
            return "7";   // PERMISSION_DENIED
        default:
            return "13";  // INTERNAL
    }
}

}  // namespace ferrotunnel::exchange
