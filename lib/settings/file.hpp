// The content of a configuration file, mapped to the builders' settings. docs/configuration.md lists the keys;
// tests/unit/settings/config_keys_test.cpp checks that both agree.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/expand.hpp"
#include "config/node.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/http.hpp"
#include "ferrotunnel/log.hpp"
#include "ferrotunnel/tcp.hpp"
#include "ferrotunnel/tls.hpp"
#include "ferrotunnel/udp.hpp"
#include "settings/setting.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

/// The values of a section for the program around the engine.
struct ProgramValues {
    std::optional<std::chrono::milliseconds> drain;
    std::string endpoint_file;
    bool has_token = false;  // the key is present, with a valid or invalid value

    friend bool operator==(const ProgramValues&, const ProgramValues&) = default;
};

inline constexpr Setting<ProgramValues> program_settings[] = {
    {{.key = "drain",
      .form = Form::time,
      .option = "drain",
      .operand = "TIME",
      .topic = running_topic,
      .brief = "Time for visitors to finish (default: server 30s, client 10s)",
      .help = "How long connected visitors may take to finish after Ctrl-C or SIGTERM.",
      .default_text = "30s for a server, 10s for a client",
      .is_live = true},
     &ProgramValues::drain},
    {{.key = "endpoint_file",
      .form = Form::path,
      .option = "endpoint-file",
      .operand = "PATH",
      .topic = running_topic,
      .help = "File that tells other programs the addresses in use, as lines `control HOST:PORT` and `service NAME "
              "HOST:PORT`. It is replaced as a whole when something changes."},
     &ProgramValues::endpoint_file},
};

struct ServerPart : ProgramValues {
    ServerValues settings;

    friend bool operator==(const ServerPart&, const ServerPart&) = default;
};

struct ClientPart : ProgramValues {
    ClientValues settings;
    std::vector<Tcp> services;  // checked, and with their names
    std::vector<Http> http_services;
    std::vector<Tls> tls_services;
    std::vector<Udp> udp_services;

    friend bool operator==(const ClientPart&, const ClientPart&) = default;
};

struct LogPart {
    std::optional<LogLevel> level;
    std::optional<LogFormat> format;

    friend bool operator==(const LogPart&, const LogPart&) = default;
};

/// The values of a file. Settings that the file does not mention have their defaults.
struct ConfigValues {
    std::optional<ServerPart> server;
    std::optional<ClientPart> client;
    std::optional<LogPart> log;

    friend bool operator==(const ConfigValues&, const ConfigValues&) = default;
};

using Origins = std::map<std::string, Origin, std::less<>>;

/// One of the files of a configuration.
struct ConfigText {
    std::string name;  // its name in problems; relative paths are relative to its folder
    std::string text;
    bool others_can_read = false;
};

struct ConfigFile {
    std::string name;
    ConfigValues values;
    Origins server_origins;
    Origins client_origins;
    std::vector<Problem> problems;
    std::vector<Problem> warnings;
    std::vector<std::string> names;                      // of the files, indexed by Place::file
    std::vector<std::string> files;                      // read or looked for; a folder ends with a slash
    std::vector<std::string> token_files;                // of the server's strong tokens
    std::set<config::Place> secrets;                     // of texts that are secrets themselves
    std::map<std::string, config::Place> plugin_places;  // of services' plugins, by key_of(): the first of equal ones
    std::shared_ptr<const config::Node> document;        // the whole configuration, as written
    std::set<std::string> keys;                          // all keys that were looked up: "client.services[].tcp"
};

struct ConfigSource {
    std::string_view text;
    std::string name;  // the file's name in problems; relative paths are relative to its folder
    bool others_can_read = false;
    config::Environment environment;
    /// Reads the files that this one includes. Empty: `include` is not supported.
    std::function<Result<ConfigText, std::string>(const std::string& path)> read_file{};
};

/// Reads a file. Never fails: problems are in `problems`, and invalid values are left out.
ConfigFile read_config(const ConfigSource& source);

/// The keys of a file as a whole.
std::span<const SettingFacts> root_keys() noexcept;

}  // namespace ferrotunnel::detail
