// A lock for one name over all processes that use the store.
#pragma once

#include <filesystem>
#include <string>

#include "runtime/socket.hpp"

namespace ferrotunnel::issuance {

/// Held until the object is destroyed or the process ends, however it ends. The file stays: a process that removed it
/// could do so while another one waits for it.
class NameLock {
public:
    NameLock() = default;

    /// Acquires it, without waiting. False: another holder has it, or `fault` says why it cannot be acquired.
    bool acquire(const std::filesystem::path& file, std::string& fault);
    void release() noexcept { file_.reset(); }
    bool is_held() const noexcept { return static_cast<bool>(file_); }

private:
    runtime::Fd file_;
};

}  // namespace ferrotunnel::issuance
