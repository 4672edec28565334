// Statuses for gRPC clients, which read the status of a call and not that of HTTP.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/head.hpp"
#include "wire/code.hpp"

namespace ferrotunnel::exchange {

/// Whether a request with this Content-Type is a gRPC call: "application/grpc", "application/grpc+proto". Not gRPC-Web,
/// whose clients read the HTTP status.
bool is_grpc(std::string_view content_type) noexcept;

/// Whether a response to a call is "trailers-only": a head with a `grpc-status`, and no body.
bool is_trailers_only(const http::ResponseHead& head) noexcept;

/// The `grpc-status` for an HTTP status, by gRPC's own table, except for the edge's deadlines (4) and sizes (8).
std::string_view grpc_status_of(std::uint16_t status) noexcept;

/// The `grpc-status` for RST_STREAM with this HTTP/2 code, by gRPC's own table; empty for a code that has no HTTP/2
/// equivalent.
std::string_view grpc_status_of_reset(wire::Code code) noexcept;

}  // namespace ferrotunnel::exchange
