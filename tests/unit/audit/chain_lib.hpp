// Lines of an audit log for tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/audit_log.hpp"
#include "audit/line.hpp"
#include "audit/verifier.hpp"

namespace ferrotunnel::audit {

/// A chain of events "one", "two" and so on, as lines with their ends.
inline std::vector<std::string> chain_of(std::size_t lines, Head head = {}) {
    std::vector<std::string> made;
    for (std::size_t i = 0; i < lines; ++i) {
        Record record("login");
        record.add("client", "client " + std::to_string(i));
        std::string line;
        append_line(line, head, AuditLog::body_of(record.text()));
        made.push_back(line);
    }
    return made;
}

/// The faults of these lines as one file called "log".
inline std::vector<std::string> faults_in(const std::vector<std::string>& lines, std::optional<Head> known = {}) {
    Verifier verifier(std::move(known));
    verifier.begin_file("log");
    for (const std::string& line : lines) {
        verifier.add(std::string_view(line).substr(0, line.find('\n')));
    }
    verifier.finish();
    return verifier.faults();
}

}  // namespace ferrotunnel::audit
