// What a visitor of the CONNECT port says (RFC 9110, 9.3.6), and what it is answered. Sans-IO.
//
//     CONNECT ssh.laptop:22 HTTP/1.1
//     Proxy-Authorization: Basic base64(anything:TOKEN)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/head.hpp"

namespace ferrotunnel::ingress {

/// Whom a visitor wants to reach, and what it has to show for that.
struct ConnectAsk {
    std::string host;      // the service, or service.client: in normal form, without the port
    std::string password;  // the token; empty: it has shown none
};

/// Reads the head of a CONNECT request. Credentials that are not of the scheme Basic, or that cannot be read, are
/// none.
ConnectAsk read_connect(const http::RequestHead& head);

/// The answer with this status and this sentence for people, which ends the connection.
std::string written_refusal(std::uint16_t status, std::string_view sentence);

/// The answer behind which the bytes are the service's.
inline constexpr std::string_view connect_established = "HTTP/1.1 200 Connection established\r\n\r\n";

}  // namespace ferrotunnel::ingress
