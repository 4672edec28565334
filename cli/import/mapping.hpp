// Conversions that the readers of several tools need: addresses, names, times, guards of services.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "draft.hpp"
#include "keys.hpp"

namespace ferrotunnel::cli::importing {

struct Address {
    std::string host;  // without brackets
    std::string port;

    bool operator==(const Address&) const = default;
};

inline constexpr long long port_max = 65'535;

/// The most seconds that a time of another tunnel may have: a day, as in our own files.
inline constexpr long long day_in_seconds = 86'400;

/// Splits `HOST:PORT` and `[::1]:PORT`, and `::1:PORT`, of which the last part is the port for programs that accept
/// it. Empty without a valid port (1 to 65535).
std::optional<Address> split_address(std::string_view text);

/// Whether the text is an IPv4 or IPv6 address, without brackets.
bool is_ip_address(const std::string& text);

/// Whether the text is an IPv6 address, perhaps with a zone: `fe80::1%eth0`.
bool is_ipv6_address(std::string_view text);

/// `[::1]` for an IPv6 address without brackets; other texts are unchanged.
std::string in_brackets(std::string_view host);

/// `[::1]:80` for an IPv6 address, else `HOST:PORT`.
std::string with_port(std::string_view host, std::string_view port);

/// `HOST:PORT` with the brackets of an IPv6 address; empty if split_address finds no port.
std::optional<std::string> address_of(std::string_view text);

/// The name with `-` in place of characters that names of services and tokens cannot have.
std::string valid_name(std::string_view name);

/// A time as Go writes it: `30s`, `1m30s`, `1.5h`, `500ms`; a number is in seconds.
std::optional<std::chrono::milliseconds> duration_of(std::string_view text);
std::string text_of(std::chrono::milliseconds time);

/// The time at this path; one that duration_of does not understand is lost.
std::optional<std::chrono::milliseconds> time_at(Draft& draft, Keys& keys, std::string_view path);

/// Names a server and a file with its token, for tools whose server is a company's network: the user replaces both.
/// Also says how to start a server.
void add_login_to_fill_in(Draft& draft, const Origin& origin);

/// What is said of an HTTP service that visitors of ngrok could reach by https:// only, if it is not redirected.
inline constexpr std::string_view https_only =
    "ngrok served it by https:// alone; here http:// works too, unless the service has `https_redirect: on` and the "
    "server certificates";

/// Turns a service off, because what restricted its visitors was lost. `guard` is the key of the other tunnel.
void close_unguarded_service(Draft& draft, Node& service, const Origin& origin, std::string_view guard);

/// Turns a service off, because the value of a key could not be read. `what` is what has to be written instead.
void switch_off_service(Draft& draft, Node& service, const Origin& origin, std::string_view what);

/// Requires a user name and a password, given as `NAME:PASSWORD`, from the visitors of a service; only the hash of the
/// password is written. False, with a lost entry, if it cannot be hashed.
bool require_password(Draft& draft, Node& service, const Origin& origin, const std::string& key,
                      const std::string& credentials);

/// Networks in a list of a source.
struct Networks {
    std::vector<std::string> items;
    Origin origin;
};

/// Accepts or rejects the visitors of a service by their addresses.
void filter_addresses(Node& service, const Networks& allow, const Networks& deny);

/// Adds `Name: value` to `request_headers.add` or the like. What another tool would fill in (`${...}`) is lost.
void add_header_rule(Draft& draft, Node& service, std::string_view list, const Origin& origin, const std::string& key,
                     std::string_view name, const std::string& value);

/// The parts of `Name: value`; the value is empty without a colon.
std::pair<std::string, std::string> split_header(std::string_view text);

/// Sets `client.proxy`. A URL with a password is not copied, since that key is not a file of its own.
void set_proxy(Draft& draft, Keys& keys, std::string_view key);

/// Marks everything in a map as read, and reports it as lost as a whole.
void lose_whole(Draft& draft, Keys& keys, std::string_view why, std::string_view instead = {});

/// Mentions a relative path, which is now relative to the folder of the new file.
void ask_about_relative_path(Draft& draft, const Origin& origin, std::string_view path);

/// The texts, separated by commas.
std::string joined(std::span<const std::string> texts);

}  // namespace ferrotunnel::cli::importing
