// The two sides of rathole's configuration, as their reader shares them between its files.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "draft.hpp"
#include "keys.hpp"
#include "mapping.hpp"

namespace ferrotunnel::cli::importing::rathole {

/// A token: a text, or the name of a file with it.
struct Credential {
    std::string value;
    std::string file;
    Origin origin;

    bool is_set() const { return !value.empty() || !file.empty(); }
    std::pair<std::string, std::string> key() const { return {value, file}; }
    bool is_same(const Credential& other) const { return value == other.value && file == other.file; }
};

/// `token` and `token_file`, or with another prefix.
Credential read_credential(Draft& draft, Keys& keys, std::string_view prefix = {});

/// An item of `[client.services]` or `[server.services]`.
struct Service {
    Keys keys;
    std::string type;  // tcp, udp or socket_stream
    Credential credential;
    std::optional<Address> place;  // of a public port
    bool is_offered = true;        // false: it could not be imported

    const std::string& name() const { return keys.key(); }
};

/// `[client]` or `[server]`.
struct Part {
    Keys keys;
    Side side;
    Credential credential;
    std::vector<Service> services;
    std::map<std::string, std::size_t, std::less<>> places{};  // of services, by their names

    const Service* find(std::string_view name) const;
    Service* find(std::string_view name);
};

/// Both sides; one may be missing.
struct Setup {
    std::optional<Part> client;
    std::optional<Part> server;
};

/// `transport`, heartbeats and waits of one side.
void read_connection(Draft& draft, Part& part);

/// `nodelay`, which is always on here.
void skip_no_delay(Draft& draft, Keys& keys);

/// The public ports of the server's file: `tcp_bind`, `allow_ports`, and `place` of its services.
void read_public_ports(Draft& draft, Part& server);

/// Writes the services of the client, joined with those of the server by their names.
void join_services(Draft& draft, Setup& setup);

/// Writes the tokens of logins and of services, after join_services.
void settle_credentials(Draft& draft, Setup& setup);

}  // namespace ferrotunnel::cli::importing::rathole
