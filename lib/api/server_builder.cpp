#include <utility>

#include "api/https_certificates.hpp"
#include "api/make_facade.hpp"
#include "api/tls_settings.hpp"
#include "ferrotunnel/server.hpp"
#include "settings/http.hpp"
#include "settings/https.hpp"
#include "settings/origin.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel {

Server::Builder Server::builder() {
    return {};
}

Server::Builder::Builder() : settings_(std::make_unique<detail::ServerSettings>()) {}
Server::Builder::Builder(Builder&&) noexcept = default;
Server::Builder& Server::Builder::operator=(Builder&&) noexcept = default;
Server::Builder::~Builder() = default;

Server::Builder& Server::Builder::bind(std::string address) {
    settings_->origins.erase("bind");
    settings_->bind = std::move(address);
    return *this;
}

Server::Builder& Server::Builder::tcp_bind(std::string address) {
    settings_->origins.erase("tcp_bind");
    settings_->tcp_bind = std::move(address);
    return *this;
}

Server::Builder& Server::Builder::public_host(std::string host) {
    settings_->origins.erase("public_host");
    settings_->public_host = std::move(host);
    return *this;
}

Server::Builder& Server::Builder::http_bind(std::string address, bool needed) {
    settings_->origins.erase("http_bind");
    settings_->http_bind = std::move(address);
    settings_->http_needed = needed;
    return *this;
}

Server::Builder& Server::Builder::https_bind(std::string address, bool needed) {
    settings_->origins.erase("https_bind");
    settings_->https_bind = std::move(address);
    settings_->https_needed = needed;
    return *this;
}

Server::Builder& Server::Builder::https(Https https) {
    detail::set_https(*settings_, std::move(https));
    return *this;
}

Server::Builder& Server::Builder::proxy_protocol_from(std::vector<std::string> networks) {
    settings_->origins.erase("proxy_protocol_from");
    settings_->proxies = std::move(networks);
    return *this;
}

Server::Builder& Server::Builder::domain(std::string name) {
    settings_->origins.erase("domain");
    settings_->domain = std::move(name);
    return *this;
}

Server::Builder& Server::Builder::http_settings(HttpServerSettings settings) {
    detail::set_http_settings(*settings_, std::move(settings));
    return *this;
}

Server::Builder& Server::Builder::token(Secret token, std::string name) {
    if (settings_->origins.erase("token") != 0) {
        settings_->tokens.clear();  // those of the file
    }
    settings_->tokens.push_back({std::move(token), std::move(name)});
    return *this;
}

Server::Builder& Server::Builder::allow_weak_token(bool allow) {
    settings_->allow_weak_token = allow;
    return *this;
}

Server::Builder& Server::Builder::allow_ports(std::string ports) {
    settings_->origins.erase("allow_ports");
    settings_->allow_ports = std::move(ports);
    return *this;
}

Server::Builder& Server::Builder::connections_per_token(unsigned count) {
    settings_->origins.erase("connections_per_token");
    settings_->connections_per_token = count;
    return *this;
}

Server::Builder& Server::Builder::ports_per_token(unsigned count) {
    settings_->origins.erase("ports_per_token");
    settings_->ports_per_token = count;
    return *this;
}

Server::Builder& Server::Builder::workers(std::size_t count) {
    settings_->origins.erase("workers");
    settings_->workers = count;
    return *this;
}

Server::Builder& Server::Builder::memory_max(std::uint64_t bytes) {
    settings_->origins.erase("memory_max");
    settings_->memory_max = bytes;
    return *this;
}

Server::Builder& Server::Builder::run_on(asio::io_context& context) {
    settings_->run_on = &context;
    return *this;
}

Server::Builder& Server::Builder::tls_off(bool off) {
    settings_->tls_off = off;
    return *this;
}

Server::Builder& Server::Builder::tls_certificate(std::string chain_file, std::string key_file) {
    settings_->origins.erase("tls_certificate");
    settings_->tls_chain = std::move(chain_file);
    settings_->tls_key = std::move(key_file);
    return *this;
}

Server::Builder& Server::Builder::state_dir(std::string directory) {
    settings_->origins.erase("state_dir");
    settings_->state_dir = std::move(directory);
    return *this;
}

Server::Builder& Server::Builder::timing(const Timing& timing) {
    detail::set_timing(*settings_, timing);
    return *this;
}

Server::Builder& Server::Builder::on_event(EventHandler handler) {
    settings_->on_event = std::move(handler);
    return *this;
}

Server::Builder& Server::Builder::log(LogSink sink, LogLevel level) {
    settings_->log_sink = std::move(sink);
    settings_->log_level = level;
    return *this;
}

Server Server::Builder::build() {
    std::vector<Problem> problems;
    std::optional<Server> server = try_build(problems);
    if (!server) {
        throw config_error(std::move(problems));
    }
    return std::move(*server);
}

std::vector<Problem> Server::Builder::check() const {
    detail::ServerSettings settings = *settings_;
    std::vector<Problem> problems = detail::problems_of(settings);
    detail::try_tls(settings, problems);
    detail::try_https(settings, problems);
    return problems;
}

std::optional<Server> Server::Builder::try_build(std::vector<Problem>& problems) {
    detail::ServerSettings settings = std::exchange(*settings_, {});
    std::vector<Problem> found = detail::problems_of(settings);
    const detail::Attached attached = settings;  // for what making it still finds
    try {
        if (found.empty()) {
            return detail::make_server(std::move(settings));
        }
    } catch (const config_error& error) {
        found = error.problems();
        detail::locate(found, attached);
    }
    problems.insert(problems.end(), found.begin(), found.end());
    return std::nullopt;
}

}  // namespace ferrotunnel
