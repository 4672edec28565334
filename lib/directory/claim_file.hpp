// The file in the state directory in which a server records its claims. Of several servers with the same directory one
// has the file and writes it; the others only read it when they start.
#pragma once

#include <filesystem>
#include <string>

#include "directory/claim_record.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::directory {

class ClaimFile {
public:
    /// Creates the directory (0700) if it is not there.
    explicit ClaimFile(std::filesystem::path directory);

    /// The record in the file; empty if there is no file, or none that can be read.
    ClaimRecord read() const;
    /// Replaces the file at once and as a whole (0600). Returns an empty text, or why writing failed. Blocks on the
    /// disk.
    std::string write(const ClaimRecord& record);
    /// Whether the file is this server's; takes the file if it is free. A server that has the file keeps it; another
    /// may get it later, and `why_not` says why it does not have it yet.
    bool own();
    /// Lets another process have the file.
    void give_up() noexcept { lock_.reset(); }
    const std::string& why_not() const noexcept { return why_not_; }

private:
    const std::filesystem::path directory_;
    runtime::Fd lock_;
    std::string why_not_;
};

}  // namespace ferrotunnel::directory
