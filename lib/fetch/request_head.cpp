#include "fetch/request_head.hpp"

#include "ferrotunnel/version.hpp"

namespace ferrotunnel::fetch {

std::string head_of(const Request& request, bool may_last) {
    std::string head = request.method + " " + request.path + " HTTP/1.1\r\nHost: " + request.to.authority +
                       "\r\nUser-Agent: ferrotunnel/" + std::string(version_string) + "\r\n";
    for (const auto& [name, value] : request.fields) {
        head.append(name).append(": ").append(value).append("\r\n");
    }
    if (request.has_body || !request.body.empty()) {
        head.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
    }
    return head + (may_last ? "\r\n" : "Connection: close\r\n\r\n");
}

}  // namespace ferrotunnel::fetch
