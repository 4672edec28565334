// The query of a request: its parameters, decoded.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace ferrotunnel::admin {

/// Calls `take` for each parameter of a query, decoded. "+" means a space, as in forms.
void for_each_parameter(std::string_view query,
                        const std::function<void(const std::string& name, const std::string& value)>& take);

}  // namespace ferrotunnel::admin
