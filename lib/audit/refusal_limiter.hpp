// Limits the refusals of the audit log: strangers may cause any number. Those beyond the limits are counted by address,
// and written as one record each.
//
//   refusal --within the limits--> written
//       '--beyond--> counted, its record kept --count_time later--> written with the count
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace ferrotunnel::audit {

/// For one thread, or under a lock.
class RefusalLimiter {
public:
    /// Whether this refusal is to be written. Otherwise it is counted. `address`: its network; `record`: of the
    /// refusal.
    bool may_write(const std::string& address, const std::string& record, TimePoint now);

    /// Several refusals of an address.
    struct Counted {
        std::string record;  // of the last one
        std::uint64_t count = 0;
        TimePoint since{};
        bool has_other_addresses = false;  // and not only of the one in the record
    };
    /// Removes what was counted for count_time, or everything.
    std::vector<Counted> take(TimePoint now, bool all = false);
    /// Whether something was counted and not taken yet.
    bool has_counted() const noexcept { return waiting_ != 0; }
    /// When take() will have something; empty: never.
    std::optional<TimePoint> due() const;

private:
    struct Address {
        TimePoint second{};  // when the present second began
        std::uint32_t written = 0;
        Counted counted{};
    };
    Address* find(const std::string& address, TimePoint now);
    bool fits(Address& address, TimePoint now);
    static bool count(std::uint32_t& written, TimePoint& second, std::uint32_t most, TimePoint now);
    void add(Counted& to, const std::string& record, TimePoint now);

    std::map<std::string, Address> addresses_;
    TimePoint forgot_at_{Duration::min() / 2};  // when addresses without a count were last searched for
    Counted others_{.record = {}, .has_other_addresses = true};
    TimePoint second_{};
    std::uint32_t written_ = 0;
    std::size_t waiting_ = 0;  // addresses with a count, and the others
};

}  // namespace ferrotunnel::audit
