// Services as --http and --passthrough take them: "app.example.com=3000".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ferrotunnel/http.hpp"
#include "ferrotunnel/tls.hpp"

namespace ferrotunnel::cli {

/// Sets host and path: "app.example.com", "app.example.com/api", "*", or nothing for one that the server assigns.
/// Whether it is a host is for the library to say.
void set_host(std::string_view text, Http& http);

/// Reads a service of --http. If it can not be one, returns nothing, and `error` says why.
std::optional<Http> parse_http_spec(std::string_view text, std::string& error);

/// Reads a service of --passthrough: "app.example.com=8443".
std::optional<Tls> parse_tls_spec(std::string_view text, std::string& error);

}  // namespace ferrotunnel::cli
