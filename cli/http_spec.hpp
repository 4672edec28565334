// Parses values of --http and --passthrough: "app.example.com=3000".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/http.hpp"
#include "ferrotunnel/tls.hpp"

namespace ferrotunnel::cli {

/// Sets host and path: "app.example.com", "app.example.com/api", "*", or "" for a host that the server assigns. The
/// library checks that it is a valid host.
void set_host(std::string_view text, Http& http);

/// Reads a value of --http. Empty if it is not valid; `error` has the reason. (A list, like those of tcp_spec.hpp.)
std::vector<Http> parse_http_spec(std::string_view text, std::string& error);

/// Reads a value of --passthrough: "app.example.com=8443".
std::vector<Tls> parse_tls_spec(std::string_view text, std::string& error);

}  // namespace ferrotunnel::cli
