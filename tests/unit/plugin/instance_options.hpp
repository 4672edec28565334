// Options of instances that several tests add: one whose failure refuses, and one that observes.
#pragma once

#include "plugin/instance.hpp"

namespace ferrotunnel::test {

inline const plugin::InstanceOptions closed_instance{"", true, false};
inline const plugin::InstanceOptions observing_instance{"", true, true};

}  // namespace ferrotunnel::test
