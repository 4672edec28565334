// Checks a service's backend periodically, and tracks whether it is healthy.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "backend/client_service.hpp"
#include "backend/health_probe.hpp"

namespace ferrotunnel::backend {

/// Lives on its worker. There is one check at a time, so one connection.
class HealthChecker {
public:
    /// `changed` is called when the backend's health changes, and may destroy this. The service has health terms.
    HealthChecker(runtime::Worker& worker, std::shared_ptr<const ClientService> service, Random& random,
                  std::function<void()> changed);
    HealthChecker(const HealthChecker&) = delete;
    HealthChecker& operator=(const HealthChecker&) = delete;

    const Health& health() const noexcept { return health_; }
    bool is_healthy() const noexcept { return health_.state() == Health::State::healthy; }

private:
    void check();
    void on_result(const std::string& why);

    runtime::Worker& worker_;
    const std::shared_ptr<const ClientService> service_;
    Random& random_;
    const std::function<void()> changed_;
    Health health_;
    runtime::Timer timer_;
    std::unique_ptr<HealthProbe> probe_;
};

}  // namespace ferrotunnel::backend
