// What a page's status means to a client of gRPC, which reads the status of a call and not that of HTTP.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/head.hpp"
#include "wire/code.hpp"

namespace ferrotunnel::exchange {

/// Whether a request with this Content-Type is a call of gRPC: "application/grpc", "application/grpc+proto". Not
/// gRPC-Web, whose clients read HTTP's status.
bool is_grpc(std::string_view content_type) noexcept;

/// Whether an answer to a call is "trailers-only": a head with a `grpc-status`, and no body.
bool is_trailers_only(const http::ResponseHead& head) noexcept;

/// The `grpc-status` that stands for a status of HTTP, as gRPC's own table of them has it, but for the edge's deadlines
/// (4) and sizes (8).
std::string_view grpc_status_of(std::uint16_t status) noexcept;

/// The `grpc-status` that stands for RST_STREAM with this code of HTTP/2, as gRPC's own table of those has it; empty
/// for a code that says nothing of HTTP/2.
std::string_view grpc_status_of_reset(wire::Code code) noexcept;

}  // namespace ferrotunnel::exchange
