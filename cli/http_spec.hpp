// Services as --http and --passthrough take them: "app.example.com=3000".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/http.hpp"
#include "ferrotunnel/tls.hpp"

namespace ferrotunnel::cli {

/// Sets host and path: "app.example.com", "app.example.com/api", "*", or nothing for one that the server assigns.
/// Whether it is a host is for the library to say.
void set_host(std::string_view text, Http& http);

/// Reads a service of --http. None: the text is wrong, and `error` says why. (A list as those of tcp_spec.hpp.)
std::vector<Http> parse_http_spec(std::string_view text, std::string& error);

/// Reads a service of --passthrough: "app.example.com=8443".
std::vector<Tls> parse_tls_spec(std::string_view text, std::string& error);

}  // namespace ferrotunnel::cli
