#include "tcp_spec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "ferrotunnel/error.hpp"

namespace ferrotunnel::cli {
namespace {

constexpr std::string_view this_machine = "localhost";  // by either of its loopback addresses

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    const bool whole = !text.empty() && error == std::errc{} && end == text.data() + text.size();
    return whole ? std::optional(port) : std::nullopt;
}

bool is_bracketed(std::string_view host) {
    return host.size() > 2 && host.front() == '[' && host.back() == ']';
}

bool is_range(std::string_view text) {
    const std::size_t dash = text.find('-');
    return dash != std::string_view::npos && parse_port(text.substr(0, dash)) && parse_port(text.substr(dash + 1));
}

// Whether either is a range of ports: then both must be.
bool has_range(std::string_view port, std::string_view address) {
    return is_range(port) || is_range(address.substr(address.rfind(':') + 1));
}

// The part before "=": a port or a range, perhaps with a listen address on the server.
struct PublicPart {
    std::string bind;
    std::string_view port;
};

PublicPart public_part(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    return colon == std::string_view::npos ? PublicPart{{}, text}
                                           : PublicPart{std::string(text.substr(0, colon)), text.substr(colon + 1)};
}

template <typename Service>
std::vector<Service> with_bind(std::vector<Service> services, const std::string& bind) {
    for (Service& service : services) {
        service.bind = bind;
    }
    return services;
}

template <typename Service>
std::vector<Service> range_of(std::string_view ports, std::string_view address, std::string& error) {
    std::vector<Service> services;
    try {
        services = Service::range(ports, address);
    } catch (const config_error& wrong) {
        error = wrong.problems().front().text;
    }
    for (Service& service : services) {
        auto local = parse_backend(service.local, error);
        if (!local) {
            return {};
        }
        service.local = std::move(*local);
    }
    return services;
}

template <typename Service>
std::vector<Service> private_of(std::string_view text, const char* like, std::string& error) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0) {
        error = fmt::format("expected NAME=ADDRESS: its name for visitors and its backend, like {}", like);
        return {};
    }
    const std::optional<std::string> local = parse_backend(text.substr(equals + 1), error);
    return local ? std::vector<Service>{Service::private_service(std::string(text.substr(0, equals)), *local)}
                 : std::vector<Service>{};
}

// As the library names a service after its backend: there, this machine is 127.0.0.1.
std::string named(std::string_view local) {
    const bool is_here = local.starts_with(this_machine) && local.substr(this_machine.size()).starts_with(':');
    std::string name = is_here ? fmt::format("127.0.0.1{}", local.substr(this_machine.size())) : std::string(local);
    std::replace(name.begin(), name.end(), '%', '-');  // before a zone
    return name;
}

}  // namespace

std::optional<std::string> parse_backend(std::string_view text, std::string& error) {
    if (text.starts_with("unix:") || text.starts_with("files:") || text.find("://") != std::string_view::npos) {
        return std::string(text);  // the library checks it: it depends on the service
    }
    const std::size_t colon = text.rfind(':');
    const std::string_view host = colon == std::string_view::npos ? "" : text.substr(0, colon);
    const std::string_view port_text = colon == std::string_view::npos ? text : text.substr(colon + 1);
    const std::optional<std::uint16_t> port = parse_port(port_text);
    if (!port || *port == 0) {
        error =
            fmt::format("\"{}\" is not a valid address; expected a port (22) or host:port (db.internal:5432)", text);
        return std::nullopt;
    }
    if (host.find(':') != std::string_view::npos && !is_bracketed(host)) {
        error = fmt::format("\"{}\" is not a valid address; an IPv6 address needs brackets, like [::1]:22", text);
        return std::nullopt;
    }
    return fmt::format("{}:{}", host.empty() ? this_machine : host, *port);
}

std::optional<std::uint16_t> parse_remote_port(std::string_view text, std::string& error) {
    const std::optional<std::uint16_t> port = parse_port(text);
    if (!port) {
        error = fmt::format(
            "\"{}\" is not a valid public port; expected 1 to 65535, or 0 for one that the server chooses", text);
    }
    return port;
}

std::vector<Tcp> parse_tcp_spec(std::string_view text, std::string& error) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) {
        error = "expected PORT=ADDRESS: the public port and the backend, like 2222=22 or 8080=127.0.0.1:80";
        return {};
    }
    const auto [bind, port] = public_part(text.substr(0, equals));
    const std::string_view address = text.substr(equals + 1);
    if (has_range(port, address)) {
        return with_bind(range_of<Tcp>(port, address, error), bind);
    }
    const bool is_private = port == "private";
    const auto remote_port = is_private ? std::optional<std::uint16_t>(0) : parse_remote_port(port, error);
    const auto local = remote_port ? parse_backend(address, error) : std::nullopt;
    if (!local) {
        return {};
    }
    Tcp tcp(*remote_port, *local);
    tcp.is_private = is_private;
    return with_bind(std::vector<Tcp>{tcp}, bind);
}

std::vector<Tcp> parse_tcp_udp_spec(std::string_view text, std::vector<Udp>& udp, std::string& error) {
    std::vector<Tcp> all = parse_tcp_spec(text, error);
    if (!all.empty() && all.front().is_private) {
        error = "a private service has no port that TCP and UDP could share";
        return {};
    }
    for (Tcp& tcp : all) {
        tcp.name = tcp.remote_port != 0 ? fmt::format("tcp:{}", tcp.remote_port) : named(tcp.local);
        Udp& twin = udp.emplace_back(tcp.remote_port, tcp.local);
        twin.bind = tcp.bind;
        twin.with_tcp = tcp.name;
    }
    return all;
}

std::vector<Tcp> parse_private_spec(std::string_view text, std::string& error) {
    return private_of<Tcp>(text, "db=5432", error);
}

std::vector<Udp> parse_private_udp_spec(std::string_view text, std::string& error) {
    return private_of<Udp>(text, "dns=53", error);
}

std::vector<Udp> parse_udp_spec(std::string_view text, std::string& error) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) {
        error = "expected PORT=ADDRESS: the public UDP port and the backend, like 53=53 or 5353=127.0.0.1:53";
        return {};
    }
    const auto [bind, port] = public_part(text.substr(0, equals));
    const std::string_view address = text.substr(equals + 1);
    if (has_range(port, address)) {
        return with_bind(range_of<Udp>(port, address, error), bind);
    }
    const auto remote_port = parse_remote_port(port, error);
    const auto local = remote_port ? parse_backend(address, error) : std::nullopt;
    return local ? with_bind(std::vector<Udp>{Udp(*remote_port, *local)}, bind) : std::vector<Udp>{};
}

}  // namespace ferrotunnel::cli
