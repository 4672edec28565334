// "app.example.com=3000", as --http and --passthrough take it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ferrotunnel/http.hpp"
#include "ferrotunnel/tls.hpp"

namespace ferrotunnel::cli {

/// "app.example.com", "app.example.com/api", "*", or nothing for one that the server assigns. Whether it is a host is
/// for the library to say.
void set_host(std::string_view text, Http& http);

/// Nothing, and `error` says why, when it can not be one.
std::optional<Http> parse_http_spec(std::string_view text, std::string& error);

/// "app.example.com=8443", as --tls takes it.
std::optional<Tls> parse_tls_spec(std::string_view text, std::string& error);

}  // namespace ferrotunnel::cli
