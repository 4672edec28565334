// Control API and metrics of certificates from CAs: names, accounts, records.
#pragma once

#include <string>
#include <vector>

#include "admin/answer.hpp"
#include "issuance/status.hpp"
#include "metrics/exposition.hpp"

namespace ferrotunnel::detail {

/// {"names": [...], "left_off": 3, "accounts": [...], "orders": 7, "failures": 1}: names with problems first. Members
/// without a value are absent; times are seconds since 1970.
admin::Json json_of_acme(const issuance::Status& status);
/// For the status of a server: {"valid": 3, "ordering": 0, "waiting": 1, "problems": [...]}, the rows as above, of at
/// most limits::acme_problems_listed_max names.
admin::Json acme_summary(const issuance::Status& status);
/// {"records": [{"name", "value", "present", "problem", "others"}]}: `present` only if it is known.
admin::Json json_of_records(const std::vector<issuance::PersistRecord>& records);
void put(metrics::Exposition& to, const issuance::Status& status);

}  // namespace ferrotunnel::detail
