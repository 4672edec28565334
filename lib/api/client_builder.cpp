#include <utility>

#include "api/make_facade.hpp"
#include "api/tls_settings.hpp"
#include "ferrotunnel/client.hpp"
#include "settings/origin.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel {

Client::Builder Client::builder() {
    return {};
}

Client::Builder::Builder() : settings_(std::make_unique<detail::ClientSettings>()) {}
Client::Builder::Builder(Builder&&) noexcept = default;
Client::Builder& Client::Builder::operator=(Builder&&) noexcept = default;
Client::Builder::~Builder() = default;

Client::Builder& Client::Builder::server(std::string address) {
    settings_->origins.erase("server");
    settings_->server = std::move(address);
    return *this;
}

Client::Builder& Client::Builder::token(Secret token) {
    settings_->origins.erase("token");
    settings_->token = std::move(token);
    return *this;
}

Client::Builder& Client::Builder::allow_weak_token(bool allow) {
    settings_->allow_weak_token = allow;
    return *this;
}

Client::Builder& Client::Builder::name(std::string name) {
    settings_->origins.erase("name");
    settings_->name = std::move(name);
    return *this;
}

Client::Builder& Client::Builder::workers(std::size_t count) {
    settings_->origins.erase("workers");
    settings_->workers = count;
    return *this;
}

Client::Builder& Client::Builder::memory_max(std::uint64_t bytes) {
    settings_->origins.erase("memory_max");
    settings_->memory_max = bytes;
    return *this;
}

Client::Builder& Client::Builder::run_on(asio::io_context& context) {
    settings_->run_on = &context;
    return *this;
}

Client::Builder& Client::Builder::tls_off(bool off) {
    settings_->tls_off = off;
    return *this;
}

Client::Builder& Client::Builder::tls_ca(std::string file) {
    settings_->origins.erase("tls_ca");
    settings_->tls_ca = std::move(file);
    return *this;
}

Client::Builder& Client::Builder::tls_pin(std::string pin) {
    settings_->origins.erase("tls_pin");
    settings_->tls_pin = std::move(pin);
    return *this;
}

Client::Builder& Client::Builder::attempts(unsigned count) {
    settings_->attempts = count;
    return *this;
}

Client::Builder& Client::Builder::connections(unsigned count) {
    settings_->origins.erase("connections");
    settings_->connections = count;
    settings_->connections_by_distance = false;
    return *this;
}

Client::Builder& Client::Builder::timing(const Timing& timing) {
    detail::set_timing(*settings_, timing);
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
    std::vector<Problem> problems;
    std::optional<Client> client = try_build(problems);
    if (!client) {
        throw config_error(std::move(problems));
    }
    return std::move(*client);
}

std::vector<Problem> Client::Builder::check() const {
    detail::ClientSettings settings = *settings_;
    std::vector<Problem> problems = detail::problems_of(settings);
    detail::try_tls(settings, problems);
    return problems;
}

std::optional<Client> Client::Builder::try_build(std::vector<Problem>& problems) {
    detail::ClientSettings settings = std::exchange(*settings_, {});
    std::vector<Problem> found = detail::problems_of(settings);
    const detail::Attached attached = settings;  // for what making it still finds
    try {
        if (found.empty()) {
            return detail::make_client(std::move(settings));
        }
    } catch (const config_error& error) {
        found = error.problems();
        detail::locate(found, attached);
    }
    problems.insert(problems.end(), found.begin(), found.end());
    return std::nullopt;
}

}  // namespace ferrotunnel
