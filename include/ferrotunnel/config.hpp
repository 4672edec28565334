// Configuration files: what the builders and `ferrotunnel run` take from a YAML file. docs/configuration.md has every
// key.
//
//    auto config = ferrotunnel::Config::load("/etc/my-program/ferrotunnel.yml");  // throws config_error: all problems
//    auto client = config.client().on_event(handler).build();
//    std::vector<ferrotunnel::Service> services = config.offer(client);
//    client.start();
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/client.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/export.hpp"
#include "ferrotunnel/http.hpp"
#include "ferrotunnel/http_settings.hpp"
#include "ferrotunnel/https.hpp"
#include "ferrotunnel/log.hpp"
#include "ferrotunnel/server.hpp"
#include "ferrotunnel/service.hpp"
#include "ferrotunnel/tcp.hpp"
#include "ferrotunnel/timing.hpp"
#include "ferrotunnel/tls.hpp"

namespace ferrotunnel {

namespace detail {
struct ConfigFile;
}

/// What a configuration file says: a value that can be moved and compared. Distinct objects may be used from different
/// threads, one object from several as long as nobody assigns to it.
class FERROTUNNEL_EXPORT Config {
public:
    /// Throws config_error with everything that is wrong in the file, sorted by place; each problem has `file`, `line`
    /// and `column`. What only the whole can tell (no token at all, a weak one for a server beyond this machine) is for
    /// build() to say, since the application may still add it; its problems have the place in the file as well.
    static Config load(const std::string& file);
    /// The same without throwing: problems are appended, and what was wrong is left out of the Config. Its builders
    /// refuse to build while there are any that are not of the other section, and their check() tells these too.
    static Config try_load(const std::string& file, std::vector<Problem>& problems);
    /// The same for a text that the application has already; `file` is what problems call it, and relative paths in it
    /// are relative to its folder.
    static Config parse(std::string_view text, const std::string& file);
    static Config try_parse(std::string_view text, const std::string& file, std::vector<Problem>& problems);

    Config(Config&&) noexcept;
    Config& operator=(Config&&) noexcept;
    ~Config();

    bool has_client() const noexcept;
    bool has_server() const noexcept;

    /// Builders with what the section says, or with the defaults where there is none. A call on the builder overrides
    /// the file. They log to the standard error stream if the file has `log`, until log() says something else.
    Client::Builder client() const;
    Server::Builder server() const;

    /// Adds the services of the client section, in the order of the file: first TCP, then HTTP, then TLS.
    std::vector<Service> offer(Client& client) const;

    /// What the sections say, for programs that show it or have options of their own for it.
    struct Section {
        Timing timing;
        bool tls_off = false;
        std::optional<std::chrono::milliseconds> drain;  ///< for stop(); nothing: the file does not say
        std::string endpoint_file;                       ///< where to write what is reachable; empty: nowhere
        bool has_token = false;                          ///< the key is there; whether it is right, build() says
        /// Files of tokens that other users of this machine can read, which start() warns about.
        std::vector<std::string> exposed_token_files;
    };
    struct ClientSection : Section {
        std::string server;
        std::string name;  ///< of the client; empty: none
        unsigned connections = Client::Builder::connections_default;
        unsigned attempts = 0;            ///< 0: never gives up
        std::vector<Tcp> services;        ///< with their names
        std::vector<Http> http_services;  ///< the same
        std::vector<Tls> tls_services;    ///< the same
    };
    struct ServerSection : Section {
        std::string bind;
        std::string tcp_bind = Server::Builder::tcp_bind_default;
        std::string public_host;
        std::string allow_ports;                ///< empty: the default
        std::optional<std::string> http_bind;   ///< "off", an address; nothing: the file does not say
        std::optional<std::string> https_bind;  ///< the same
        Https https;
        std::vector<std::string> proxy_protocol_from;
        std::string domain;
        HttpServerSettings http;
        std::string state_dir;
        std::size_t tokens = 0;  ///< how many
    };
    /// What the file was loaded from, as the caller called it.
    const std::string& file() const noexcept;
    ClientSection client_section() const;
    ServerSection server_section() const;
    std::optional<LogLevel> log_level() const;
    std::optional<LogFormat> log_format() const;

    /// What is not wrong but not safe either: a token in the file itself. Never contains a secret.
    std::vector<Problem> warnings() const;

    /// Two files mean the same: order, comments, quotes, and where the secrets come from do not matter.
    friend FERROTUNNEL_EXPORT bool operator==(const Config& a, const Config& b);

    /// For the library.
    explicit Config(std::unique_ptr<detail::ConfigFile> file) noexcept;
    const detail::ConfigFile& contents() const noexcept { return *file_; }

private:
    std::unique_ptr<detail::ConfigFile> file_;
};

}  // namespace ferrotunnel
