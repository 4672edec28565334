// What a service says about checks of its backend: what is wrong with it, and the form that the engine takes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/health.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/health_check.hpp"
#include "ferrotunnel/http.hpp"
#include "ferrotunnel/tcp.hpp"
#include "ferrotunnel/tls.hpp"

namespace ferrotunnel::detail {

/// What is wrong with the values, whatever the service; each problem has the key that it is about.
std::vector<Problem> problems_of(const HealthCheck& check);

/// Appends what is wrong, also because there is nothing that could be checked so. `local` of the service is in its full
/// form, if it is right.
void check_health(const Tcp& service, bool application_serves, std::vector<Problem>& problems);
void check_health(const Http& service, bool application_serves, std::vector<Problem>& problems);
void check_health(const Tls& service, bool application_serves, std::vector<Problem>& problems);

/// The terms of a check in which nothing is wrong. Null: there is none.
std::shared_ptr<const backend::HealthTerms> health_terms(const Tcp& service);
std::shared_ptr<const backend::HealthTerms> health_terms(const Http& service);
std::shared_ptr<const backend::HealthTerms> health_terms(const Tls& service);

}  // namespace ferrotunnel::detail
