// The file in the state directory in which a server records its claims. Of several servers with the same directory one
// owns and writes the file; the others only read it when they start.
#pragma once

#include <filesystem>
#include <string>

#include "directory/claim_record.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::directory {

class ClaimFile {
public:
    /// Creates the directory (0700) if it does not exist.
    explicit ClaimFile(std::filesystem::path directory);

    /// The record in the file; empty if there is no readable file.
    ClaimRecord read() const;
    /// Replaces the file atomically (0600). Returns an empty text, or why writing failed. Blocks on the disk.
    std::string write(const ClaimRecord& record);
    /// Whether this server owns the file; acquires it if it is free. An owner keeps it; otherwise a later call may
    /// succeed, and `why_not` has the reason.
    bool own();
    /// Releases the file to another process.
    void give_up() noexcept { lock_.reset(); }
    const std::string& why_not() const noexcept { return why_not_; }

private:
    const std::filesystem::path directory_;
    runtime::Fd lock_;
    std::string why_not_;
};

}  // namespace ferrotunnel::directory
