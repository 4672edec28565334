#include "settings/keys_group.hpp"

#include "settings/key_tables.hpp"
#include "settings/setting_value.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::detail {

bool GroupKeys::read(Group& group) const {
    const auto name = name_ ? name_->word() : std::nullopt;
    std::optional<std::uint64_t> balance;
    const bool is_balance = !balance_ || read_value(key_called(group_keys(), "balance"), *balance_, balance);
    const auto weight = weight_ ? weight_->number(1, wire::group_weight_max) : std::nullopt;
    const auto standby = standby_ ? standby_->boolean() : std::nullopt;
    group.name = name.value_or("");
    config::assign(group.balance, balance);
    group.weight = static_cast<unsigned>(weight.value_or(1));
    group.standby = standby.value_or(false);
    return (name || !name_) && is_balance && (weight || !weight_) && (standby || !standby_);
}

}  // namespace ferrotunnel::detail
