// What a client says of the backends of its services: while one is unhealthy, this trunk takes no new visitors of it.
#include <memory>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "session/limits.hpp"
#include "session/server_session.hpp"

namespace ferrotunnel::session {

// The answer to a registration, or a refusal, may have crossed it.
void ServerSession::on_health(const wire::Health& said) {
    const auto found = services_.find(said.id);
    if (found == services_.end() || !found->second.description.health) {
        return;
    }
    found->second.said = said;
    if (catch_up(found->second)) {
        return;
    }
    if (!health_timer_) {
        health_timer_ = std::make_unique<runtime::Timer>(worker_, [this] { guarded([this] { look_at_health(); }); });
    }
    if (!health_timer_->is_set()) {
        health_timer_->set_after(limits::health_look_every);
    }
}

// Carries out what was said last of the service's backend; false if it is too early for that.
bool ServerSession::catch_up(Service& service) {
    const bool is_news = service.said && service.health.healthy != service.said->healthy;
    if (is_news && !service.health_rate.take(limits::health_pace, worker_.now())) {
        return false;
    }
    if (const auto said = std::exchange(service.said, std::nullopt); is_news) {
        set_health(service, *said);
    }
    return true;
}

void ServerSession::look_at_health() {
    if (ended_) {
        return;
    }
    bool all = true;
    for (auto& [id, service] : services_) {
        all = catch_up(service) && all;
    }
    if (!all) {
        health_timer_->set_after(limits::health_look_every);
    }
}

void ServerSession::set_health(Service& service, const wire::Health& said) {
    service.health.healthy = said.healthy;
    if (service.public_port) {
        directory::PortTable::set_health(*service.public_port, *this, service.health);
    }
    if (service.http) {
        shared_->http->set_health(*service.http, *this, service.health);
    }
    const std::string why = said.healthy ? std::string() : printable(said.text, wire::health_text_max);
    {
        std::lock_guard lock(view_mutex_);
        for (SessionView::Service& one : view_.services) {
            if (one.id == said.id) {
                one.unhealthy = !said.healthy;
                one.why_unhealthy = why;
            }
        }
    }
    static constexpr LineKind lines{"health", limits::client_lines_per_second};
    if (agreement_.trunk == 1 && shared_->log->may_write(LogLevel::info, lines, worker_.now())) {
        shared_->log->info(
            said.healthy ? "the backend of a service is healthy" : "the backend of a service is unhealthy",
            {{"session", agreement_.session}, {"service", printable(service.description.name, 64)}, {"why", why}});
    }
}

}  // namespace ferrotunnel::session
