#include "simulation/cluster/cluster_values.hpp"

#include <algorithm>
#include <array>

namespace ferrotunnel::simulation {

namespace cluster = ferrotunnel::cluster;
using namespace std::chrono_literals;

namespace {

// Values of "kept" keys have no lifetime, and are never removed.
constexpr std::array<const char*, 6> value_keys = {"kept/a", "kept/b", "mixed/a", "mixed/b", "mixed/c", "mixed/d"};

bool is_kept(const std::string& key) {
    return key.starts_with("kept/");
}

// Of two members at the end of a lifetime, one may have heard of the value later. Each of a few hops can take as long
// as a process hangs.
constexpr Duration lifetime_slack = 4min;

}  // namespace

void ClusterValues::act() {
    const auto index = context_.random.below(members_.size());
    ClusterMember& member = *members_[index];
    if (!member.is_running()) {
        return;
    }
    const std::string key = value_keys[context_.random.below(value_keys.size())];
    ++context_.counts.values;
    if (is_kept(key) || context_.random.chance(70)) {
        set(member, key);
        return;
    }
    context_.tell([&] { return member.name() + " removes the value " + key; });
    member.call([&](cluster::Register& reg, TimePoint now) { return reg.remove_value(key, now).value(); });
}

void ClusterValues::set(ClusterMember& member, const std::string& key) {
    Duration lifetime{};
    if (!is_kept(key) && context_.random.chance(50)) {
        lifetime = context_.random.chance(50) ? context_.between(1s, 60s) : context_.between(60s, 5min);
    }
    const std::string text = key + ' ' + std::to_string(++last_change_);
    const TimePoint ends = lifetime == Duration(0) ? never : context_.events.now() + lifetime;
    changes_[text] = {ends, member.incarnation()};
    context_.tell([&] { return member.name() + " sets the value " + text; });
    member.call([&](cluster::Register& reg, TimePoint now) { return reg.set_value(key, text, lifetime, now).value(); });
    cluster_rule(present(member, key) == text, "a member has what it has just set");
}

std::string ClusterValues::present(const ClusterMember& member, const std::string& key) {
    const auto value = member.reg().values().get(key);
    return value ? value->text : std::string();
}

void ClusterValues::changed(const ClusterMember& member, const std::string& key) {
    Seen& seen = seen_[{member.incarnation(), key}];
    const std::string now = present(member, key);
    if (now == seen.present) {
        return;
    }
    context_.tell([&] { return member.name() + " has " + (now.empty() ? key + " no longer" : now); });
    cluster_rule(!seen.gone.contains(now) || is_repeated(key, now),
                 "a value that was replaced or has ended does not come back");
    if (!seen.present.empty()) {
        seen.gone.insert(seen.present);
    }
    seen.present = now;
}

// By the process that has set it: a value of an earlier process of its member, whose clock was ahead, had replaced it
// elsewhere.
bool ClusterValues::is_repeated(const std::string& key, const std::string& text) const {
    const Incarnation by = changes_.at(text).by;
    return std::any_of(members_.begin(), members_.end(), [&](const auto& member) {
        return member->is_alive() && member->incarnation() == by && present(*member, key) == text;
    });
}

void ClusterValues::check() const {
    for (const char* key : value_keys) {
        check_key(key);
    }
}

void ClusterValues::check_key(const std::string& key) const {
    const TimePoint now = context_.events.now();
    std::set<std::string> texts;
    for (const auto& member : members_) {
        const std::string text = present(*member, key);
        const auto seen = seen_.find({member->incarnation(), key});
        cluster_rule(text == (seen == seen_.end() ? std::string() : seen->second.present),
                     "watchers are told of each change");
        if (!text.empty()) {
            cluster_rule(changes_.at(text).ends > now - lifetime_slack, "a value ends when its lifetime is over");
        }
        texts.insert(text);
    }
    if (texts.size() > 1) {
        texts.erase(std::string());  // one that is about to end may have ended at some
    }
    cluster_rule(texts.size() == 1, "in the end all members have the same values");
    const std::string text = *texts.begin();
    if (!text.empty() && changes_.at(text).ends == never) {
        for (const auto& member : members_) {
            cluster_rule(present(*member, key) == text, "in the end each value is at all members");
        }
    }
    cluster_rule(!text.empty() || !is_set_by_running(key), "a value that is only ever set is not lost");
}

bool ClusterValues::is_set_by_running(const std::string& key) const {
    return is_kept(key) && std::any_of(changes_.begin(), changes_.end(), [&](const auto& change) {
               return change.first.starts_with(key + ' ') &&
                      std::any_of(members_.begin(), members_.end(),
                                  [&](const auto& member) { return member->incarnation() == change.second.by; });
           });
}

void ClusterValues::check_kept() const {
    check();
    for (const auto& member : members_) {
        std::size_t count = 0;
        member->reg().values().for_each("", [&](const std::string&, const auto&) { ++count; });
        cluster_rule(member->reg().values().size() == count, "after a day no removed value is kept");
    }
}

}  // namespace ferrotunnel::simulation
