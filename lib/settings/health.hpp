// Health check of a service: its keys, their reader and their check, and conversion to the engine's form.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backend/health.hpp"
#include "config/reader.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/health_check.hpp"
#include "ferrotunnel/http.hpp"
#include "ferrotunnel/tcp.hpp"
#include "ferrotunnel/tls.hpp"
#include "settings/setting.hpp"

namespace ferrotunnel::detail {

/// The key `health` of a service.
std::span<const SettingFacts> health_key() noexcept;

/// Reads `health`: a path, `tcp`, or a group of keys. False if a problem was reported at its place.
bool read_health(const config::Value& value, HealthCheck& check);

/// The problems of the values, independent of the service; each problem has its key.
std::vector<Problem> problems_of(const HealthCheck& check);

/// Appends the problems, also if the backend does not support such a check. `local` of the service is in its full form,
/// if it is valid.
void check_health(const Tcp& service, bool application_serves, std::vector<Problem>& problems);
void check_health(const Http& service, bool application_serves, std::vector<Problem>& problems);
void check_health(const Tls& service, bool application_serves, std::vector<Problem>& problems);

/// The terms of a valid check; null if there is none.
std::shared_ptr<const backend::HealthCheckSettings> health_check_settings(const Tcp& service);
std::shared_ptr<const backend::HealthCheckSettings> health_check_settings(const Http& service);
std::shared_ptr<const backend::HealthCheckSettings> health_check_settings(const Tls& service);

}  // namespace ferrotunnel::detail
