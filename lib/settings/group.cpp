#include "settings/group.hpp"

#include <utility>

#include "base/text.hpp"
#include "settings/service.hpp"
#include "wire/group_words.hpp"

namespace ferrotunnel::detail {
namespace {

constexpr Choice last_rules[] = {{"try", 0}, {"refuse", 1}};
constexpr SettingFacts of_eject[] = {
    {.key = "failures",
     .form = Form::number,
     .min = 1,
     .max = wire::eject_failures_max,
     .help = "Number of failures in a row.",
     .is_required = true},
    {.key = "first",
     .form = Form::time,
     .min = wire::eject_ms_min,
     .max = wire::eject_ms_max,
     .help = "How long an ejected member gets no visitors the first time; each further time twice as long. Default: "
             "`10s`."},
    {.key = "longest",
     .form = Form::time,
     .min = wire::eject_ms_min,
     .max = wire::eject_ms_max,
     .help = "The longest of these times. Default: `5m`."},
    {.key = "share",
     .form = Form::number,
     .min = 1,
     .max = 100,
     .help = "Percentage of members that may be ejected at once; at least one may be. Default: 50."},
    {.key = "counts",
     .type = "failure kind, or a list",
     .help =
         "What counts as a failure: `refused` (the backend cannot be reached), `reset` (it closes the "
         "connection without a response, or does not respond in time), `5xx` (an HTTP status). Default: all of them."},
    {.key = "all_unhealthy",
     .form = Form::choice,
     .choices = last_rules,
     .help = "`refuse`: the last available member is ejected too, and visitors are refused; needs a `share` of 100. "
             "Default: `try`, which keeps that member."},
};

std::span<const SettingFacts> eject_keys() noexcept {
    return of_eject;
}

constexpr auto balances = choices_of<Group::Balance>();
constexpr auto stickies = choices_of<Group::Sticky>();
constexpr SettingFacts of_group[] = {
    {.key = "group",
     .type = "name",
     .help = "Name of a group: other clients with the same token may offer the service with the same group, and "
             "visitors are spread over them ([operations](operations.md), \"Several clients for one service\"). Not "
             "for private services, nor with `plugins`."},
    {.key = "balance",
     .form = Form::choice,
     .choices = balances,
     .help = "With `group`: how the member for a new visitor is chosen ([operations](operations.md), \"Several clients "
             "for one service\"). Must be equal in all members. Default: `round-robin`."},
    {.key = "weight",
     .form = Form::number,
     .min = 1,
     .max = wire::group_weight_max,
     .help = "With `group`: relative weight of this client: with 2, it gets twice as many visitors as a member with 1. "
             "Default: 1."},
    {.key = "standby",
     .form = Form::on_off,
     .help = "With `group`: this client gets visitors only while no other member is available. Default: off."},
    {.key = "sticky",
     .form = Form::choice,
     .choices = stickies,
     .help = "With `group`: a visitor returns to the member that it had before, by its `address` (IPv6: /64) or, with "
             "`http`, by a `cookie` that the server sets. Must be equal in all members. Default: `off`."},
    {.key = "eject",
     .form = Form::number,
     .min = 1,
     .max = wire::eject_failures_max,
     .help = "With `group`: a member that fails this many visitors in a row gets none for a while "
             "([operations](operations.md), \"Members that fail\"). Must be equal in all members. Default: none is "
             "ejected.",
     .keys = eject_keys},
};

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

void check_eject(const Group::Eject& eject, const std::string& service, std::vector<Problem>& problems) {
    const auto wrong = [&](const char* key, const std::string& text) {
        problems.push_back({service, std::string("`eject.") + key + "` " + text});
    };
    if (eject.failures > wire::eject_failures_max) {
        wrong("failures", "must be up to " + std::to_string(wire::eject_failures_max));
    }
    for (const auto& [key, time] : {std::pair("first", eject.first), std::pair("longest", eject.longest)}) {
        if (time.count() < wire::eject_ms_min || time.count() > wire::eject_ms_max) {
            wrong(key, "must be from 100ms to 1h");
        }
    }
    if (eject.longest < eject.first) {
        wrong("longest", "is shorter than `first`");
    }
    if (eject.share < 1 || eject.share > 100) {
        wrong("share", "must be from 1 to 100");
    }
}

}  // namespace

std::span<const SettingFacts> group_keys() noexcept {
    return of_group;
}

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

void check_group(const Group& group, const std::string& service, wire::ServiceKind kind, bool has_plugins,
                 bool is_private, std::vector<Problem>& problems) {
    if (group.name.empty()) {
        if (group != Group{}) {
            problems.push_back({service, "has `balance`, `weight`, `standby`, `sticky` or `eject` without a `group`"});
        }
        return;
    }
    std::vector<Problem> wrong;
    check_name(group.name, wrong);
    if (!wrong.empty()) {
        problems.push_back({service, "`group` " + wrong.front().text});
    }
    if (group.weight < 1 || group.weight > wire::group_weight_max) {
        problems.push_back({service, "`weight` must be from 1 to " + std::to_string(wire::group_weight_max)});
    }
    if (group.sticky == Group::Sticky::cookie && kind != wire::ServiceKind::http) {
        problems.push_back({service, "`sticky: cookie` is for `http` only; `address` is for all kinds"});
    }
    check_eject(group.eject, service, problems);
    if (is_private) {
        problems.push_back({service, "is private and has a `group`: clients visit the service of one client"});
    }
    if (has_plugins) {
        problems.push_back({service,
                            "has a `group` and `plugins`: each member would have plugins of its own; plugins for the "
                            "whole group are in the server's `server.plugins.chain`, with `hosts` or `services`"});
    }
}

}  // namespace ferrotunnel::detail
