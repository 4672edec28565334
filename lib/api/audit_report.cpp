#include "api/audit_report.hpp"

#include "admin/statistic.hpp"

namespace ferrotunnel::detail {
namespace {

using admin::counter;
using admin::gauge;

constexpr admin::Statistic<audit::Status> audit_rows[] = {
    {&audit::Status::lines, "lines", counter("ferrotunnel_audit_lines", "Lines written to the audit log.")},
    {&audit::Status::lost, "lost",
     counter("ferrotunnel_audit_lines_lost", "Lines of the audit log that could not be written in time.")},
    {&audit::Status::is_failing, "failing",
     gauge("ferrotunnel_audit_failing", "1 while the audit log cannot be written, otherwise 0.")},
};

}  // namespace

admin::Json json_of_audit(const audit::Status& status) {
    admin::Json json{{"file", status.file}, {"sequence", status.head.sequence}, {"hash", status.head.hash}};
    admin::put_numbers(json, status, audit_rows);
    return json;
}

void put_audit(metrics::Exposition& to, const audit::Status& status) {
    admin::MetricFamilies families;
    families.add(status, audit_rows);
    families.write_to(to);
}

}  // namespace ferrotunnel::detail
