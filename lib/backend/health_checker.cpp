#include "backend/health_checker.hpp"

#include <utility>

#include "runtime/worker.hpp"

namespace ferrotunnel::backend {

HealthChecker::HealthChecker(runtime::Worker& worker, std::shared_ptr<const ClientService> service, Random& random,
                             std::function<void()> changed)
    : worker_(worker),
      service_(std::move(service)),
      random_(random),
      changed_(std::move(changed)),
      health_(service_->health->rise, service_->health->fall),
      timer_(worker, [this] { check(); }) {
    check_here(worker_);
    timer_.set(worker.now());
}

void HealthChecker::check() {
    probe_ = std::make_unique<HealthProbe>(worker_, service_->backend, *service_->health,
                                           [this](const std::string& why) { on_result(why); });
}

void HealthChecker::on_result(const std::string& why) {
    timer_.set_after(health_wait(*service_->health, random_));
    if (why.empty() ? health_.passed() : health_.failed(why)) {
        const std::function<void()> changed = changed_;
        changed();
    }
}

}  // namespace ferrotunnel::backend
