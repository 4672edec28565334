#include "http_spec.hpp"

#include <algorithm>
#include <utility>

#include "tcp_spec.hpp"

namespace ferrotunnel::cli {

void set_host(std::string_view text, Http& http) {
    const bool is_url = text.substr(0, text.find('/')).ends_with(':') && text.find("://") != std::string_view::npos;
    const std::size_t slash = is_url ? text.size() : std::min(text.find('/'), text.size());
    http.host = text.substr(0, slash);
    http.path = text.substr(slash);
}

std::vector<Http> parse_http_spec(std::string_view text, std::string& error) {
    const std::size_t equals = text.rfind('=');
    if (equals == std::string_view::npos) {
        error =
            "expected HOST=ADDRESS: the host that visitors request and its backend, like app.example.com=3000; "
            "*=3000 for every host that no other service matches, =3000 for one that the server assigns";
        return {};
    }
    const std::optional<std::string> local = parse_backend(text.substr(equals + 1), error);
    if (!local) {
        return {};
    }
    Http http;
    set_host(text.substr(0, equals), http);
    if (http.path.starts_with("/~ ") || http.path.starts_with("/= ")) {
        error = "only a path prefix is possible here; \"~ \" and \"= \" are for `path` in a file";
        return {};
    }
    http.local = *local;
    return {std::move(http)};
}

std::vector<Tls> parse_tls_spec(std::string_view text, std::string& error) {
    const std::size_t equals = text.rfind('=');
    if (equals == std::string_view::npos || equals == 0) {
        error = "expected HOST=ADDRESS: the name that visitors request and its backend, like app.example.com=8443";
        return {};
    }
    const std::optional<std::string> local = parse_backend(text.substr(equals + 1), error);
    if (!local) {
        return {};
    }
    Tls tls;
    tls.host = text.substr(0, equals);
    tls.local = *local;
    return {std::move(tls)};
}

}  // namespace ferrotunnel::cli
