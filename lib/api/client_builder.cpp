#include <map>
#include <string>
#include <utility>

#include "api/builder_access.hpp"
#include "api/https_certificates.hpp"
#include "api/make_facade.hpp"
#include "api/tls_settings.hpp"
#include "ferrotunnel/client.hpp"
#include "settings/option.hpp"
#include "settings/rows.hpp"

namespace ferrotunnel {

Client::Builder::Builder() : settings_(std::make_unique<detail::ClientSettings>()) {}
Client::Builder::Builder(Builder&&) noexcept = default;
Client::Builder& Client::Builder::operator=(Builder&&) noexcept = default;
Client::Builder::~Builder() = default;

template <typename T>
Client::Builder& Client::Builder::set(std::string_view setting, T value) {
    detail::replace_value<detail::ClientValues>(*settings_, setting, std::move(value));
    return *this;
}
template Client::Builder& Client::Builder::set(std::string_view setting, bool value);
template Client::Builder& Client::Builder::set(std::string_view setting, std::uint64_t value);
template Client::Builder& Client::Builder::set(std::string_view setting, std::string value);
template Client::Builder& Client::Builder::set(std::string_view setting, std::vector<std::string> value);
template Client::Builder& Client::Builder::set(std::string_view setting, std::map<std::string, std::string> value);
template Client::Builder& Client::Builder::set(std::string_view setting, std::chrono::milliseconds value);

Client::Builder& Client::Builder::token(Secret token) {
    settings_->origins.erase("token");
    settings_->token = std::move(token);
    return *this;
}

Client::Builder& Client::Builder::tls_trust(Trust trust) {
    settings_->tls_trust = std::move(trust);
    return set("tls_ca", std::string()).set("tls_pin", std::string());
}

Client::Builder& Client::Builder::run_on(asio::io_context& context) {
    settings_->run_on = &context;
    return *this;
}

Client::Builder& Client::Builder::timing(const Timing& timing) {
    detail::replace_timing(settings_->timing, timing, *settings_);
    return *this;
}

Client::Builder& Client::Builder::visits(std::vector<Visit> visits) {
    settings_->origins.erase("visits");
    settings_->visits = std::move(visits);
    return *this;
}

Client::Builder& Client::Builder::on_event(EventHandler handler) {
    settings_->on_event = std::move(handler);
    return *this;
}

Client::Builder& Client::Builder::log(LogSink sink, LogLevel level) {
    settings_->log_sink = std::move(sink);
    settings_->log_level = level;
    return *this;
}

Client Client::Builder::build() {
    return detail::make_or_throw(std::exchange(*settings_, {}), detail::make_client);
}

std::vector<Problem> Client::Builder::check() const {
    detail::ClientSettings settings = *settings_;
    std::vector<Problem> problems = detail::problems_of(settings);
    detail::try_tls(settings, problems);
    detail::try_dashboard(settings, settings, problems);
    return problems;
}

std::optional<Client> Client::Builder::try_build(std::vector<Problem>& problems) {
    return detail::try_make(std::exchange(*settings_, {}), detail::make_client, problems);
}

std::vector<Problem> detail::say(Client::Builder& builder, const std::vector<SettingText>& texts) {
    return say(BuilderAccess::settings_of(builder), texts);
}

}  // namespace ferrotunnel
