// The keys of a service that several clients share.
#pragma once

#include <optional>

#include "config/reader.hpp"
#include "ferrotunnel/group.hpp"

namespace ferrotunnel::detail {

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

}  // namespace ferrotunnel::detail
