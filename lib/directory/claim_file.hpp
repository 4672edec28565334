// The file in the state directory in which a server writes down its claims. Of several servers with the same directory
// one has it; the others remember nothing.
#pragma once

#include <filesystem>
#include <string>

#include "directory/claim_record.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::directory {

class ClaimFile {
public:
    /// The directory is made (0700) if it is not there.
    explicit ClaimFile(std::filesystem::path directory);

    /// Empty when there is none, or none that can be read.
    ClaimRecord read() const;
    /// Replaces it at once and as a whole (0600). Empty, or why it could not be written. Blocks for the disk.
    std::string write(const ClaimRecord& record);
    /// Whether the file is this server's. One that has it keeps it; another one may get it later: `why_not` says why it
    /// has not.
    bool own();
    const std::string& why_not() const noexcept { return why_not_; }

private:
    const std::filesystem::path directory_;
    runtime::Fd lock_;
    std::string why_not_;
};

}  // namespace ferrotunnel::directory
