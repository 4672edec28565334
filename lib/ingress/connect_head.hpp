// Requests to the CONNECT port (RFC 9110, 9.3.6), and the responses to them. Sans-IO.
//
//     CONNECT ssh.laptop:22 HTTP/1.1
//     Proxy-Authorization: Basic base64(anything:TOKEN)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/head.hpp"

namespace ferrotunnel::ingress {

/// The service that a visitor requests, and its credentials.
struct ConnectRequest {
    std::string host;      // the service, or service.client: in normal form, without the port
    std::string password;  // the token; empty if there is none
};

/// Reads the head of a CONNECT request. Credentials of a scheme other than Basic, or that cannot be read, are ignored.
ConnectRequest read_connect(const http::RequestHead& head);

/// A response with this status and a sentence for people, after which the connection ends.
std::string written_refusal(std::uint16_t status, std::string_view sentence);

/// The response after which all bytes belong to the service.
inline constexpr std::string_view connect_established = "HTTP/1.1 200 Connection established\r\n\r\n";

}  // namespace ferrotunnel::ingress
