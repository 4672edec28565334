#include "settings/keys_group.hpp"

#include <utility>

#include "base/text.hpp"
#include "settings/key_tables.hpp"
#include "settings/setting.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::detail {
namespace {

bool read_kind(const config::Value& value, Group::Eject& eject) {
    const auto word = value.word();
    bool* const kind = word == "refused" ? &eject.refused
                       : word == "reset" ? &eject.resets
                       : word == "5xx"   ? &eject.answers_5xx
                                         : nullptr;
    if (kind != nullptr) {
        *kind = true;
    } else if (word) {
        value.problem(in_quotes(*word) + " is not a valid kind of failure; expected refused, reset or 5xx");
    }
    return kind != nullptr;
}

// Reads `eject: 5`, or its keys. False if a problem was reported.
bool read_eject(const config::Value& value, Group::Eject& eject) {
    if (!value.is_group()) {
        const auto failures = value.number(1, wire::eject_failures_max);
        eject.failures = static_cast<unsigned>(failures.value_or(0));
        return failures.has_value();
    }
    bool is_right = true;
    config::Section section = section_of(value, eject_keys());
    const auto number = [&](const char* key) {
        const auto said = section.find(key);
        const auto read = said ? read_key(section, eject_keys(), key) : std::nullopt;
        is_right = is_right && (read || !said);
        return read;
    };
    const auto failures = number("failures");
    if (!section.find("failures")) {
        value.problem("`failures` is missing: the number of failures in a row");
        is_right = false;
    }
    eject.failures = static_cast<unsigned>(failures.value_or(0));
    eject.share = static_cast<unsigned>(number("share").value_or(eject.share));
    eject.last_too = number("all_unhealthy").value_or(0) == 1;
    for (const auto& [key, into] : {std::pair("first", &eject.first), std::pair("longest", &eject.longest)}) {
        if (const auto said = section.find(key)) {
            is_right = read_value(key_called(eject_keys(), key), *said, *into) && is_right;
        }
    }
    if (const auto list = section.find("counts")) {
        eject.refused = eject.resets = eject.answers_5xx = false;
        for (const config::Value& item : list->items_or_single()) {
            is_right = read_kind(item, eject) && is_right;
        }
    }
    section.finish();
    if (is_right && eject.longest < eject.first) {
        value.problem("`longest` is shorter than `first`");
        is_right = false;
    }
    return is_right;
}

}  // namespace

bool GroupKeys::read(Group& group) const {
    const auto name = name_ ? name_->word() : std::nullopt;
    std::optional<std::uint64_t> balance;
    const bool is_balance = !balance_ || read_value(key_called(group_keys(), "balance"), *balance_, balance);
    const auto weight = weight_ ? weight_->number(1, wire::group_weight_max) : std::nullopt;
    std::optional<std::uint64_t> sticky;
    const bool is_sticky = !sticky_ || read_value(key_called(group_keys(), "sticky"), *sticky_, sticky);
    const bool is_eject = !eject_ || read_eject(*eject_, group.eject);
    const auto standby = standby_ ? standby_->boolean() : std::nullopt;
    group.name = name.value_or("");
    config::assign(group.balance, balance);
    config::assign(group.sticky, sticky);
    group.weight = static_cast<unsigned>(weight.value_or(1));
    group.standby = standby.value_or(false);
    return (name || !name_) && is_balance && is_sticky && is_eject && (weight || !weight_) && (standby || !standby_);
}

}  // namespace ferrotunnel::detail
