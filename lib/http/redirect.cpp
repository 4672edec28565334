#include "http/redirect.hpp"

#include "http/rewrite.hpp"

namespace ferrotunnel::http {
namespace {

// Where the path of "https://host/path" or "/path" begins; npos if there is none.
std::size_t path_of(std::string_view to) noexcept {
    const std::size_t authority = to.find("://");
    return authority == std::string_view::npos ? 0 : to.find('/', authority + 3);
}

}  // namespace

void write_redirect(const Redirect& redirect, const PathRule& rule, std::string_view path, std::string_view query,
                    std::string& out) {
    path = path == "*" ? "/" : path;
    const std::string_view to = redirect.to;
    const std::size_t own_path = path_of(to);
    if (own_path == std::string_view::npos) {  // only scheme and host
        out += to;
        out += path;
    } else if (rule.kind != PathRule::Kind::prefix) {  // there is nothing below the path
        out += to;
    } else {
        out += to.substr(0, own_path);
        PrefixMap prefix;
        prefix.seen = rule.path.empty() ? "" : written_path(rule.path);
        prefix.backend = to.substr(own_path);
        if (prefix.backend.ends_with('/')) {
            prefix.backend.pop_back();
        }
        map_path(prefix, path, out);
    }
    out += query;
}

void write_https_redirect(const HttpsRedirect& redirect, std::string_view host, std::string_view path,
                          std::string_view query, std::string& out) {
    out += "https://";
    out += host;
    if (redirect.public_port != 0 && redirect.public_port != 443) {
        out += ':';
        out += std::to_string(redirect.public_port);
    }
    out += path == "*" ? "/" : path;
    out += query;
}

std::string hsts_value(const Hsts& hsts) {
    return "max-age=" + std::to_string(hsts.max_age.count()) + (hsts.include_subdomains ? "; includeSubDomains" : "") +
           (hsts.preload ? "; preload" : "");
}

}  // namespace ferrotunnel::http
