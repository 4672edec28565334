// Destination and format of access log lines.
#pragma once

#include <memory>

#include "access/format.hpp"
#include "access/lanes.hpp"

namespace ferrotunnel::access {

/// Part of the rules of the HTTP edge. Without a format there is no access log.
struct Output {
    std::shared_ptr<Lanes> lanes;
    std::shared_ptr<const Format> format;
};

}  // namespace ferrotunnel::access
