#include "tcp_spec.hpp"

#include <fmt/format.h>

#include <charconv>

namespace ferrotunnel::cli {
namespace {

constexpr std::string_view this_machine = "127.0.0.1";

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    const bool whole = !text.empty() && error == std::errc{} && end == text.data() + text.size();
    return whole ? std::optional(port) : std::nullopt;
}

bool is_bracketed(std::string_view host) {
    return host.size() > 2 && host.front() == '[' && host.back() == ']';
}

}  // namespace

std::optional<std::string> parse_backend(std::string_view text, std::string& error) {
    if (text.starts_with("unix:") || text.find("://") != std::string_view::npos) {
        return std::string(text);  // for the library to judge: it depends on the service
    }
    const std::size_t colon = text.rfind(':');
    const std::string_view host = colon == std::string_view::npos ? "" : text.substr(0, colon);
    const std::string_view port_text = colon == std::string_view::npos ? text : text.substr(colon + 1);
    const std::optional<std::uint16_t> port = parse_port(port_text);
    if (!port || *port == 0) {
        error = fmt::format("\"{}\" is no address; expected a port (22) or host:port (db.internal:5432)", text);
        return std::nullopt;
    }
    if (host.find(':') != std::string_view::npos && !is_bracketed(host)) {
        error = fmt::format("\"{}\" is no address; an IPv6 address needs brackets, like [::1]:22", text);
        return std::nullopt;
    }
    return fmt::format("{}:{}", host.empty() ? this_machine : host, *port);
}

std::optional<std::uint16_t> parse_remote_port(std::string_view text, std::string& error) {
    const std::optional<std::uint16_t> port = parse_port(text);
    if (!port) {
        error =
            fmt::format("\"{}\" is no public port; expected 1 to 65535, or 0 for one that the server chooses", text);
    }
    return port;
}

std::optional<Tcp> parse_tcp_spec(std::string_view text, std::string& error) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) {
        error = "expected PORT=ADDRESS: the public port and what is behind it, like 2222=22 or 8080=127.0.0.1:80";
        return std::nullopt;
    }
    const bool is_private = text.substr(0, equals) == "private";
    const auto remote_port =
        is_private ? std::optional<std::uint16_t>(0) : parse_remote_port(text.substr(0, equals), error);
    if (!remote_port) {
        return std::nullopt;
    }
    const std::optional<std::string> local = parse_backend(text.substr(equals + 1), error);
    if (!local) {
        return std::nullopt;
    }
    Tcp tcp(*remote_port, *local);
    tcp.is_private = is_private;
    return tcp;
}

}  // namespace ferrotunnel::cli
