// What the command lines of several tools have in common: addresses, headers, guards of visitors.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "command_line_options.hpp"
#include "draft.hpp"
#include "node.hpp"

namespace ferrotunnel::cli::importing::command_line {

/// The readers of single tools. `words` are those after the program's name. They throw SourceError.
Draft read_ngrok(std::span<const std::string> words);
Draft read_bore(std::span<const std::string> words);
Draft read_cloudflared(std::span<const std::string> words);
Draft read_ssh(std::span<const std::string> words, std::string_view program);
Draft read_frpc(std::span<const std::string> words);

/// The word that stands for a command, as an origin: `ngrok http: 3000`.
Origin origin_of(std::string_view command, std::string_view what);

/// A number from `min` to `max`, or empty.
std::optional<unsigned> number_of(std::string_view text, unsigned min, unsigned max);
inline std::optional<unsigned> port_of(std::string_view text) {
    return number_of(text, 0, 65535);
}

/// A backend as a value of `local`: "3000" and ":3000" are "localhost:3000", "http://localhost:3000/" keeps its scheme,
/// "file:///srv/www" is "files:/srv/www", "unix:///run/a.sock" is "unix:/run/a.sock". `default_port` is added where it
/// is missing, if it is not 0. Empty: not an address.
std::optional<std::string> backend_of(std::string_view text, unsigned default_port);

/// The parts of a URL or of a plain address.
struct Url {
    std::string scheme;  // in lower case; empty: none
    std::string host;    // without brackets and port
    std::string port;
    std::string path;  // with its slash; empty: none, or only "/"
};
Url parse_url(std::string_view text);

/// Splits "Name: value"; the value is empty without a colon.
std::pair<std::string, std::string> header_of(std::string_view text);

/// Adds what options with a header do: `request_headers.add` and the like.
void add_headers(Draft& draft, Node& service, std::string_view list, const std::vector<Given>& headers);

/// Requires NAME:PASSWORD from visitors. The password also gets a file if a command of one line does the same, which
/// reads it by `--password-file`. Where it cannot be required, the service is off.
void add_passwords(Draft& draft, Node& service, const std::vector<Given>& passwords);

/// Accepts or rejects visitors by the networks in two options, with commas or repeated. One without a network is a
/// guard that is lost.
void add_networks(Node& service, Words& words, std::string_view allow, std::string_view deny);

/// Turns a service off if an option that restricted its visitors has no equivalent.
void close_unguarded(Draft& draft, Node& service, const Words& words);

/// Sets the level of the client's log from one of another tool.
void set_log_level(Draft& draft, Words& words, std::string_view option);

/// The time that an option has; one that duration_of does not understand is lost.
std::optional<std::chrono::milliseconds> time_of(Words& words, std::string_view option);

/// Sets `proxy_protocol` from 1 or 2; 0 is off, and other versions are lost.
void set_proxy_protocol(Node& service, Words& words, std::string_view option);

/// Sets a time.
void set_time(Node& node, std::string_view path, Words& words, std::string_view option);

}  // namespace ferrotunnel::cli::importing::command_line
