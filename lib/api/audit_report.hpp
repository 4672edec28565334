// The audit log in the status and in metrics.
#pragma once

#include "admin/answer.hpp"
#include "audit/audit_log.hpp"
#include "metrics/exposition.hpp"

namespace ferrotunnel::detail {

admin::Json json_of_audit(const audit::Status& status);
/// Its families, with 0 if there is no audit log.
void put_audit(metrics::Exposition& to, const audit::Status& status);

}  // namespace ferrotunnel::detail
