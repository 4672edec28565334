#include "fetch/configured_url.hpp"

#include <algorithm>
#include <string>

#include "runtime/unix_path.hpp"

namespace ferrotunnel::fetch {

Result<UrlParts, std::string_view> read_configured_url(std::string_view text) {
    if (text.starts_with("http://unix:/") || text.starts_with("http+unix:")) {  // of nginx, of Python's requests
        return std::string_view(
            "is not a URL of a Unix socket; expected unix:/run/app.sock or unix:/run/app.sock:/path");
    }
    if (!text.starts_with(runtime::unix_prefix)) {
        return read_url(text);
    }
    text.remove_prefix(runtime::unix_prefix.size());
    const std::size_t end = std::min(text.find(":/"), text.size());
    const std::string_view socket = text.substr(0, end);
    if (const std::string_view fault = runtime::unix_path_fault(socket); !fault.empty()) {
        return fault;
    }
    if (socket.find_first_of("?#") != std::string_view::npos) {
        return std::string_view("has a query without a path; expected one like unix:/run/app.sock:/?key=value");
    }
    const std::string_view path = text.substr(std::min(end + 1, text.size()));
    auto parts = read_url("http://localhost" + std::string(path));
    if (parts) {
        parts->at = {};
        parts->socket = socket;
    }
    return parts;
}

}  // namespace ferrotunnel::fetch
