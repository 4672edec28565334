// Configuration files in YAML, for the builders and `ferrotunnel run`. docs/configuration.md has every key.
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

#include "ferrotunnel/acme.hpp"
#include "ferrotunnel/client.hpp"
#include "ferrotunnel/cluster.hpp"
#include "ferrotunnel/config_change.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/export.hpp"
#include "ferrotunnel/http.hpp"
#include "ferrotunnel/http_settings.hpp"
#include "ferrotunnel/https.hpp"
#include "ferrotunnel/log.hpp"
#include "ferrotunnel/plugin_limits.hpp"
#include "ferrotunnel/plugin_use.hpp"
#include "ferrotunnel/server.hpp"
#include "ferrotunnel/service.hpp"
#include "ferrotunnel/tcp.hpp"
#include "ferrotunnel/timing.hpp"
#include "ferrotunnel/tls.hpp"
#include "ferrotunnel/traces.hpp"

namespace ferrotunnel {

namespace detail {
struct ConfigFile;
}

/// The content of a configuration file: a value that can be moved and compared. Distinct objects may be used from
/// different threads; one object may be used from several threads as long as none of them assigns to it.
class FERROTUNNEL_EXPORT Config {
public:
    /// Reads a file. Throws config_error with everything that is wrong in it, sorted by place; each problem has `file`,
    /// `line` and `column`. Checks that need all settings (no token at all, a weak one for a server reachable from
    /// other machines) are left to build(), since the application may still add a setting; the problems of build() have
    /// their place in the file as well.
    static Config load(const std::string& file);
    /// Like load(), but does not throw: problems are appended, and invalid values are left out of the Config. A builder
    /// of this Config refuses to build while there are problems outside the other side's section (client or server),
    /// and its check() returns these too.
    static Config try_load(const std::string& file, std::vector<Problem>& problems);
    /// Like load() and try_load(), for a text that the application has already. Problems name the text `file`, and
    /// relative paths in the text are relative to the folder of `file`.
    static Config parse(std::string_view text, const std::string& file);
    static Config try_parse(std::string_view text, const std::string& file, std::vector<Problem>& problems);

    Config(Config&&) noexcept;
    Config& operator=(Config&&) noexcept;
    ~Config();

    /// The JSON Schema of such files (draft 7), for editors: their keys and values. `ferrotunnel schema` prints it.
    static std::string json_schema();

    bool has_client() const noexcept;
    bool has_server() const noexcept;

    /// Return a builder with the settings of the side's section, or with the defaults if the file has no such section.
    /// A call on the builder overrides the file. It logs to the standard error stream if the file has `log`, unless
    /// log() is called.
    Client::Builder client() const;
    Server::Builder server() const;

    /// Adds the services of the client section to `client`: first TCP, then HTTP, TLS and UDP, each in the order of the
    /// file.
    std::vector<Service> offer(Client& client) const;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"  // in GCC, of its own constructors and assignments
    /// The settings that both sections have, for programs that show them or have options of their own for them.
    struct Section {
        Timing timing;
        bool tls = true;
        [[deprecated("use tls")]] bool tls_off = false;
        std::optional<std::chrono::milliseconds> drain;  ///< for stop(); empty if the file does not set it
        std::string endpoint_file;                       ///< file for the addresses in use; empty: none
        std::optional<std::string> control;              ///< as for Builder::control; empty if the file does not set it
        bool has_token = false;                          ///< the key is present; build() checks its value
        /// Token files that other users of this machine can read; start() warns about them.
        std::vector<std::string> exposed_token_files;
        /// The file of the dashboard's secret if other users can read it; start() warns about it too.
        std::string exposed_dashboard_file{};
    };
#pragma GCC diagnostic pop
    struct ClientSection : Section {
        std::string server;                ///< the first of `servers`
        std::vector<std::string> servers;  ///< as written
        std::string name;                  ///< the client's name; empty: none
        std::string identity;              ///< as for Builder::identity; empty if the file does not set it
        std::chrono::milliseconds linger{0};
        unsigned connections = Client::Builder::connections_default;
        unsigned attempts = 0;  ///< 0: never gives up
        /// As for Builder::retry_refused; empty if the file does not set it.
        std::optional<std::chrono::milliseconds> retry_refused;
        std::vector<Tcp> services;        ///< with their names
        std::vector<Http> http_services;  ///< likewise
        std::vector<Tls> tls_services;    ///< likewise
        std::vector<Udp> udp_services;    ///< likewise
        std::vector<Visit> visits;        ///< also set in client()
    };
    struct ServerSection : Section {
        std::string bind;
        std::string tcp_bind = Server::Builder::tcp_bind_default;
        std::string public_host;
        std::string allow_ports;                ///< empty: the default
        std::optional<std::string> http_bind;   ///< "off" or an address; empty if the file does not set it
        std::optional<std::string> https_bind;  ///< likewise
        Https https;
        std::optional<Acme> acme;
        std::optional<Cluster> cluster;
        std::vector<std::string> proxy_protocol_from;
        std::string domain;
        HttpServerSettings http;
        std::string state_dir;
        std::size_t tokens = 0;  ///< their number
        /// The files of those that a join string can contain: of tokens that `ferrotunnel token` made.
        std::vector<std::string> token_files;
        bool has_strong_token = false;  ///< whether one was made by `ferrotunnel token`, also if it is not in a file
        bool looks_up_tokens = false;   ///< whether a plugin of the chain does: no token is needed
        /// The chain, without the settings of its plugins: their types, and where and when they run.
        std::vector<PluginUse> plugins;
        PluginLimits plugin_limits;
        Traces traces;
    };
    /// The name of the file, as the caller gave it.
    const std::string& file() const noexcept;
    /// The files that were read: this one, those that it includes, and those of tokens. Folders that files may be
    /// included from end with a slash. Also contains files that are missing.
    const std::vector<std::string>& files() const noexcept;
    ClientSection client_section() const;
    ServerSection server_section() const;
    std::optional<LogLevel> log_level() const;
    std::optional<LogFormat> log_format() const;

    /// The whole configuration as one YAML text: all its files merged, with defaults added and secrets hidden.
    std::string effective() const;

    /// The differences of this configuration from `before`, in the order of the keys. Both are compared with their
    /// defaults, and with their secrets hidden. `needs_restart` is not set, since it depends on the running program.
    std::vector<ConfigChange> changes_since(const Config& before) const;

    /// Returns what is valid but not safe, such as a token in the file itself. The texts never contain a secret.
    std::vector<Problem> warnings() const;

    /// Returns the problems for which a server of this version would refuse the plugins that the client's services
    /// request. Loads the shipped plugins of these types if they are installed on this machine; others are not checked.
    std::vector<Problem> service_plugin_problems() const;

    /// True if both files have the same meaning: order, comments, quotes, and the source of secrets do not matter.
    friend FERROTUNNEL_EXPORT bool operator==(const Config& a, const Config& b);

    /// Only for the library.
    explicit Config(std::unique_ptr<detail::ConfigFile> file) noexcept;
    const detail::ConfigFile& contents() const noexcept {
        return *file_;
    }

private:
    std::unique_ptr<detail::ConfigFile> file_;
};

}  // namespace ferrotunnel
