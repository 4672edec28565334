// What counts one thing towards a quota.
#pragma once

#include <memory>

namespace ferrotunnel::directory {

/// Counts for as long as it lives. Any thread may drop it.
class QuotaCount {
public:
    QuotaCount() = default;
    virtual ~QuotaCount() = default;

protected:
    QuotaCount(QuotaCount&&) = default;  // by what counts, which leaves a count that has ended
    QuotaCount& operator=(QuotaCount&&) = delete;
};

}  // namespace ferrotunnel::directory
