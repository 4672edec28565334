// The group of a service that several clients share: its keys, their reader and their check.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/reader.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/group.hpp"
#include "settings/setting.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::detail {

/// The keys of a service that describe its group.
std::span<const SettingFacts> group_keys() noexcept;

class GroupKeys {
public:
    /// Looks up all keys, which makes them known.
    explicit GroupKeys(config::Section& service)
        : name_(service.find("group")),
          balance_(service.find("balance")),
          weight_(service.find("weight")),
          standby_(service.find("standby")),
          sticky_(service.find("sticky")),
          eject_(service.find("eject")) {}

    /// False if one is invalid, which was reported.
    bool read(Group& group) const;

private:
    std::optional<config::Value> name_;
    std::optional<config::Value> balance_;
    std::optional<config::Value> weight_;
    std::optional<config::Value> standby_;
    std::optional<config::Value> sticky_;
    std::optional<config::Value> eject_;
};

/// Appends the problems of the group of a service, with the service's name as their key.
void check_group(const Group& group, const std::string& service, wire::ServiceKind kind, bool has_plugins,
                 bool is_private, std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail
