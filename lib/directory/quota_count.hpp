// Count of one thing towards a quota.
#pragma once

#include <memory>

namespace ferrotunnel::directory {

/// Counts as long as it lives. Any thread may drop it.
class QuotaCount {
public:
    QuotaCount() = default;
    virtual ~QuotaCount() = default;

protected:
    QuotaCount(QuotaCount&&) = default;  // leaves an ended count behind
    QuotaCount& operator=(QuotaCount&&) = delete;
};

}  // namespace ferrotunnel::directory
