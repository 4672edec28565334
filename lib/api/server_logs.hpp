// The logs of a Server besides the log of the program.
#pragma once

#include "api/audit_writer.hpp"
#include "api/request_records.hpp"

namespace ferrotunnel::detail {

struct ServerLogs {
    AuditWriter audit;
    AccessLogWriter access;
};

}  // namespace ferrotunnel::detail
