// Config: reads configuration files, and makes builders from them.
#include "ferrotunnel/config.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "api/builder_access.hpp"
#include "api/protected_endpoint_warnings.hpp"
#include "base/limits.hpp"
#include "plugin/client_plugins.hpp"
#include "runtime/socket.hpp"
#include "settings/dashboard.hpp"
#include "settings/effective.hpp"
#include "settings/file.hpp"
#include "settings/json_schema.hpp"
#include "settings/plugins.hpp"
#include "settings/service_plugins.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel {
namespace {

std::optional<std::string> variable(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

struct FileText {
    std::string text;
    bool others_can_read = false;
    std::string error;
};

// Reads one byte more than is allowed, to detect files that are too large. A FIFO or a device is read like a file.
FileText read_file(const std::string& path) {
    FileText file;
    const runtime::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0) {
        file.error = std::generic_category().message(errno);
        return file;
    }
    file.others_can_read = (status.st_mode & (S_IRGRP | S_IROTH)) != 0;
    std::array<char, 16'384> piece{};
    while (file.text.size() <= limits::config_file_bytes_max) {
        const ssize_t n = ::read(fd.get(), piece.data(), piece.size());
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            file.error = std::generic_category().message(errno);
        }
        if (n <= 0) {
            break;
        }
        file.text.append(piece.data(), static_cast<std::size_t>(n));
    }
    return file;
}

Config made_of(detail::ConfigFile file) {
    return Config(std::make_unique<detail::ConfigFile>(std::move(file)));
}

Config checked(Config config, std::vector<Problem>& problems) {
    const std::vector<Problem>& found = config.contents().problems;
    problems.insert(problems.end(), found.begin(), found.end());
    return config;
}

Config thrown_if_wrong(Config config) {
    if (!config.contents().problems.empty()) {
        throw config_error(config.contents().problems);
    }
    return config;
}

// Reads an included file. Pipes and devices are rejected, since their length is unknown.
Result<detail::ConfigText, std::string> read_included(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
        return std::string("it is not a regular file");
    }
    FileText read = read_file(path);
    if (!read.error.empty()) {
        return std::move(read.error);
    }
    return detail::ConfigText{path, std::move(read.text), read.others_can_read};
}

Config load_all(const std::string& file) {
    FileText read = read_file(file);
    if (!read.error.empty()) {
        detail::ConfigFile nothing;
        nothing.name = file;
        nothing.files.push_back(file);
        nothing.problems.push_back({"", "cannot read this file: " + read.error, file, 0, 0});
        return made_of(std::move(nothing));
    }
    return made_of(detail::read_config({read.text, file, read.others_can_read, variable, read_included}));
}

Config parse_all(std::string_view text, const std::string& file) {
    return made_of(detail::read_config({text, file, false, variable, read_included}));
}

bool is_about(const Problem& problem, std::string_view section) {
    return problem.key.starts_with(section) &&
           (problem.key.size() == section.size() || problem.key[section.size()] == '.');
}

// `other`: the section that another process runs, perhaps on another machine, where its files are.
template <typename Settings>
void attach(Settings& settings, const detail::ConfigFile& file, const detail::Origins& origins,
            std::string_view other) {
    settings.origins = origins;
    for (const Problem& problem : file.problems) {
        if (!is_about(problem, other)) {
            settings.file_problems.push_back(problem);
        }
    }
    if (file.values.log) {
        settings.log_sink = stderr_log(file.values.log->format.value_or(LogFormat::text));
        settings.log_level = file.values.log->level.value_or(LogLevel::warn);
    }
}

std::optional<std::string> if_set(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

// Members that applications may still read, until 0.3.
void set_old_names(Config::Section& section) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    section.tls_off = !section.tls;
#pragma GCC diagnostic pop
}

template <typename Part>
void fill(Config::Section& section, const Part& part) {
    section.control = if_set(part.settings.control);
    section.timing = part.settings.timing;
    section.tls = part.settings.tls;
    set_old_names(section);
    section.drain = part.drain;
    section.endpoint_file = part.endpoint_file;
    section.has_token = part.has_token;
    section.exposed_dashboard_file = detail::exposed_dashboard_file(part.settings);
}

void add_exposed(const Secret& token, Config::Section& section) {
    if (token.exposed()) {
        section.exposed_token_files.push_back(token.exposed_file());
    }
}

}  // namespace

Config::Config(std::unique_ptr<detail::ConfigFile> file) noexcept : file_(std::move(file)) {}
Config::Config(Config&&) noexcept = default;
Config& Config::operator=(Config&&) noexcept = default;
Config::~Config() = default;

Config Config::load(const std::string& file) {
    return thrown_if_wrong(load_all(file));
}

Config Config::try_load(const std::string& file, std::vector<Problem>& problems) {
    return checked(load_all(file), problems);
}

Config Config::parse(std::string_view text, const std::string& file) {
    return thrown_if_wrong(parse_all(text, file));
}

Config Config::try_parse(std::string_view text, const std::string& file, std::vector<Problem>& problems) {
    return checked(parse_all(text, file), problems);
}

std::string Config::json_schema() {
    return detail::json_schema();
}

bool Config::has_client() const noexcept {
    return file_->values.client.has_value();
}

bool Config::has_server() const noexcept {
    return file_->values.server.has_value();
}

