#include "session/service_health.hpp"

#include <optional>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "session/limits.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::session {

void ServiceHealth::on_report(const wire::Health& report) {
    SessionService* const service = needs_.table.find(report.id);
    if (service == nullptr || !service->description.health) {
        return;
    }
    service->reported = report;
    if (apply(*service)) {
        return;
    }
    if (!timer_) {
        timer_ = std::make_unique<runtime::Timer>(needs_.at.worker,
                                                  [this] { needs_.executor.run([this] { apply_all(); }); });
    }
    if (!timer_->is_set()) {
        timer_->set_after(limits::health_apply_interval);
    }
}

// Applies the last report of the service's backend; false if it is too early to do so.
bool ServiceHealth::apply(SessionService& service) {
    const bool is_news = service.reported && service.health.healthy != service.reported->healthy;
    if (is_news && !service.health_rate.take(limits::health_rate, needs_.at.worker.now())) {
        return false;
    }
    if (const auto report = std::exchange(service.reported, std::nullopt); is_news) {
        set(service, *report);
    }
    return true;
}

void ServiceHealth::apply_all() {
    bool all = true;
    for (auto& [id, service] : needs_.table.all()) {
        all = apply(service) && all;
    }
    if (!all) {
        timer_->set_after(limits::health_apply_interval);
    }
}

void ServiceHealth::set(SessionService& service, const wire::Health& report) {
    service.health.healthy = report.healthy;
    needs_.kinds.of(service).set_health(service);
    report_readiness(service);
    const std::string why = report.healthy ? std::string() : printable(report.text, wire::health_text_max);
    needs_.view.change([&](SessionView& view) {
        for (SessionView::Service& one : view.services) {
            if (one.id == report.id) {
                one.unhealthy = !report.healthy;
                one.why_unhealthy = why;
            }
        }
    });
    static constexpr LogCategory lines{"health", limits::client_lines_per_second};
    const SessionFacts& facts = needs_.at.facts;
    Logger& log = *needs_.at.shared->log;
    if (facts.agreement.trunk == 1 && log.may_write(LogLevel::info, lines, needs_.at.worker.now())) {
        log.info(report.healthy ? "the backend of a service is healthy" : "the backend of a service is unhealthy",
                 {{"session", facts.agreement.session},
                  {"client", facts.agreement.peer_name},
                  {"token", facts.token_name},
                  {"service", printable(service.description.name, 64)},
                  {"why", why}});
    }
}

}  // namespace ferrotunnel::session
