// The parts of an HTTP URL in a field, as written.
#pragma once

#include <string_view>

namespace ferrotunnel::http {

struct Url {
    std::string_view scheme;  // empty for "//host/path"
    std::string_view authority;
    std::string_view rest;  // path, query, fragment
};

/// Splits a URL. False if it has no authority, or a scheme other than http and https.
bool split_url(std::string_view text, Url& url) noexcept;

}  // namespace ferrotunnel::http