Client::Builder Config::client() const {
    Client::Builder builder;
    detail::ClientSettings& settings = detail::BuilderAccess::settings_of(builder);
    if (const auto& part = file_->values.client) {
        static_cast<detail::ClientValues&>(settings) = part->settings;
    }
    attach(settings, *file_, file_->client_origins, "server");
    return builder;
}

Server::Builder Config::server() const {
    Server::Builder builder;
    detail::ServerSettings& settings = detail::BuilderAccess::settings_of(builder);
    if (const auto& part = file_->values.server) {
        static_cast<detail::ServerValues&>(settings) = part->settings;
    }
    attach(settings, *file_, file_->server_origins, "client");
    return builder;
}

std::vector<Service> Config::offer(Client& client) const {
    std::vector<Service> services;
    if (const auto& part = file_->values.client) {
        for (const Tcp& tcp : part->services) {
            services.push_back(client.add(tcp));
        }
        for (const Http& http : part->http_services) {
            services.push_back(client.add(http));
        }
        for (const Tls& tls : part->tls_services) {
            services.push_back(client.add(tls));
        }
        for (const Udp& udp : part->udp_services) {
            services.push_back(client.add(udp));
        }
    }
    return services;
}

const std::string& Config::file() const noexcept {
    return file_->name;
}

const std::vector<std::string>& Config::files() const noexcept {
    return file_->files;
}

Config::ClientSection Config::client_section() const {
    ClientSection section;
    const detail::ClientPart part = file_->values.client.value_or(detail::ClientPart());
    fill(section, part);
    add_exposed(part.settings.token, section);
    section.servers = detail::listed_servers(part.settings.servers);
    section.server = section.servers.empty() ? std::string() : section.servers.front();
    section.name = part.settings.name;
    section.connections =
        static_cast<unsigned>(part.settings.connections.value_or(Client::Builder::connections_default));
    section.attempts = static_cast<unsigned>(part.settings.attempts);
    section.retry_refused = part.settings.retry_refused;
    section.identity = part.settings.identity;
    section.linger = part.settings.linger;
    section.services = part.services;
    section.http_services = part.http_services;
    section.udp_services = part.udp_services;
    section.tls_services = part.tls_services;
    section.visits = part.settings.visits;
    return section;
}

Config::ServerSection Config::server_section() const {
    ServerSection section;
    const detail::ServerPart part = file_->values.server.value_or(detail::ServerPart());
    fill(section, part);
    for (const detail::NamedToken& token : part.settings.tokens) {
        add_exposed(token.secret, section);
        add_exposed(token.also, section);
        section.has_strong_token = section.has_strong_token || token.secret.is_strong();
    }
    std::vector<Problem> ignored;  // reported by the check
    section.looks_up_tokens = detail::any_looks_up_tokens(detail::prepare_plugins(part.settings.plugins, ignored));
    section.bind = part.settings.bind;
    section.tcp_bind = part.settings.tcp_bind;
    section.public_host = part.settings.public_host;
    section.allow_ports = part.settings.allow_ports.value_or("");
    section.http_bind = if_set(part.settings.http_bind);
    section.https_bind = if_set(part.settings.https_bind);
    section.https = part.settings.https;
    if (part.settings.has_acme) {
        section.acme = part.settings.acme;
    }
    if (part.settings.has_cluster) {
        section.cluster = part.settings.cluster;
    }
    section.proxy_protocol_from = part.settings.proxies;
    section.domain = part.settings.domain;
    section.http = part.settings.http;
    section.state_dir = part.settings.state_dir;
    section.tokens = part.settings.tokens.size();
    section.token_files = file_->token_files;
    for (const detail::PluginSpec& plugin : part.settings.plugins) {
        section.plugins.push_back(plugin.use);
    }
    section.plugin_limits = part.settings.plugin_limits;
    section.traces = part.settings.traces;
    return section;
}

std::optional<LogLevel> Config::log_level() const {
    return file_->values.log ? file_->values.log->level : std::nullopt;
}

std::optional<LogFormat> Config::log_format() const {
    return file_->values.log ? file_->values.log->format : std::nullopt;
}

std::string Config::effective() const {
    return detail::effective_text(*file_);
}

std::vector<ConfigChange> Config::changes_since(const Config& before) const {
    return detail::changes_between(*before.file_, *file_);
}

std::vector<Problem> Config::warnings() const {
    std::vector<Problem> warnings = file_->warnings;
    for (Problem& warning : detail::protected_endpoint_warnings(*file_)) {
        warnings.push_back(std::move(warning));
    }
    return warnings;
}

std::vector<Problem> Config::service_plugin_problems() const {
    std::vector<Problem> problems;
    const auto look_at = [&](const auto& services) {
        for (const auto& service : services) {
            for (const ServicePlugin& each : service.plugins) {
                if (std::string fault = plugin::fault_of_requested(each.type, each.settings); !fault.empty()) {
                    const auto found = file_->plugin_places.find(detail::key_of(each));
                    const config::Place place = found == file_->plugin_places.end() ? config::Place{} : found->second;
                    problems.push_back({"client.services", "the service " + service.name + ": " + std::move(fault),
                                        place.file < file_->names.size() ? file_->names[place.file] : file_->name,
                                        place.line, place.column});
                }
            }
        }
    };
    if (const auto& part = file_->values.client) {
        look_at(part->services);
        look_at(part->http_services);
        look_at(part->tls_services);
        look_at(part->udp_services);
    }
    return problems;
}

bool operator==(const Config& a, const Config& b) {
    return a.file_->values == b.file_->values;
}

}  // namespace ferrotunnel
