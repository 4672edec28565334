// The state of all names, for other threads.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.hpp"
#include "issuance/name_entry.hpp"
#include "issuance/status.hpp"

namespace ferrotunnel::issuance {

/// Thread-safe. A change of one name costs O(log n).
class StatusBoard {
public:
    void set(const NameEntry& entry);
    void remove(const std::string& name);
    void set_accounts(std::vector<AccountStatus> accounts);
    void count(std::uint64_t orders, std::uint64_t failures);

    Status status() const;
    /// The name itself, or the wildcard of this domain; empty if neither is known.
    std::string known_name(std::string_view name) const;

private:
    mutable Mutex mutex_;
    std::map<std::string, NameStatus, std::less<>> names_ GUARDED_BY(mutex_);
    std::vector<AccountStatus> accounts_ GUARDED_BY(mutex_);
    std::uint64_t orders_ GUARDED_BY(mutex_) = 0;
    std::uint64_t failures_ GUARDED_BY(mutex_) = 0;
};

/// How an entry is shown.
NameStatus status_of(const NameEntry& entry);
/// The host of a directory's URL.
std::string host_of_ca(std::string_view directory_url);

}  // namespace ferrotunnel::issuance
