#include "settings/managed_targets.hpp"

#include <span>
#include <string_view>

namespace ferrotunnel::detail {

// Targets are addresses, because the address of a name may be changed by others.
std::optional<std::string> managed_target_fault(const std::string& item) {
    static constexpr std::string_view first = "[0123456789";
    static constexpr const char* expected =
        " is not a valid address or network with ports; expected one like 127.0.0.1:3000-3999";
    if (item.empty() || first.find(item.front()) == std::string_view::npos) {
        return expected;
    }
    return exits::Destinations::parse(std::span(&item, 1)) ? std::nullopt : std::optional<std::string>(expected);
}

exits::Destinations managed_targets(const std::vector<std::string>& items) {
    return exits::Destinations::parse(items).value();
}

}  // namespace ferrotunnel::detail
