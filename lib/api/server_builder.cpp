#include <memory>
#include <utility>

#include "api/builder_access.hpp"
#include "api/https_certificates.hpp"
#include "api/make_facade.hpp"
#include "api/tls_settings.hpp"
#include "api/trace_target.hpp"
#include "ferrotunnel/server.hpp"
#include "settings/authenticate.hpp"
#include "settings/option.hpp"
#include "settings/rows.hpp"

namespace ferrotunnel {

Server::Builder Server::builder() {
    return {};
}

Server::Builder::Builder() : settings_(std::make_unique<detail::ServerSettings>()) {}
Server::Builder::Builder(Builder&&) noexcept = default;
Server::Builder& Server::Builder::operator=(Builder&&) noexcept = default;
Server::Builder::~Builder() = default;

template <typename T>
Server::Builder& Server::Builder::set(std::string_view setting, T value) {
    detail::replace_value<detail::ServerValues>(*settings_, setting, std::move(value));
    return *this;
}
template Server::Builder& Server::Builder::set(std::string_view setting, bool value);
template Server::Builder& Server::Builder::set(std::string_view setting, std::uint64_t value);
template Server::Builder& Server::Builder::set(std::string_view setting, std::string value);
template Server::Builder& Server::Builder::set(std::string_view setting, std::vector<std::string> value);
template Server::Builder& Server::Builder::set(std::string_view setting, std::chrono::milliseconds value);

Server::Builder& Server::Builder::http_bind(std::string address, bool needed, std::string fallback) {
    settings_->http_needed = needed;
    settings_->http_fallback = std::move(fallback);
    return set("http_bind", std::move(address));
}

Server::Builder& Server::Builder::https_bind(std::string address, bool needed, std::string fallback) {
    settings_->https_needed = needed;
    settings_->https_fallback = std::move(fallback);
    return set("https_bind", std::move(address));
}

// Either form replaces the other.
Server::Builder& Server::Builder::tls_certificate(std::string chain_file, std::string key_file) {
    settings_->tls_credential = {};
    return set("tls_cert", std::move(chain_file)).set("tls_key", std::move(key_file));
}

Server::Builder& Server::Builder::tls_certificate(Credential credential) {
    settings_->tls_credential = std::move(credential);
    return set("tls_cert", std::string()).set("tls_key", std::string());
}

Server::Builder& Server::Builder::https(Https https) {
    detail::replace_group(detail::https_place, detail::https_settings(), settings_->https, std::move(https),
                          *settings_);
    return *this;
}

Server::Builder& Server::Builder::acme(std::optional<Acme> acme) {
    settings_->has_acme = acme.has_value();
    detail::replace_group(detail::acme_place, detail::acme_settings(), settings_->acme,
                          std::move(acme).value_or(Acme()), *settings_);
    return *this;
}

Server::Builder& Server::Builder::cluster(std::optional<Cluster> cluster) {
    settings_->has_cluster = cluster.has_value();
    detail::replace_group(detail::cluster_place, detail::cluster_settings(), settings_->cluster,
                          std::move(cluster).value_or(Cluster()), *settings_);
    return *this;
}

Server::Builder& Server::Builder::http_settings(HttpServerSettings settings) {
    detail::replace_group(detail::http_place, detail::http_settings(), settings_->http, std::move(settings),
                          *settings_);
    return *this;
}

Server::Builder& Server::Builder::plugin_limits(const PluginLimits& limits) {
    detail::replace_group(detail::plugins_place,
                          std::span<const detail::Setting<PluginLimits>>(detail::plugin_limit_settings),
                          settings_->plugin_limits, limits, *settings_);
    return *this;
}

Server::Builder& Server::Builder::traces(Traces traces) {
    detail::replace_group(detail::traces_place, detail::traces_settings(), settings_->traces, std::move(traces),
                          *settings_);
    return *this;
}

Server::Builder& Server::Builder::add_token(Secret token, std::string name, Rights rights, Secret also) {
    if (settings_->origins.erase("token") != 0) {
        settings_->tokens.clear();  // those of the file
    }
    settings_->tokens.push_back({std::move(token), std::move(name), std::move(rights), std::move(also)});
    return *this;
}

Server::Builder& Server::Builder::authenticate(AuthenticateHandler handler, AuthenticateLimits limits) {
    settings_->authenticate =
        handler
            ? std::make_shared<const detail::ApplicationLookup>(detail::ApplicationLookup{std::move(handler), limits})
            : nullptr;
    return *this;
}

Server::Builder& Server::Builder::add_plugin(PluginUse use) {
    settings_->plugins.push_back({std::move(use), {}});
    return *this;
}

Server::Builder& Server::Builder::client_plugins(std::vector<ClientPlugin> types) {
    settings_->client_plugins = std::move(types);
    return *this;
}

Server::Builder& Server::Builder::guarded_services(std::vector<GuardedService> services) {
    settings_->origins.erase("guarded_services");
    settings_->guarded_services = std::move(services);
    return *this;
}

Server::Builder& Server::Builder::run_on(asio::io_context& context) {
    settings_->run_on = &context;
    return *this;
}

Server::Builder& Server::Builder::timing(const Timing& timing) {
    detail::replace_timing(settings_->timing, timing, *settings_);
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
    return detail::make_or_throw(std::exchange(*settings_, {}), detail::make_server);
}

std::vector<Problem> Server::Builder::check() const {
    detail::ServerSettings settings = *settings_;
    std::vector<Problem> problems = detail::problems_of(settings);
    detail::try_tls(settings, problems);
    detail::try_https(settings, problems);
    detail::try_dashboard(settings, settings, problems);
    detail::try_traces(settings, problems);
    return problems;
}

std::optional<Server> Server::Builder::try_build(std::vector<Problem>& problems) {
    return detail::try_make(std::exchange(*settings_, {}), detail::make_server, problems);
}

std::vector<Problem> detail::say(Server::Builder& builder, const std::vector<SettingText>& texts) {
    return say(BuilderAccess::settings_of(builder), texts);
}

}  // namespace ferrotunnel
