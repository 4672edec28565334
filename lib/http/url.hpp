// The parts of a URL of HTTP in a field, as they are written.
#pragma once

#include <string_view>

namespace ferrotunnel::http {

struct Url {
    std::string_view scheme;  // empty for "//host/path"
    std::string_view authority;
    std::string_view rest;  // path, query, fragment
};

/// Splits a URL. False: it has no authority, or another scheme than HTTP's.
bool split_url(std::string_view text, Url& url) noexcept;

}  // namespace ferrotunnel::http
