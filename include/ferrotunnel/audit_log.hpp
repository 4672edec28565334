// Verification of audit logs (Server::Builder::audit_log). docs/operations.md describes the lines and what they prove.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ferrotunnel/export.hpp"

namespace ferrotunnel {

/// The last line of an audit log, or of a part of it. Kept elsewhere, it proves later what was written until then.
struct AuditHead {
    std::uint64_t sequence = 0;  ///< the line's number, from 1
    std::string hash;            ///< SHA-256 of the line, 64 hexadecimal digits

    friend bool operator==(const AuditHead&, const AuditHead&) = default;
};

/// The result of a verification.
struct AuditReport {
    std::uint64_t lines = 0;          ///< number of complete lines
    std::optional<AuditHead> head{};  ///< the last one; empty if there is none
    /// Where the chain is broken, and how: "audit.log:17: changed: ...". At most 20, and then the number of the others.
    std::vector<std::string> faults{};
    /// What is unusual and proves no manipulation, such as an incomplete line that a crash has left. At most 20.
    std::vector<std::string> notes{};

    /// Whether the chain is intact.
    bool ok() const noexcept { return faults.empty(); }
};

/// Verifies one audit log in one or several files, in any order; those compressed by gzip are decompressed. `known`: a
/// line that the log must have, from an earlier audit_head() or report. Lines removed from the end are found only with
/// it. Throws std::system_error if a file cannot be read. Thread-safe; reads files of any size with little memory.
FERROTUNNEL_EXPORT AuditReport verify_audit_log(const std::vector<std::string>& files,
                                                const std::optional<AuditHead>& known = {});

/// The last whole line of a file. Empty if it has none. Throws std::system_error if the file cannot be read, or is
/// compressed and damaged.
FERROTUNNEL_EXPORT std::optional<AuditHead> audit_head(const std::string& file);

}  // namespace ferrotunnel
