#include "ssh_forward.hpp"

#include <utility>
#include <vector>

#include "command_line_parts.hpp"

namespace ferrotunnel::cli::importing::command_line {
namespace {

// Splits at colons outside of brackets, which are removed. Empty if a bracket is not closed.
std::vector<std::string> forward_fields(std::string_view text) {
    std::vector<std::string> fields(1);
    bool in_brackets = false;
    for (const char c : text) {
        if (c == '[' && fields.back().empty()) {
            in_brackets = true;
        } else if (c == ']' && in_brackets) {
            in_brackets = false;
        } else if (c == ':' && !in_brackets) {
            fields.emplace_back();
        } else {
            fields.back() += c;
        }
    }
    return in_brackets ? std::vector<std::string>() : fields;
}

bool is_path(const std::string& field) {
    return field.starts_with('/');
}

}  // namespace

std::optional<SshForward> parse_ssh_forward(std::string_view text) {
    const std::vector<std::string> fields = forward_fields(text);
    SshForward forward;
    std::size_t at = 0;
    if (fields.empty() || fields.size() > 4) {
        return std::nullopt;
    }
    if (is_path(fields[0])) {
        forward.listen_socket = fields[at++];
    } else {
        // A port alone, or one that a socket or a host with its port follows; otherwise an address is in front of it.
        const bool is_socket = is_path(fields.back());
        const std::size_t without_bind = fields.size() == 1 ? 1 : is_socket ? 2 : 3;
        if (fields.size() == without_bind + 1 || (fields.size() == 2 && !is_socket)) {
            forward.bind = fields[at++];
        }
        if (at >= fields.size() || !port_of(fields[at])) {
            return std::nullopt;
        }
        forward.port = fields[at++];
    }
    const std::size_t left = fields.size() - at;
    if (left == 1 && is_path(fields[at])) {
        forward.socket = fields[at];
    } else if (left == 2 && number_of(fields[at + 1], 1, 65535)) {
        forward.host = fields[at].empty() ? "localhost" : fields[at];
        forward.host_port = fields[at + 1];
    } else if (left != 0) {
        return std::nullopt;
    }
    return forward;
}

}  // namespace ferrotunnel::cli::importing::command_line
