// A lock for one name over all processes that use the store.
#pragma once

#include <filesystem>
#include <string>

#include "runtime/socket.hpp"

namespace ferrotunnel::issuance {

/// Held until the object is destroyed or the process ends, however it ends. The holder removes the file when it
/// releases the lock. Another process may have opened the file before that: it acquires the lock of a file without a
/// name, notices that, and tries again with the present file.
class NameLock {
public:
    NameLock() = default;
    ~NameLock() { release(); }
    NameLock(const NameLock&) = delete;
    NameLock& operator=(const NameLock&) = delete;

    /// Acquires it, without waiting. False: another holder has it, or `fault` says why it cannot be acquired.
    bool acquire(const std::filesystem::path& file, std::string& fault);
    void release() noexcept;
    bool is_held() const noexcept { return static_cast<bool>(file_); }

private:
    std::filesystem::path path_{};
    runtime::Fd file_;
};

}  // namespace ferrotunnel::issuance
